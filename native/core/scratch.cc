#include "core/scratch.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace attn {
namespace {

size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

// Sizes in steps of an eighth of their magnitude: calls that differ a little use the same blocks.
size_t round_capacity(size_t bytes) {
  size_t step = kScratchAlignment;
  while (step < bytes / 8) step *= 2;
  return round_up(bytes, step);
}

}  // namespace

void cpu_relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

void SpinLock::lock() {
  for (int tries = 0; taken_.test_and_set(std::memory_order_acquire); ++tries) {
    if (tries < 64) {
      cpu_relax();
    } else {
      std::this_thread::yield();
    }
  }
}

size_t scratch_size(size_t first, size_t second) {
  constexpr size_t kLargest = SIZE_MAX / 4;
  if (first > kLargest || second > kLargest) return SIZE_MAX;
  return round_up(first, kScratchAlignment) + round_up(second, kScratchAlignment);
}

std::byte* allocate_scratch(size_t bytes) {
  if (bytes > SIZE_MAX / 4) return nullptr;
  const size_t capacity = round_capacity(bytes);
  void* block = std::aligned_alloc(kScratchAlignment, capacity + kScratchAlignment);
  if (block == nullptr) return nullptr;
  std::memcpy(block, &capacity, sizeof capacity);
  return static_cast<std::byte*>(block) + kScratchAlignment;
}

void free_scratch(std::byte* memory) {
  if (memory != nullptr) std::free(memory - kScratchAlignment);
}

size_t scratch_capacity(const std::byte* memory) {
  if (memory == nullptr) return 0;
  size_t capacity;
  std::memcpy(&capacity, memory - kScratchAlignment, sizeof capacity);
  return capacity;
}

ScratchCache::~ScratchCache() {
  for (std::byte* block : blocks_) free_scratch(block);
}

std::byte* ScratchCache::acquire(size_t bytes) {
  lock_.lock();
  int best = -1;
  for (int i = 0; i < kBlocks; ++i) {
    if (blocks_[i] == nullptr || scratch_capacity(blocks_[i]) < bytes) continue;
    if (best < 0 || scratch_capacity(blocks_[i]) < scratch_capacity(blocks_[best])) best = i;
  }
  std::byte* found = nullptr;
  if (best >= 0) {
    found = blocks_[best];
    blocks_[best] = nullptr;
    kept_ -= scratch_capacity(found);
  }
  lock_.unlock();
  return found != nullptr ? found : allocate_scratch(bytes);
}

void ScratchCache::release(std::byte* memory) {
  if (memory == nullptr) return;
  const size_t capacity = scratch_capacity(memory);
  std::byte* surplus = memory;
  lock_.lock();
  if (kept_ + capacity <= kScratchKept) {
    // A full cache gives up its smallest block: small ones are cheap to get again.
    int place = 0;
    for (int i = 0; i < kBlocks; ++i) {
      if (scratch_capacity(blocks_[i]) < scratch_capacity(blocks_[place])) place = i;
    }
    if (scratch_capacity(blocks_[place]) < capacity) {
      surplus = blocks_[place];
      kept_ += capacity - scratch_capacity(surplus);
      blocks_[place] = memory;
    }
  }
  lock_.unlock();
  free_scratch(surplus);
}

}  // namespace attn
