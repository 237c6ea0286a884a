// The memory behind tensors, counted by the tensors, ArrayBuffers and calls that use it. Only ever touched on the
// JavaScript thread of its environment; pool threads see plain pointers whose storage a job holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/memory.h"
#include "napi/environment.h"

namespace attn::js {

struct FreeMemory {
  void operator()(std::byte* memory) const { free_memory(memory); }
};
using Memory = std::unique_ptr<std::byte, FreeMemory>;
Memory allocate_memory(int64_t bytes, const Where& where);  // throws Failure

class Storage {
 public:
  enum class Kind : uint8_t {
    owned,   // native memory
    shared,  // a SharedArrayBuffer: its memory stays where it is
    plain,   // an ArrayBuffer of JavaScript, which may be transferred, detached or shrunk between any two calls
  };

  static Storage* allocate(Environment& environment, int64_t bytes, bool zeroed, const Where& where);
  // Over a typed array; `bytes` is its length.
  static Storage* wrap(Environment& environment, napi_value typed_array, Kind kind, int64_t bytes);

  void retain() { ++references_; }
  void release() {
    if (--references_ == 0) delete this;
  }

  Kind kind() const { return kind_; }
  // The first byte, or null when fewer than `bytes` are left of what was wrapped.
  std::byte* resolve(int64_t bytes) const;
  // The ArrayBuffer or SharedArrayBuffer behind it and where in it the storage begins.
  napi_value array_buffer(int64_t* byte_offset, const Where& where);
  // The typed array that was wrapped; null for owned memory.
  napi_value source() const;

  // Tensors, as opposed to calls and ArrayBuffers, that use this storage. When the last one is disposed by the program,
  // owned memory is taken away from the ArrayBuffer that shows it. When it was only collected, that ArrayBuffer may
  // well be what the program kept.
  void add_tensor() { ++tensors_; }
  void remove_tensor(bool disposed) {
    if (--tensors_ == 0 && disposed) detach_array_buffer();
  }

 private:
  Storage(Environment& environment, Kind kind, int64_t bytes);
  ~Storage();
  void expose(const Where& where);
  void detach_array_buffer();
  void move_to_javascript(const Where& where);
  static void on_buffer_freed(napi_env env, void* data, void* hint);

  Environment& environment_;
  Kind kind_;
  int64_t references_ = 1;
  int64_t tensors_ = 0;
  int64_t bytes_;
  Memory memory_;              // owned
  bool reported_ = false;      // to the garbage collector, as ours; not while an ArrayBuffer accounts for it
  napi_ref buffer_ = nullptr;  // owned: weak, the ArrayBuffer that shows the memory
  napi_ref source_ = nullptr;  // the others: strong, the typed array
};

// One counted use of a storage.
class StorageHold {
 public:
  StorageHold() = default;
  explicit StorageHold(Storage* adopted) : storage_(adopted) {}
  StorageHold(StorageHold&& other) noexcept : storage_(std::exchange(other.storage_, nullptr)) {}
  StorageHold& operator=(StorageHold&& other) noexcept {
    std::swap(storage_, other.storage_);
    return *this;
  }
  ~StorageHold() {
    if (storage_ != nullptr) storage_->release();
  }
  static StorageHold share(Storage* storage) {
    storage->retain();
    return StorageHold(storage);
  }
  Storage* get() const { return storage_; }
  Storage* operator->() const { return storage_; }
  explicit operator bool() const { return storage_ != nullptr; }

 private:
  Storage* storage_ = nullptr;
};

}  // namespace attn::js
