// Memory of tensors and caches: 64-byte aligned, from 4 MiB on in huge pages where the system has them.
#pragma once

#include <cstddef>

namespace attn {

inline constexpr size_t kMemoryAlignment = 64;

// Null when there is no memory.
std::byte* allocate_memory(size_t bytes);
void free_memory(std::byte* memory);

}  // namespace attn
