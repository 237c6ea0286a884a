#include "napi/cache.h"

#include <algorithm>
#include <string>

#include "napi/options.h"
#include "napi/tensor.h"

namespace attn::js {

PoolMemory::PoolMemory(Environment& environment, std::shared_ptr<CachePool> pool)
    : environment_(environment), pool_(std::move(pool)) {
  environment_.retain();
  environment_.adjust_memory(pool_->bytes());
}

PoolMemory::~PoolMemory() {
  environment_.adjust_memory(-pool_->bytes());
  environment_.release();
}

namespace {

// Page numbers are 32-bit, and so are the sizes that serialised sequences carry.
constexpr int64_t kLargest = INT32_MAX;

struct PoolOption {
  const char* name;
  int64_t* value;
  int64_t least = 1;
  int64_t largest = kLargest;
  bool given = false;
};

void read_integer(napi_env env, napi_value value, PoolOption& option) {
  const std::string where = std::string("CachePool: ") + option.name;
  if (type_of(env, value) != napi_number) {
    fail(ErrorCode::arg_type, where + " must be an integer, got " + describe(env, value));
  }
  option.given = true;
  const bool whole = to_integer(env, value, option.value);
  if (whole && *option.value >= option.least && *option.value <= option.largest) return;
  fail(ErrorCode::value, where + " must be an integer from " + std::to_string(option.least) + " to " +
                             std::to_string(option.largest) + ", got " + value_text(env, value));
}

bool read_boolean(napi_env env, napi_value value, const char* name) {
  if (type_of(env, value) != napi_boolean) {
    fail(ErrorCode::arg_type, std::string("CachePool: ") + name + " must be a boolean, got " + describe(env, value));
  }
  bool result = false;
  check(env, napi_get_value_bool(env, value, &result));
  return result;
}

void require(bool given, const char* name) {
  if (!given) fail(ErrorCode::arg_type, std::string("CachePool: ") + name + " is missing, expected an integer");
}

DType read_pool_dtype(napi_env env, napi_value value) {
  const DType dtype = read_dtype(env, value, {"CachePool", "dtype"});
  if (dtype == DType::i32 || dtype == DType::bool_) {
    fail(ErrorCode::dtype,
         std::string("CachePool: dtype is ") + dtype_name(dtype) + ", expected f32, f16, bf16, i8 or f8e4m3");
  }
  return dtype;
}

CacheConfig read_config(napi_env env, napi_value options) {
  check_object(env, options, "CachePool: options");
  CacheConfig config;
  int64_t max_bytes = 0;
  PoolOption rows[] = {{"kvHeads", &config.kv_heads},   {"keyDim", &config.key_dim},
                       {"valueDim", &config.value_dim}, {"pageSize", &config.page_tokens},
                       {"pages", &config.pages},        {"maxBytes", &max_bytes, 1, int64_t{1} << 53},
                       {"window", &config.window},      {"rollback", &config.rollback, 0}};
  constexpr int count = sizeof rows / sizeof rows[0];
  constexpr const char* others[] = {"dtype", "valuesFromKeys"};
  const auto name = [&](int index) { return index < count ? rows[index].name : others[index - count]; };
  read_options(env, options, {"CachePool", nullptr, count + 2, name}, [&](int index, napi_value value) {
    if (index < count) return read_integer(env, value, rows[index]);
    if (index == count) {
      config.dtype = read_pool_dtype(env, value);
    } else {
      config.values_from_keys = read_boolean(env, value, others[1]);
    }
  });
  require(rows[0].given, "kvHeads");
  require(rows[1].given, "keyDim");
  if (!rows[2].given) config.value_dim = config.key_dim;
  if (config.values_from_keys && config.value_dim > config.key_dim) {
    fail(ErrorCode::value, "CachePool: valueDim is " + std::to_string(config.value_dim) +
                               ", expected at most keyDim, " + std::to_string(config.key_dim) +
                               ": with valuesFromKeys values are parts of the keys");
  }
  if (rows[4].given == rows[5].given) {
    fail(ErrorCode::option_conflict,
         std::string("CachePool: expected either pages or maxBytes, got ") + (rows[4].given ? "both" : "neither"));
  }
  if (rows[7].given && !rows[6].given) {
    fail(ErrorCode::option_conflict, "CachePool: rollback needs window: without one all tokens are kept");
  }
  if (rows[5].given) {
    int64_t page_bytes = 0;
    check(CachePool::page_bytes_of(config, &page_bytes));
    config.pages = std::min(max_bytes / page_bytes, kLargest);
    if (config.pages == 0) {
      fail(ErrorCode::value, "CachePool: maxBytes is " + std::to_string(max_bytes) + ", but one page takes " +
                                 std::to_string(page_bytes));
    }
  }
  return config;
}

napi_value construct_pool(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<1> arguments(env, info);
    Environment& environment = Environment::of(env);
    std::shared_ptr<CachePool> pool;
    check(CachePool::create(read_config(env, arguments[0]), &pool));
    auto memory = std::make_shared<PoolMemory>(environment, std::move(pool));
    environment.wrap(arguments.receiver, std::make_unique<PoolObject>(environment, std::move(memory)));
    return arguments.receiver;
  });
}

const std::shared_ptr<PoolMemory>& memory_of(const PoolObject& object) {
  if (object.memory == nullptr) fail(ErrorCode::disposed, "CachePool: the pool was disposed");
  return object.memory;
}

template <int64_t (CachePool::*read)() const>
napi_value pool_number(napi_env env, napi_callback_info info) {
  return on_receiver<PoolObject>(env, info, [&](PoolObject& object, const Arguments<1>&) {
    return number(env, static_cast<double>((*memory_of(object)->pool().*read)()));
  });
}

template <int64_t CacheConfig::*field>
napi_value config_number(napi_env env, napi_callback_info info) {
  return on_receiver<PoolObject>(env, info, [&](PoolObject& object, const Arguments<1>&) {
    return number(env, static_cast<double>(memory_of(object)->pool()->config().*field));
  });
}

// Undefined in a pool without a window.
template <int64_t CacheConfig::*field>
napi_value window_number(napi_env env, napi_callback_info info) {
  return on_receiver<PoolObject>(env, info, [&](PoolObject& object, const Arguments<1>&) {
    const CacheConfig& config = memory_of(object)->pool()->config();
    return config.window > 0 ? number(env, static_cast<double>(config.*field)) : undefined(env);
  });
}

napi_value pool_dtype(napi_env env, napi_callback_info info) {
  return on_receiver<PoolObject>(env, info, [&](PoolObject& object, const Arguments<1>&) {
    return string(env, dtype_name(memory_of(object)->pool()->config().dtype));
  });
}

napi_value boolean(napi_env env, bool is) {
  napi_value value;
  check(env, napi_get_boolean(env, is, &value));
  return value;
}

napi_value pool_values_from_keys(napi_env env, napi_callback_info info) {
  return on_receiver<PoolObject>(env, info, [&](PoolObject& object, const Arguments<1>&) {
    return boolean(env, memory_of(object)->pool()->config().values_from_keys);
  });
}

napi_value pool_disposed(napi_env env, napi_callback_info info) {
  return on_receiver<PoolObject>(
      env, info, [&](PoolObject& object, const Arguments<1>&) { return boolean(env, object.memory == nullptr); });
}

napi_value pool_sequence(napi_env env, napi_callback_info info) {
  return on_receiver<PoolObject>(env, info, [&](PoolObject& object, const Arguments<1>&) {
    const auto& memory = memory_of(object);
    auto sequence = std::make_shared<CacheSequence>(memory->pool());
    return create_object(object.environment(),
                         std::make_unique<SequenceObject>(object.environment(), memory, std::move(sequence)));
  });
}

napi_value pool_dispose(napi_env env, napi_callback_info info) {
  return on_receiver<PoolObject>(env, info, [&](PoolObject& object, const Arguments<1>&) {
    object.memory = nullptr;
    return undefined(env);
  });
}

}  // namespace

void PoolObject::define(Environment& environment, napi_value exports) {
  define_class(environment, exports, kName, &kKind, construct_pool,
               {
                   accessor("dtype", pool_dtype),
                   accessor("kvHeads", config_number<&CacheConfig::kv_heads>),
                   accessor("keyDim", config_number<&CacheConfig::key_dim>),
                   accessor("valueDim", config_number<&CacheConfig::value_dim>),
                   accessor("valuesFromKeys", pool_values_from_keys),
                   accessor("pageSize", config_number<&CacheConfig::page_tokens>),
                   accessor("window", window_number<&CacheConfig::window>),
                   accessor("rollback", window_number<&CacheConfig::rollback>),
                   accessor("pages", config_number<&CacheConfig::pages>),
                   accessor("freePages", pool_number<&CachePool::free_pages>),
                   accessor("bytes", pool_number<&CachePool::bytes>),
                   accessor("disposed", pool_disposed),
                   method("sequence", pool_sequence),
                   method("dispose", pool_dispose),
               });
}

}  // namespace attn::js
