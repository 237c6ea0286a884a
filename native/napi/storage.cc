#include "napi/storage.h"

#include <cstring>

#include "napi/typed_array.h"

namespace attn::js {

namespace {

[[noreturn]] void out_of_memory(int64_t bytes, const Where& where, const std::string& reason = {}) {
  fail(ErrorCode::out_of_memory, where.text() + " needs " + std::to_string(bytes) +
                                     " bytes, which could not be allocated" + (reason.empty() ? "" : ": " + reason));
}

}  // namespace

Memory allocate_memory(int64_t bytes, const Where& where) {
  Memory memory(attn::allocate_memory(static_cast<size_t>(bytes)));
  if (memory == nullptr) out_of_memory(bytes, where);
  return memory;
}

Storage::Storage(Environment& environment, Kind kind, int64_t bytes)
    : environment_(environment), kind_(kind), bytes_(bytes) {
  environment_.retain();
}

Storage::~Storage() {
  if (reported_) environment_.adjust_memory(-bytes_);
  if (source_ != nullptr) napi_delete_reference(environment_.env(), source_);
  if (buffer_ != nullptr) napi_delete_reference(environment_.env(), buffer_);
  environment_.release();
}

Storage* Storage::allocate(Environment& environment, int64_t bytes, bool zeroed, const Where& where) {
  Memory memory = allocate_memory(bytes, where);
  if (zeroed) std::memset(memory.get(), 0, static_cast<size_t>(bytes));
  auto* storage = new Storage(environment, Kind::owned, bytes);
  storage->memory_ = std::move(memory);
  storage->reported_ = true;
  environment.adjust_memory(bytes);
  return storage;
}

Storage* Storage::wrap(Environment& environment, napi_value typed_array, Kind kind, int64_t bytes) {
  StorageHold storage(new Storage(environment, kind, bytes));
  check(environment.env(), napi_create_reference(environment.env(), typed_array, 1, &storage->source_));
  storage->retain();
  return storage.get();
}

napi_value Storage::source() const {
  if (source_ == nullptr) return nullptr;
  napi_value value = nullptr;
  check(environment_.env(), napi_get_reference_value(environment_.env(), source_, &value));
  return value;
}

std::byte* Storage::resolve(int64_t bytes) const {
  static std::byte nothing;
  if (kind_ == Kind::owned) return memory_.get();
  const TypedArray array = read_typed_array(environment_.env(), source());
  if (array.bytes < bytes) return nullptr;
  return array.data != nullptr ? array.data : &nothing;
}

napi_value Storage::array_buffer(int64_t* byte_offset, const Where& where) {
  const napi_env env = environment_.env();
  *byte_offset = 0;
  if (kind_ == Kind::owned) {
    napi_value buffer = nullptr;
    if (buffer_ != nullptr) check(env, napi_get_reference_value(env, buffer_, &buffer));
    bool detached = false;
    if (buffer != nullptr) check(env, napi_is_detached_arraybuffer(env, buffer, &detached));
    if (buffer == nullptr || detached) expose(where);
    if (kind_ == Kind::owned) {
      check(env, napi_get_reference_value(env, buffer_, &buffer));
      return buffer;
    }
  }
  napi_value array = source();
  *byte_offset = read_typed_array(env, array).byte_offset;
  return get(env, array, "buffer");
}

// Makes the ArrayBuffer that shows owned memory. It holds the storage until the garbage collector has freed it.
void Storage::expose(const Where& where) {
  const napi_env env = environment_.env();
  if (buffer_ != nullptr) {
    napi_delete_reference(env, buffer_);
    buffer_ = nullptr;
  }
  if (environment_.external_buffers && bytes_ > 0) {
    // Before the call: unless external buffers are not allowed at all, the finalizer comes also where the call fails, as
    // that of Node 20 does beyond 4 GiB.
    retain();
    napi_value buffer;
    const napi_status status = napi_create_external_arraybuffer(env, memory_.get(), static_cast<size_t>(bytes_),
                                                                on_buffer_freed, this, &buffer);
    if (status == napi_ok) {
      if (reported_) environment_.adjust_memory(-bytes_);
      reported_ = false;
      check(env, napi_create_reference(env, buffer, 0, &buffer_));
      return;
    }
    if (status != napi_no_external_buffers_allowed) {
      fail(ErrorCode::unsupported,
           where.text() + " has " + std::to_string(bytes_) +
               " bytes of memory, more than this runtime shows in an ArrayBuffer: " + clear_exception(env));
    }
    release();
    environment_.external_buffers = false;
  }
  move_to_javascript(where);
}

// Where external buffers are refused: the contents move into memory of JavaScript, once, and stay there. Calls in
// flight still read the old memory, which lives as long as they hold this storage.
void Storage::move_to_javascript(const Where& where) {
  const napi_env env = environment_.env();
  napi_value global;
  napi_value array;
  check(env, napi_get_global(env, &global));
  // Not through Node-API, which ends the process when there is no memory; the constructor throws.
  napi_value length = number(env, static_cast<double>(bytes_));
  const napi_status status = napi_new_instance(env, get(env, global, "Uint8Array"), 1, &length, &array);
  if (status == napi_pending_exception) out_of_memory(bytes_, where, clear_exception(env));
  check(env, status);
  if (bytes_ > 0) std::memcpy(read_typed_array(env, array).data, memory_.get(), static_cast<size_t>(bytes_));
  check(env, napi_create_reference(env, array, 1, &source_));
  kind_ = Kind::plain;
}

void Storage::detach_array_buffer() {
  if (buffer_ == nullptr) return;
  const napi_env env = environment_.env();
  HandleScope scope(env);
  napi_value buffer = nullptr;
  if (napi_get_reference_value(env, buffer_, &buffer) == napi_ok && buffer != nullptr) {
    napi_detach_arraybuffer(env, buffer);
  }
}

void Storage::on_buffer_freed(napi_env, void*, void* hint) {
  auto* storage = static_cast<Storage*>(hint);
  if (storage->references_ > 1 && !storage->reported_) {
    storage->reported_ = true;
    storage->environment_.adjust_memory(storage->bytes_);
  }
  storage->release();
}

}  // namespace attn::js
