#include <cstring>
#include <string>

#include "napi/cache.h"
#include "napi/typed_array.h"

namespace attn::js {
namespace {

CacheSequence& sequence_of(const SequenceObject& object, const char* operation) {
  if (object.sequence == nullptr) {
    fail(ErrorCode::disposed, std::string(operation) + ": the sequence was disposed");
  }
  return *object.sequence;
}

std::shared_ptr<CacheSequence> fork_of(const SequenceObject& object, const char* operation) {
  const CacheSequence& sequence = sequence_of(object, operation);
  if (sequence.busy()) fail(ErrorCode::busy, std::string(operation) + ": another call is using this sequence");
  return sequence.fork();
}

napi_value create(Environment& environment, std::shared_ptr<PoolMemory> memory,
                  std::shared_ptr<CacheSequence> sequence) {
  return create_object(environment,
                       std::make_unique<SequenceObject>(environment, std::move(memory), std::move(sequence)));
}

// A position in the sequence; the fallback when absent.
int64_t read_position(napi_env env, napi_value value, const std::string& where, int64_t first, int64_t last,
                      int64_t fallback) {
  if (is_undefined(env, value)) return fallback;
  if (type_of(env, value) != napi_number) {
    fail(ErrorCode::arg_type, where + " must be an integer, got " + describe(env, value));
  }
  int64_t position;
  if (to_integer(env, value, &position) && position >= first && position <= last) return position;
  fail(ErrorCode::value, where + " is " + value_text(env, value) + ", expected an integer from " +
                             std::to_string(first) + " to " + std::to_string(last));
}

napi_value get_length(napi_env env, napi_callback_info info) {
  return on_receiver<SequenceObject>(env, info, [&](SequenceObject& object, const Arguments<1>&) {
    return number(env, static_cast<double>(sequence_of(object, "Sequence.length").length()));
  });
}

napi_value get_first(napi_env env, napi_callback_info info) {
  return on_receiver<SequenceObject>(env, info, [&](SequenceObject& object, const Arguments<1>&) {
    return number(env, static_cast<double>(sequence_of(object, "Sequence.first").first()));
  });
}

napi_value get_disposed(napi_env env, napi_callback_info info) {
  return on_receiver<SequenceObject>(env, info, [&](SequenceObject& object, const Arguments<1>&) {
    napi_value value;
    check(env, napi_get_boolean(env, object.sequence == nullptr, &value));
    return value;
  });
}

napi_value truncate(napi_env env, napi_callback_info info) {
  return on_receiver<SequenceObject>(env, info, [&](SequenceObject& object, const Arguments<1>& arguments) {
    CacheSequence& sequence = sequence_of(object, "Sequence.truncate");
    if (is_undefined(env, arguments[0])) {
      fail(ErrorCode::arg_type, "Sequence.truncate: length is missing, expected an integer");
    }
    check(sequence.truncate(
        read_position(env, arguments[0], "Sequence.truncate: length", 0, sequence.length(), sequence.length())));
    return undefined(env);
  });
}

napi_value fork(napi_env env, napi_callback_info info) {
  return on_receiver<SequenceObject>(env, info, [&](SequenceObject& object, const Arguments<1>&) {
    return create(object.environment(), object.memory, fork_of(object, "Sequence.fork"));
  });
}

napi_value serialize(napi_env env, napi_callback_info info) {
  return on_receiver<SequenceObject, 2>(env, info, [&](SequenceObject& object, const Arguments<2>& arguments) {
    const CacheSequence& sequence = sequence_of(object, "Sequence.serialize");
    const int64_t length = sequence.length();
    const int64_t start =
        read_position(env, arguments[0], "Sequence.serialize: start", sequence.first(), length, sequence.first());
    const int64_t end = read_position(env, arguments[1], "Sequence.serialize: end", start, length, length);
    const std::vector<uint8_t> bytes = sequence.serialize(start, end);
    void* data = nullptr;
    napi_value buffer;
    napi_value array;
    check(env, napi_create_arraybuffer(env, bytes.size(), &data, &buffer));
    std::memcpy(data, bytes.data(), bytes.size());
    check(env, napi_create_typedarray(env, napi_uint8_array, bytes.size(), buffer, 0, &array));
    return array;
  });
}

void append_bytes(napi_env env, CacheSequence& sequence, napi_value value, const std::string& name) {
  if (!is_typed_array(env, value)) {
    fail(ErrorCode::arg_type, "Sequence.deserialize: " + name + " must be a Uint8Array, got " + describe(env, value));
  }
  const TypedArray array = read_typed_array(env, value);
  if (array.type != napi_uint8_array) {
    fail(ErrorCode::arg_type,
         "Sequence.deserialize: " + name + " must be a Uint8Array, got a " + type_name(array.type));
  }
  check(sequence.append_serialized(reinterpret_cast<const uint8_t*>(array.data), static_cast<size_t>(array.bytes)));
}

struct Reading {
  std::shared_ptr<PoolMemory> memory;
  std::shared_ptr<CacheSequence> sequence;
};

// A new sequence of a pool, or a fork that continues a prefix.
Reading begin_reading(Environment& environment, napi_value into) {
  if (const auto* pool = unwrap<PoolObject>(environment, into); pool != nullptr) {
    if (pool->memory == nullptr) fail(ErrorCode::disposed, "Sequence.deserialize: the pool was disposed");
    return {pool->memory, std::make_shared<CacheSequence>(pool->memory->pool())};
  }
  const auto* prefix = unwrap<SequenceObject>(environment, into);
  if (prefix == nullptr) {
    fail(ErrorCode::arg_type,
         "Sequence.deserialize: into must be a CachePool or a Sequence, got " + describe(environment.env(), into));
  }
  return {prefix->memory, fork_of(*prefix, "Sequence.deserialize")};
}

napi_value deserialize(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<2> arguments(env, info);
    Environment& environment = Environment::of(env);
    auto [memory, sequence] = begin_reading(environment, arguments[0]);
    bool array = false;
    uint32_t count = 0;
    check(env, napi_is_array(env, arguments[1], &array));
    if (!array) {
      append_bytes(env, *sequence, arguments[1], "bytes");
    } else {
      check(env, napi_get_array_length(env, arguments[1], &count));
      if (count == 0) fail(ErrorCode::data, "Sequence.deserialize: there are no bytes");
    }
    for (uint32_t i = 0; i < count; ++i) {
      napi_value chunk;
      check(env, napi_get_element(env, arguments[1], i, &chunk));
      append_bytes(env, *sequence, chunk, "bytes[" + std::to_string(i) + "]");
    }
    if (!sequence->complete()) {
      fail(ErrorCode::data, "Sequence.deserialize: the bytes end after token " + std::to_string(sequence->length()) +
                                "; the last chunks are missing");
    }
    return create(environment, std::move(memory), std::move(sequence));
  });
}

napi_value dispose(napi_env env, napi_callback_info info) {
  return on_receiver<SequenceObject>(env, info, [&](SequenceObject& object, const Arguments<1>&) {
    object.sequence = nullptr;
    object.memory = nullptr;
    return undefined(env);
  });
}

}  // namespace

void SequenceObject::define(Environment& environment, napi_value exports) {
  define_class(environment, exports, kName, &kKind, construct_only_natively<SequenceObject>,
               {
                   static_method("deserialize", deserialize),
                   accessor("length", get_length),
                   accessor("first", get_first),
                   accessor("disposed", get_disposed),
                   method("truncate", truncate),
                   method("fork", fork),
                   method("serialize", serialize),
                   method("dispose", dispose),
               });
}

}  // namespace attn::js
