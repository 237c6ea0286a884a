#include "core/memory.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace attn {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

// A result of 32 MiB is 8,192 pages of 4 KiB, and getting them from the system, each at its first touch, takes as long as
// a fifth of the work that fills them; rows of one head, one page after the other, would cost a walk of the page table each.
void use_huge_pages(std::byte* memory, size_t bytes) {
#if defined(MADV_HUGEPAGE)
  madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);  // no harm where it is refused
#endif
}

}  // namespace

// Plain malloc, aligned by hand: asking for the alignment takes its slow path, which a small call would feel. The address
// that malloc gave lies just before the memory.
std::byte* allocate_memory(size_t bytes) {
  if (bytes > SIZE_MAX / 4) return nullptr;
  const bool huge = bytes >= 2 * kHugePage;
  const size_t alignment = huge ? kHugePage : kMemoryAlignment;
  auto* start = static_cast<std::byte*>(std::malloc(bytes + alignment + sizeof(void*)));
  if (start == nullptr) return nullptr;
  const auto first = reinterpret_cast<uintptr_t>(start) + sizeof(void*);
  std::byte* memory = start + sizeof(void*) + (alignment - first % alignment) % alignment;
  if (huge) use_huge_pages(memory, bytes);
  std::memcpy(memory - sizeof start, &start, sizeof start);
  return memory;
}

void free_memory(std::byte* memory) {
  if (memory == nullptr) return;
  void* start;
  std::memcpy(&start, memory - sizeof start, sizeof start);
  std::free(start);
}

}  // namespace attn
