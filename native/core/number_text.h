// Numbers in messages.
#pragma once

#include <string>

namespace attn {

// As JavaScript prints it: with as few digits as tell it apart from other doubles.
std::string number_text(double value);

}  // namespace attn
