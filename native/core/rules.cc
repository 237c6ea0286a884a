// Options: presence, numbers, and the rules between them.
#include <cmath>

#include "core/number_text.h"
#include "core/validate.h"

namespace attn {
namespace {

// Leaves room in f32 for what kernels fold into a number, as the 1.44 bits of a natural log.
constexpr double kLargestNumber = 1e38;

bool holds(const Binding& binding, const Condition& condition) {
  const FieldDesc& field = *condition.field;
  if (!condition.has_value) return is_given(binding, field);
  if (field.kind == FieldKind::boolean) return binding.at<bool>(field.offset) == (condition.value != 0);
  return binding.at<int32_t>(field.offset) == condition.value;
}

std::string condition_text(const Condition& condition) {
  const FieldDesc& field = *condition.field;
  if (!condition.has_value) return field.path;
  if (field.kind == FieldKind::boolean) return std::string(field.path) + (condition.value != 0 ? ": true" : ": false");
  return std::string(field.path) + " '" + field.values[condition.value] + "'";
}

Status conflict(const Binding& binding, const RuleDesc& rule, const std::string& what) {
  const std::string reason = rule.reason[0] != '\0' ? std::string(": ") + rule.reason : std::string();
  return binding.fail(ErrorCode::option_conflict, what + reason);
}

Status check_number(const Binding& binding, const FieldDesc& field) {
  double value = 0;
  double used = 0;
  if (field.kind == FieldKind::number) {
    const auto& option = binding.at<OptionalNumber>(field.offset);
    if (!option.present) return {};
    value = option.value;
    used = static_cast<float>(value);  // what a kernel sees: it computes in f32, where tiny numbers are zero
  } else {
    const auto& option = binding.at<OptionalInteger>(field.offset);  // IntegerOrTensor begins with one
    if (!option.present) return {};
    value = used = static_cast<double>(option.value);
  }
  const auto fail = [&](const std::string& expected) {
    return binding.fail(ErrorCode::value,
                        std::string(field.path) + " is " + number_text(value) + ", expected " + expected);
  };
  if (!std::isfinite(value)) return fail("a finite number");
  if (std::fabs(value) > kLargestNumber) return fail("a magnitude of at most " + number_text(kLargestNumber));
  if (field.min_exclusive && used <= field.min) {
    return fail("more than " + number_text(field.min) + (value > field.min ? " in f32" : ""));
  }
  if (value < field.min) return fail("at least " + number_text(field.min));
  if (value > field.max) return fail("at most " + number_text(field.max));
  return {};
}

Status check_order(const Binding& binding, const FieldDesc& low, const FieldDesc& high) {
  const double least = binding.at<OptionalNumber>(low.offset).value;
  const double most = binding.at<OptionalNumber>(high.offset).value;
  if (least <= most) return {};
  return binding.fail(ErrorCode::value, std::string(low.path) + " is " + number_text(least) + ", expected at most " +
                                            high.path + ", " + number_text(most));
}

}  // namespace

bool is_given(const Binding& binding, const FieldDesc& field) {
  switch (field.kind) {
    case FieldKind::number:
      return binding.at<OptionalNumber>(field.offset).present;
    case FieldKind::integer:
      return binding.at<OptionalInteger>(field.offset).present;
    case FieldKind::boolean:
      return binding.at<bool>(field.offset);
    case FieldKind::enumeration:
      return binding.at<int32_t>(field.offset) >= 0;
    case FieldKind::tensor:
      return binding.at<TensorView>(field.offset).present;
    case FieldKind::cache:
      return binding.at<CacheView>(field.offset).present;
    case FieldKind::tensor_list:
      return binding.at<TensorList>(field.offset).present;
    case FieldKind::integer_or_tensor:
      return binding.at<IntegerOrTensor>(field.offset).present();
    case FieldKind::group:
      return binding.at<bool>(field.present_offset);
  }
  return false;
}

Status check_numbers(const Binding& binding) {
  for (int i = 0; i < binding.given_count; ++i) {
    const FieldDesc& field = *binding.given[i];
    const bool number = field.kind == FieldKind::number || field.kind == FieldKind::integer ||
                        field.kind == FieldKind::integer_or_tensor;
    if (!number) continue;
    if (Status status = check_number(binding, field); !status.is_ok()) return status;
  }
  return {};
}

Status check_option_rules(const Binding& binding) {
  for (int i = 0; i < binding.op.rule_count; ++i) {
    const RuleDesc& rule = binding.op.rules[i];
    if (rule.kind == RuleKind::divides || rule.kind == RuleKind::positive || !holds(binding, rule.when)) continue;
    const bool given = holds(binding, rule.then);
    if (rule.kind == RuleKind::ordered) {
      const Status status = given ? check_order(binding, *rule.when.field, *rule.then.field) : Status{};
      if (!status.is_ok()) return status;
      continue;
    }
    const bool unwanted = rule.kind == RuleKind::excludes || rule.kind == RuleKind::when_forbid;
    if (given != unwanted) continue;
    const std::string when = condition_text(rule.when);
    const std::string then = condition_text(rule.then);
    if (!unwanted) return conflict(binding, rule, when + " needs " + then);
    const bool excludes = rule.kind == RuleKind::excludes;
    return conflict(binding, rule,
                    excludes ? when + " and " + then + " exclude each other" : when + " does not take " + then);
  }
  const FieldDesc* packing = binding.op.packing;
  if (packing == nullptr || packing->kind != FieldKind::group || !is_given(binding, *packing)) return {};
  for (int i = 0; i < packing->field_count; ++i) {
    if (is_given(binding, packing->fields[i])) continue;
    return binding.fail(ErrorCode::arg_type, std::string(packing->fields[i].path) + " is missing");
  }
  return {};
}

Status check_axis_rules(const Binding& binding) {
  for (int i = 0; i < binding.op.rule_count; ++i) {
    const RuleDesc& rule = binding.op.rules[i];
    auto name = [&](int axis) {
      return std::string(binding.op.axes[axis].doc) + " (" + binding.op.axes[axis].name + ")";
    };
    if (rule.kind == RuleKind::positive && binding.axis(rule.axis_a) < 1) {
      return binding.fail(ErrorCode::shape, name(rule.axis_a) + ": 0, expected at least 1");
    }
    // An axis that only absent options have puts no condition on the others.
    if (rule.kind != RuleKind::divides || !binding.known(rule.axis_a)) continue;
    const int64_t divisor = binding.axis(rule.axis_a);
    const int64_t number = binding.axis(rule.axis_b);
    if (divisor == 0 ? number == 0 : number % divisor == 0) continue;
    return binding.fail(ErrorCode::shape, name(rule.axis_b) + ": " + std::to_string(number) +
                                              ", expected a multiple of " + name(rule.axis_a) + ": " +
                                              std::to_string(divisor));
  }
  return {};
}

}  // namespace attn
