#include "napi/js.h"

#include <cmath>
#include <exception>
#include <new>

namespace attn::js {

void fail(ErrorCode code, std::string message) { throw Failure{{code, std::move(message)}}; }

void node_api_failed(napi_env env, napi_status status) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending || status == napi_pending_exception) throw Pending{};
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  const char* text = info != nullptr && info->error_message != nullptr ? info->error_message : "no message";
  fail(ErrorCode::internal, std::string("Node-API call failed: ") + text);
}

napi_value error_value(napi_env env, const Status& status) noexcept {
  napi_value code;
  napi_value message;
  napi_value error = nullptr;
  if (napi_create_string_utf8(env, error_code_string(status.code()), NAPI_AUTO_LENGTH, &code) != napi_ok ||
      napi_create_string_utf8(env, status.message().c_str(), status.message().size(), &message) != napi_ok) {
    return nullptr;
  }
  switch (error_class(status.code())) {
    case ErrorClass::type_error:
      napi_create_type_error(env, code, message, &error);
      break;
    case ErrorClass::range_error:
      napi_create_range_error(env, code, message, &error);
      break;
    case ErrorClass::error:
      napi_create_error(env, code, message, &error);
      break;
  }
  return error;
}

std::string clear_exception(napi_env env) {
  napi_value error;
  napi_value message;
  char text[256] = "";
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok &&
      napi_get_named_property(env, error, "message", &message) == napi_ok) {
    napi_get_value_string_utf8(env, message, text, sizeof text, nullptr);
  }
  return text;
}

napi_value caught_value(napi_env env) noexcept {
  try {
    throw;
  } catch (const Pending&) {
    napi_value error = nullptr;
    napi_get_and_clear_last_exception(env, &error);
    return error;
  } catch (const Failure& failure) {
    return error_value(env, failure.status);
  } catch (const Napi::Error& error) {
    return error.Value();
  } catch (const std::bad_alloc&) {
    return error_value(env, {ErrorCode::out_of_memory, "native memory could not be allocated"});
  } catch (const std::exception& error) {
    return error_value(env, {ErrorCode::internal, error.what()});
  } catch (...) {
    return error_value(env, {ErrorCode::internal, "unknown native exception"});
  }
}

namespace {

std::string describe_object(napi_env env, napi_value value) {
  bool is = false;
  if (napi_is_array(env, value, &is) == napi_ok && is) return "an array";
  if (napi_is_promise(env, value, &is) == napi_ok && is) return "a promise; await it first";
  if (napi_is_arraybuffer(env, value, &is) == napi_ok && is) return "an ArrayBuffer";
  // The constructor's name is only for the message, so whatever goes wrong on the way to it is dropped.
  napi_value constructor;
  napi_value name;
  napi_valuetype type = napi_undefined;
  if (napi_get_named_property(env, value, "constructor", &constructor) == napi_ok &&
      napi_typeof(env, constructor, &type) == napi_ok && type == napi_function &&
      napi_get_named_property(env, constructor, "name", &name) == napi_ok) {
    char text[64];
    size_t length = 0;
    if (napi_get_value_string_utf8(env, name, text, sizeof text, &length) == napi_ok && length > 0) {
      const bool vowel = std::string("AEIOUaeiou").find(text[0]) != std::string::npos;
      return (vowel ? "an " : "a ") + std::string(text, length);
    }
  }
  napi_value ignored;
  napi_get_and_clear_last_exception(env, &ignored);
  return "an object";
}

}  // namespace

std::string describe(napi_env env, napi_value value) {
  switch (type_of(env, value)) {
    case napi_undefined:
      return "undefined";
    case napi_null:
      return "null";
    case napi_boolean:
      return "a boolean";
    case napi_number:
      return "a number";
    case napi_string:
      return "a string";
    case napi_symbol:
      return "a symbol";
    case napi_function:
      return "a function";
    case napi_bigint:
      return "a bigint";
    default:
      return describe_object(env, value);
  }
}

std::string value_text(napi_env env, napi_value value) {
  if (type_of(env, value) != napi_number) return describe(env, value);
  napi_value text;
  check(env, napi_coerce_to_string(env, value, &text));
  return Text<32>(env, text).chars;
}

bool to_integer(napi_env env, napi_value value, int64_t* result) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return false;
  if (!(std::fabs(number) <= 9007199254740992.0) || number != std::floor(number)) return false;
  *result = static_cast<int64_t>(number);
  return true;
}

}  // namespace attn::js
