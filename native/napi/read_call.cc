// Reading the arguments of a call. Knows kinds of fields, never an operation.
#include <algorithm>
#include <cstring>

#include "attn/option.h"
#include "napi/cache.h"
#include "napi/call.h"
#include "napi/options.h"

namespace attn::js {
namespace {

constexpr const char* kSignal = "signal";

std::string quoted_values(const FieldDesc& field) {
  std::string text;
  for (int i = 0; i < field.value_count; ++i) text += std::string(i > 0 ? ", " : "") + "'" + field.values[i] + "'";
  return text;
}

}  // namespace

std::vector<const char*> option_names(const OpDesc& op) {
  std::vector<const char*> names;
  for (int i = 0; i < op.option_count; ++i) names.push_back(op.options[i].name);
  for (int i = 0; i < op.output_count; ++i)
    names.push_back(op.outputs[i].option != nullptr ? op.outputs[i].option : "");
  names.push_back(kSignal);
  return names;
}

void OpCall::read(const napi_value* arguments, size_t count) {
  const auto inputs = static_cast<size_t>(op_.input_count);
  for (size_t i = 0; i < std::min(inputs, count); ++i) {
    read_field(op_.inputs[i], arguments[i]);
  }
  for (size_t i = inputs; i + 1 < count; i += 2) read_option(arguments[i], arguments[i + 1]);
}

// The usual case, with as few questions to Node-API as it takes; false when the value is no Tensor.
bool OpCall::read_own(TensorView* place, const char* path, napi_value value) {
  const auto* tensor = unwrap<Tensor>(environment_, value);
  if (tensor != nullptr) given_.push_back({tensor->share({op_.js_name, path}), place, path});
  return tensor != nullptr;
}

void OpCall::read_into(TensorView* place, const char* path, napi_value value) {
  given_.push_back({read_tensor(environment_, value, {op_.js_name, path}), place, path});
}

void OpCall::read_list(const FieldDesc& field, napi_value value) {
  const napi_env env = environment_.env();
  bool array = false;
  uint32_t count = 0;
  check(env, napi_is_array(env, value, &array));
  if (!array) fail(ErrorCode::arg_type, text(field.path) + " must be an array of tensors, got " + describe(env, value));
  check(env, napi_get_array_length(env, value, &count));
  lists_.push_back(std::make_unique<TensorView[]>(count));
  auto& list = at<TensorList>(field.offset);
  list.present = true;
  list.views = lists_.back().get();
  list.count = count;
  for (uint32_t i = 0; i < count; ++i) {
    napi_value item;
    check(env, napi_get_element(env, value, i, &item));
    read_into(&list.views[i], field.path, item);
    given_.back().listed = true;
  }
}

void OpCall::read_sequences(const FieldDesc& field, napi_value value) {
  const napi_env env = environment_.env();
  const auto add = [&](napi_value item, const std::string& name) {
    const auto* object = unwrap<SequenceObject>(environment_, item);
    if (object == nullptr) {
      fail(ErrorCode::arg_type, text(name.c_str()) + " must be a Sequence, got " + describe(env, item));
    }
    if (object->sequence == nullptr) fail(ErrorCode::disposed, text(name.c_str()) + " was disposed");
    sequences_.push_back(object->sequence);
  };
  bool array = false;
  uint32_t count = 0;
  check(env, napi_is_array(env, value, &array));
  if (!array) {
    add(value, field.path);
  } else {
    check(env, napi_get_array_length(env, value, &count));
  }
  for (uint32_t i = 0; i < count; ++i) {
    napi_value item;
    check(env, napi_get_element(env, value, i, &item));
    add(item, std::string(field.path) + "[" + std::to_string(i) + "]");
  }
  if (!sequences_.empty()) sequences_place_ = &at<CacheView>(field.offset);
}

// Options of the other operation that the function makes are refused with the reason.
void OpCall::check_refused(const char* name) const {
  for (int i = 0; i < op_.refused_count; ++i) {
    if (std::strcmp(op_.refused[i].name, name) != 0) continue;
    std::string what = text(name) + " is not taken";
    for (int j = 0; j < op_.input_count; ++j) {
      if (op_.inputs[j].kind == FieldKind::cache) what += std::string(" with ") + op_.inputs[j].name;
    }
    fail(ErrorCode::arg_type, what + ": " + op_.refused[i].reason);
  }
}

void OpCall::read_option(napi_value number, napi_value value) {
  const napi_env env = environment_.env();
  const int signal = op_.option_count + op_.output_count;
  int32_t index;
  if (napi_get_value_int32(env, number, &index) != napi_ok) {
    const Text<64> name(env, number);
    check_refused(name.chars);
    const std::vector<const char*> names = option_names(op_);
    const auto listed = [&](int i) {
      const bool offered =
          names[static_cast<size_t>(i)][0] != '\0' && (i >= op_.option_count || !op_.options[i].internal);
      return offered ? names[static_cast<size_t>(i)] : nullptr;
    };
    unknown_option(name.chars, {op_.js_name, nullptr, signal + 1, listed});
  }
  if (index < 0) check_object(env, value, text("options"));
  if (index == signal) return read_signal(value);
  if (index < op_.option_count) return read_field(op_.options[index], value);
  read_output(index - op_.option_count, value);
}

void OpCall::read_field(const FieldDesc& field, napi_value value) {
  const napi_env env = environment_.env();
  const bool tensor = field.kind == FieldKind::tensor;
  if (tensor && read_own(&at<TensorView>(field.offset), field.path, value)) return;
  const napi_valuetype type = type_of(env, value);
  if (type == napi_undefined) return;  // validate says what is missing
  const auto wrong = [&](const char* expected) {
    fail(ErrorCode::arg_type, text(field.path) + " must be " + expected + ", got " + describe(env, value));
  };
  const auto read_integer = [&](OptionalInteger& target) {
    if (!to_integer(env, value, &target.value)) {
      fail(ErrorCode::value, text(field.path) + " must be an integer, got " + value_text(env, value));
    }
    target.present = true;
  };
  switch (field.kind) {
    case FieldKind::number: {
      if (type != napi_number) wrong("a number");
      auto& target = at<OptionalNumber>(field.offset);
      check(env, napi_get_value_double(env, value, &target.value));
      target.present = true;
      return;
    }
    case FieldKind::integer:
      if (type != napi_number) wrong("an integer");
      return read_integer(at<OptionalInteger>(field.offset));
    case FieldKind::boolean:
      if (type != napi_boolean) wrong("a boolean");
      return check(env, napi_get_value_bool(env, value, &at<bool>(field.offset)));
    case FieldKind::enumeration: {
      if (type != napi_string) wrong(("one of " + quoted_values(field)).c_str());
      const Text<64> name(env, value);
      int index = 0;
      while (index < field.value_count && std::strcmp(field.values[index], name.chars) != 0) ++index;
      if (index == field.value_count) {
        fail(ErrorCode::value,
             text(field.path) + " must be one of " + quoted_values(field) + ", got '" + name.chars + "'");
      }
      at<int32_t>(field.offset) = index;
      return;
    }
    case FieldKind::integer_or_tensor: {
      auto& target = at<IntegerOrTensor>(field.offset);
      if (type == napi_number) return read_integer(target.scalar);
      bool array = false;
      check(env, napi_is_array(env, value, &array));
      if (type != napi_object || array) wrong("an integer, or one per sequence in an Int32Array or an i32 tensor");
      return read_into(&target.tensor, field.path, value);
    }
    case FieldKind::group: {
      check_object(env, value, text(field.path));
      at<bool>(field.present_offset) = true;
      const auto name = [&](int index) { return field.fields[index].name; };
      read_options(env, value, {op_.js_name, field.path, field.field_count, name},
                   [&](int index, napi_value inner) { read_field(field.fields[index], inner); });
      return;
    }
    case FieldKind::tensor:
      return read_into(&at<TensorView>(field.offset), field.path, value);
    case FieldKind::tensor_list:
      return read_list(field, value);
    case FieldKind::cache:
      return read_sequences(field, value);
  }
}

void OpCall::read_output(int index, napi_value value) {
  const napi_env env = environment_.env();
  const OutputDesc& output = op_.outputs[index];
  const Tensor* tensor = unwrap<Tensor>(environment_, value);
  if (tensor == nullptr) {
    fail(ErrorCode::arg_type, text(output.option) + " must be a Tensor, got " + describe(env, value));
  }
  given_.push_back({tensor->share({op_.js_name, output.option}), &at<TensorView>(output.offset), output.option, index});
  auto& object = outputs_[static_cast<size_t>(index)];
  object.given = value;
  if (mode_ == Mode::async) check(env, napi_create_reference(env, value, 1, &object.kept));
}

void OpCall::read_signal(napi_value value) {
  check_signal(environment_.env(), value, text(kSignal));
  signal_ = value;
}

}  // namespace attn::js
