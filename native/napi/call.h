// One call of an operation: JavaScript arguments in, by the op's tables, and tensors out.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "attn/attn.h"
#include "attn/exec.h"
#include "core/cache_pool.h"
#include "napi/tensor.h"

namespace attn::js {

class OpCall {
 public:
  enum class Mode : uint8_t { sync, async };

  OpCall(Environment& environment, const OpDesc& op, Mode mode);
  OpCall(const OpCall&) = delete;
  OpCall& operator=(const OpCall&) = delete;
  ~OpCall();

  // The steps of a call, in this order; each may fail. Only `read` runs code of the caller.
  // One per input, then the number of an option and its value, as often as there are options. Options count on through
  // the outputs that may be given to the signal; one that is not known has its name for a number, and −1 stands for
  // options that are no object. The library packs them so: asking an object for them here takes many times as long.
  void read(const napi_value* arguments, size_t count);
  void validate();
  void prepare();  // copies what must not depend on JavaScript's memory, and allocates the outputs
  Status run(const std::atomic<bool>* stop);  // any thread
  napi_value result();

  // In place of prepare, run and result, for a call that is made later: its tensors of the wanted names, those that were
  // given alone and the outputs that may be given. They stay when the caller's go; inputs of an asynchronous call that lie
  // in JavaScript's memory are copied. bound_call.cc.
  struct Named {
    const char* name;
    TensorParts parts;
  };
  std::vector<Named> tensors(FunctionRef<bool(const char*)> wanted);

  // Lets go of what belongs to the environment.
  void release();

  napi_value signal() const { return signal_; }  // null when not given
  const OpDesc& op() const { return op_; }
  void* data() { return call_; }

 private:
  // A tensor that was given.
  struct Given {
    TensorParts parts;
    TensorView* place;  // in the call struct
    const char* path;
    int output = -1;  // index of the output it is to receive
    bool copied = false;
    bool listed = false;  // one of several under the same name
  };
  struct Output {
    TensorParts parts;           // no storage: the caller gave the tensor
    TensorView written;          // what the kernel wrote to
    napi_value given = nullptr;  // that tensor, while the call that gave it lasts
    napi_ref kept = nullptr;     // the same in an asynchronous call, beyond that
  };

  void check_refused(const char* name) const;
  void read_option(napi_value number, napi_value value);
  void read_field(const FieldDesc& field, napi_value value);
  bool read_own(TensorView* place, const char* path, napi_value value);
  void read_into(TensorView* place, const char* path, napi_value value);
  void read_list(const FieldDesc& field, napi_value value);
  void read_sequences(const FieldDesc& field, napi_value value);
  void read_output(int index, napi_value value);
  void read_signal(napi_value value);
  Status named(const Status& status) const;
  std::string text(const char* path) const { return Where{op_.js_name, path}.text(); }

  template <typename T>
  T& at(uint32_t offset) {
    return *reinterpret_cast<T*>(static_cast<std::byte*>(call_) + offset);
  }

  static constexpr size_t kInlineBytes = 4096;

  Environment& environment_;
  const OpDesc& op_;
  Mode mode_;
  void* call_;
  std::vector<Given> given_;
  std::vector<Output> outputs_;
  std::vector<std::unique_ptr<TensorView[]>> lists_;
  std::vector<Memory> copies_;
  std::vector<std::shared_ptr<CacheSequence>> sequences_;  // until they are held
  CacheView* sequences_place_ = nullptr;
  CacheCall cache_;
  napi_value signal_ = nullptr;
  std::unique_ptr<std::max_align_t[]> large_;
  alignas(std::max_align_t) std::byte inline_[kInlineBytes];
};

// The functions of an operation; their data is its OpDesc.
napi_value call_async(napi_env env, napi_callback_info info);
napi_value call_sync(napi_env env, napi_callback_info info);
napi_value bind_call(napi_env env, napi_callback_info info);  // bound_call.cc

// The names of the operation's options in the order of their numbers, empty where there is none.
std::vector<const char*> option_names(const OpDesc& op);

// Inputs, and two for each option.
inline constexpr size_t kMaxArguments = 80;

}  // namespace attn::js
