// The steps of a call after its arguments are read, and the two ways to make one: on this thread, and on the pool.
#include "napi/call.h"

#include "attn/convert.h"
#include "core/cache_call.h"
#include "napi/jobs.h"

namespace attn::js {

OpCall::OpCall(Environment& environment, const OpDesc& op, Mode mode)
    : environment_(environment), op_(op), mode_(mode), call_(inline_), outputs_(static_cast<size_t>(op.output_count)) {
  if (op.call_size > kInlineBytes) {
    large_ = std::make_unique<std::max_align_t[]>(op.call_size / sizeof(std::max_align_t) + 1);
    call_ = large_.get();
  }
  op.construct(call_);
  given_.reserve(6);  // what malloc's fast path takes
}

OpCall::~OpCall() { release(); }

void OpCall::release() {
  given_.clear();
  cache_.roll_back();  // what was committed stays
  for (Output& output : outputs_) {
    output.parts.storage = StorageHold();
    if (output.kept != nullptr) napi_delete_reference(environment_.env(), output.kept);
    output.kept = nullptr;
  }
}

void OpCall::validate() {
  for (Given& given : given_) {
    const Where where{op_.js_name, given.path};
    given.parts.resolve(where);
    *given.place = given.parts.view;
    // Elements of i32 tensors become positions in memory once they are checked, so nobody else may change them then.
    const bool changeable = mode_ == Mode::async || given.parts.storage->kind() == Storage::Kind::shared;
    if (given.parts.view.dtype != DType::i32 || given.output >= 0 || !changeable) continue;
    copies_.push_back(copy_packed(*given.place, where));
    given.parts.view = *given.place;
    given.copied = true;
  }
  if (sequences_place_ != nullptr) check(named(cache_.hold(std::move(sequences_), sequences_place_)));
  check(attn::validate(op_, call_));
}

// Errors of the cache do not know which call they belong to.
Status OpCall::named(const Status& status) const {
  return status.is_ok() ? status : Status(status.code(), text(status.message().c_str()));
}

void OpCall::prepare() {
  if (sequences_place_ != nullptr) check(named(reserve_cache(op_, call_, cache_)));
  for (Given& given : given_) {
    if (mode_ == Mode::sync || given.copied || given.output >= 0) continue;
    if (given.parts.storage->kind() != Storage::Kind::plain) continue;
    copies_.push_back(copy_packed(*given.place, {op_.js_name, given.path}));
    given.parts.storage = StorageHold();
  }
  for (const Given& given : given_) {
    if (given.output < 0) continue;
    Output& output = outputs_[static_cast<size_t>(given.output)];
    if (mode_ == Mode::async && given.parts.storage->kind() == Storage::Kind::plain) {
      set_contiguous(*given.place);
      const int64_t bytes = given.place->elements() * dtype_bytes(given.place->dtype);
      copies_.push_back(allocate_memory(bytes, {op_.js_name, given.path}));
      given.place->data = copies_.back().get();
    }
    output.written = *given.place;
  }
  for (int i = 0; i < op_.output_count; ++i) {
    auto& view = at<TensorView>(op_.outputs[i].offset);
    if (view.present || !wants_output(op_, call_, i)) continue;
    Output& output = outputs_[static_cast<size_t>(i)];
    output.parts =
        allocate_tensor(environment_, output_layout(op_, call_, i), false, {op_.js_name, op_.outputs[i].name});
    view = output.parts.view;
  }
}

Status OpCall::run(const std::atomic<bool>* stop) { return attn::run(op_, call_, environment_.pool(), stop); }

napi_value OpCall::result() {
  const napi_env env = environment_.env();
  for (Given& given : given_) {
    if (given.output < 0) continue;
    const Output& output = outputs_[static_cast<size_t>(given.output)];
    given.parts.resolve({op_.js_name, given.path});
    if (given.parts.view.data != output.written.data) copy_elements(output.written, given.parts.view);
  }
  cache_.commit();
  napi_value object;
  check(env, napi_create_object(env, &object));
  for (int i = 0; i < op_.output_count; ++i) {
    Output& output = outputs_[static_cast<size_t>(i)];
    napi_value tensor = output.given;
    if (output.kept != nullptr) {
      check(env, napi_get_reference_value(env, output.kept, &tensor));
    } else if (output.parts.storage) {
      tensor = Tensor::create(environment_, std::move(output.parts));
    }
    if (tensor != nullptr) set(env, object, op_.outputs[i].name, tensor);
  }
  return object;
}

namespace {

class CallJob final : public Job {
 public:
  CallJob(Environment& environment, const OpDesc& op) : call(environment, op, OpCall::Mode::async) {}
  Status run(ThreadPool&, const std::atomic<bool>& stop) override { return call.run(&stop); }
  napi_value result() override { return call.result(); }
  void release() override { call.release(); }

  OpCall call;
};

}  // namespace

napi_value call_sync(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Arguments<kMaxArguments> arguments(env, info);
    OpCall call(Environment::of(env), *static_cast<const OpDesc*>(arguments.data), OpCall::Mode::sync);
    call.read(arguments.values, arguments.count);
    throw_if_aborted(env, call.signal());
    call.validate();
    call.prepare();
    check(call.run(nullptr));
    return call.result();
  });
}

napi_value call_async(napi_env env, napi_callback_info info) {
  return promised(env, [&](Environment& environment) -> napi_value {
    Arguments<kMaxArguments> arguments(env, info);
    auto job = std::make_unique<CallJob>(environment, *static_cast<const OpDesc*>(arguments.data));
    OpCall& call = job->call;
    call.read(arguments.values, arguments.count);
    throw_if_aborted(env, call.signal());
    call.validate();
    call.prepare();
    return environment.start(std::move(job), call.signal());
  });
}

}  // namespace attn::js
