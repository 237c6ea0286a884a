#include "core/number_text.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace attn {

// ECMAScript's Number::toString: `digits` are those of the number from the first that is not zero, and the decimal point
// stands behind `point` of them.
std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (value == 0) return "0";
  const std::string sign = value < 0 ? "-" : "";
  if (std::isinf(value)) return sign + "Infinity";
  char text[32];
  int count = 1;
  for (; count <= 17; ++count) {
    std::snprintf(text, sizeof text, "%.*e", count - 1, std::fabs(value));
    if (std::strtod(text, nullptr) == std::fabs(value)) break;
  }
  const int point = std::atoi(std::string(text).substr(std::string(text).find('e') + 1).c_str()) + 1;
  std::string digits(1, text[0]);
  if (count > 1) digits.append(text + 2, static_cast<size_t>(count - 1));
  const auto length = static_cast<int>(digits.size());
  if (point > 21 || point < -5) {
    const std::string fraction = length > 1 ? "." + digits.substr(1) : "";
    return sign + digits[0] + fraction + (point > 0 ? "e+" : "e-") + std::to_string(std::abs(point - 1));
  }
  if (point <= 0) return sign + "0." + std::string(static_cast<size_t>(-point), '0') + digits;
  if (point >= length) return sign + digits + std::string(static_cast<size_t>(point - length), '0');
  return sign + digits.substr(0, static_cast<size_t>(point)) + "." + digits.substr(static_cast<size_t>(point));
}

}  // namespace attn
