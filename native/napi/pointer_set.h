// A set of pointers, looked up in every call: open addressing, no allocation per entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace attn::js {

template <typename T>
class PointerSet {
 public:
  size_t size() const { return size_; }

  bool contains(const T* pointer) const {
    if (pointer == nullptr || size_ == 0) return false;
    for (size_t i = home(pointer);; i = next(i)) {
      if (slots_[i] == pointer) return true;
      if (slots_[i] == nullptr) return false;
    }
  }

  void insert(T* pointer) {
    if ((size_ + 1) * 2 > slots_.size()) grow();
    place(pointer);
    ++size_;
  }

  void erase(const T* pointer) {
    if (!contains(pointer)) return;
    size_t hole = home(pointer);
    while (slots_[hole] != pointer) hole = next(hole);
    // Entries behind the hole move into it where their way to them led past it.
    for (size_t i = next(hole); slots_[i] != nullptr; i = next(i)) {
      if (((i - home(slots_[i])) & (slots_.size() - 1)) < ((i - hole) & (slots_.size() - 1))) continue;
      slots_[hole] = slots_[i];
      hole = i;
    }
    slots_[hole] = nullptr;
    --size_;
  }

  // Drops the entries for which drop(pointer) is true.
  template <typename Drop>
  void erase_if(Drop drop) {
    std::vector<T*> kept;
    kept.reserve(size_);
    for (T* pointer : slots_) {
      if (pointer != nullptr && !drop(pointer)) kept.push_back(pointer);
    }
    if (kept.size() == size_) return;
    slots_.assign(slots_.size(), nullptr);
    size_ = kept.size();
    for (T* pointer : kept) place(pointer);
  }

 private:
  size_t home(const T* pointer) const {
    const auto hash = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(pointer)) * 0x9e3779b97f4a7c15u;
    return static_cast<size_t>(hash >> 32) & (slots_.size() - 1);
  }
  size_t next(size_t i) const { return (i + 1) & (slots_.size() - 1); }
  void place(T* pointer) {
    size_t i = home(pointer);
    while (slots_[i] != nullptr) i = next(i);
    slots_[i] = pointer;
  }
  void grow() {
    std::vector<T*> old(slots_.empty() ? 64 : slots_.size() * 2, nullptr);
    old.swap(slots_);
    for (T* pointer : old) {
      if (pointer != nullptr) place(pointer);
    }
  }

  std::vector<T*> slots_;
  size_t size_ = 0;
};

}  // namespace attn::js
