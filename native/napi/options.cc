#include "napi/options.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace attn::js {
namespace {

// Steps from one name to the other: inserted, dropped, replaced letters.
size_t distance(const char* a, const char* b) {
  const size_t length = std::strlen(b);
  std::vector<size_t> row(length + 1);
  for (size_t j = 0; j <= length; ++j) row[j] = j;
  for (size_t i = 0; a[i] != '\0'; ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < length; ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[length];
}

// Whether the object is a literal, of whatever realm, so that all it has is enumerated.
bool is_literal(napi_env env, napi_value object) {
  napi_value prototype;
  napi_value above;
  check(env, napi_get_prototype(env, object, &prototype));
  if (type_of(env, prototype) == napi_null) return true;
  check(env, napi_get_prototype(env, prototype, &above));
  return type_of(env, above) == napi_null;
}

}  // namespace

void unknown_option(const char* name, const KnownOptions& known) {
  std::vector<const char*> names;
  for (int i = 0; i < known.count; ++i) {
    if (known.name(i) != nullptr) names.push_back(known.name(i));
  }
  const auto nearest = std::min_element(
      names.begin(), names.end(), [&](const char* a, const char* b) { return distance(name, a) < distance(name, b); });
  const std::string prefix = known.group == nullptr ? "" : std::string(known.group) + ".";
  std::string hint;
  if (distance(name, *nearest) <= std::max<size_t>(2, std::strlen(name) / 3)) {
    hint = "did you mean " + prefix + *nearest + "?";
  } else {
    for (const char* one : names) hint += (hint.empty() ? "known are " : ", ") + prefix + one;
  }
  fail(ErrorCode::arg_type, std::string(known.operation) + ": unknown option " + prefix + name + "; " + hint);
}

void check_object(napi_env env, napi_value value, const std::string& what) {
  bool array = false;
  const bool object = type_of(env, value) == napi_object;
  if (object) check(env, napi_is_array(env, value, &array));
  if (!object || array) fail(ErrorCode::arg_type, what + " must be an object, got " + describe(env, value));
}

// Walks what the object has instead of asking it for every option there is: calls give few, operations know many. Only
// an object of a class is asked, since getters of a class are not enumerated.
void read_options(napi_env env, napi_value object, const KnownOptions& known, FunctionRef<void(int, napi_value)> read) {
  const bool literal = is_literal(env, object);
  const auto read_value = [&](int index, napi_value value) {
    if (!is_undefined(env, value)) read(index, value);
  };
  napi_value names;
  uint32_t length;
  check(env, napi_get_property_names(env, object, &names));
  check(env, napi_get_array_length(env, names, &length));
  for (uint32_t i = 0; i < length; ++i) {
    napi_value key;
    check(env, napi_get_element(env, names, i, &key));
    const Text<64> name(env, key);
    int index = 0;
    while (index < known.count && (known.name(index) == nullptr || std::strcmp(known.name(index), name.chars) != 0)) {
      ++index;
    }
    if (index == known.count) unknown_option(name.chars, known);
    if (!literal) continue;
    napi_value value;
    check(env, napi_get_property(env, object, key, &value));
    read_value(index, value);
  }
  if (literal) return;
  for (int index = 0; index < known.count; ++index) {
    if (known.name(index) != nullptr) read_value(index, get(env, object, known.name(index)));
  }
}

}  // namespace attn::js
