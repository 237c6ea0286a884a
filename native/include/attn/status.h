// Status: how every native call reports success or failure. Messages name argument, axis, expected and actual.
#pragma once

#include <string>
#include <utility>

#include "generated/errors.h"

namespace attn {

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool is_ok() const { return code_ == ErrorCode::ok; }
  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  ErrorCode code_ = ErrorCode::ok;
  std::string message_;
};

}  // namespace attn
