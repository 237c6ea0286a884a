// The classes CachePool and Sequence: cached keys and values as objects of JavaScript.
#pragma once

#include <memory>

#include "core/cache_pool.h"
#include "napi/wrapped.h"

namespace attn::js {

// A pool's memory as the garbage collector sees it: there until the last object over it is gone.
class PoolMemory {
 public:
  PoolMemory(Environment& environment, std::shared_ptr<CachePool> pool);
  ~PoolMemory();
  PoolMemory(const PoolMemory&) = delete;
  PoolMemory& operator=(const PoolMemory&) = delete;
  const std::shared_ptr<CachePool>& pool() const { return pool_; }

 private:
  Environment& environment_;
  std::shared_ptr<CachePool> pool_;
};

class PoolObject final : public Wrapped {
 public:
  static constexpr char kKind = 0;
  static constexpr const char* kName = "CachePool";
  static void define(Environment& environment, napi_value exports);

  PoolObject(Environment& environment, std::shared_ptr<PoolMemory> memory)
      : Wrapped(environment), memory(std::move(memory)) {}
  const void* kind() const override { return &kKind; }

  std::shared_ptr<PoolMemory> memory;  // null once disposed
};

class SequenceObject final : public Wrapped {
 public:
  static constexpr char kKind = 0;
  static constexpr const char* kName = "Sequence";
  static constexpr const char* kMade = "CachePool.sequence or Sequence.deserialize";
  static void define(Environment& environment, napi_value exports);

  SequenceObject(Environment& environment, std::shared_ptr<PoolMemory> memory, std::shared_ptr<CacheSequence> sequence)
      : Wrapped(environment), memory(std::move(memory)), sequence(std::move(sequence)) {}
  const void* kind() const override { return &kKind; }

  std::shared_ptr<PoolMemory> memory;
  std::shared_ptr<CacheSequence> sequence;  // null once disposed
};

}  // namespace attn::js
