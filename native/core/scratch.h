// Scratch memory of calls and pool threads: 64-byte aligned, kept for the next call, given back when it is huge.
#pragma once

#include <atomic>
#include <cstddef>

namespace attn {

inline constexpr size_t kScratchAlignment = 64;
inline constexpr size_t kScratchKept = size_t{64} << 20;  // bytes one cache keeps for later calls

// Sum of both sizes rounded up to the alignment, or SIZE_MAX when it does not fit.
size_t scratch_size(size_t first, size_t second);

// A block with its capacity in front of the memory; null when there is no memory.
std::byte* allocate_scratch(size_t bytes);
void free_scratch(std::byte* memory);
size_t scratch_capacity(const std::byte* memory);

// Held for a few instructions; yields when its holder seems to have lost its CPU.
class SpinLock {
 public:
  void lock();
  void unlock() { taken_.clear(std::memory_order_release); }

 private:
  std::atomic_flag taken_ = ATOMIC_FLAG_INIT;
};

// Blocks of finished calls, for the next ones. Any thread may use it.
class ScratchCache {
 public:
  ~ScratchCache();
  std::byte* acquire(size_t bytes);
  void release(std::byte* memory);

 private:
  static constexpr int kBlocks = 16;
  SpinLock lock_;
  std::byte* blocks_[kBlocks] = {};
  size_t kept_ = 0;
};

// The hint that this thread is waiting for another one.
void cpu_relax();

}  // namespace attn
