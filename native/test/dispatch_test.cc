#include "core/dispatch.h"

#include <cstring>
#include <set>

#include "core/registry.h"
#include "core/thread_pool.h"
#include "generated/attention.h"
#include "test/harness.h"

namespace attn::test {
namespace {

const char* refuse_long(const void* call) {
  return static_cast<const AttentionCall*>(call)->axes.T > 4 ? "more than 4 query tokens" : nullptr;
}
int runs_of_short = 0;
int runs_of_any = 0;
std::atomic<bool>* stop_from_kernel = nullptr;
Status run_short(const void*, ExecContext&) {
  ++runs_of_short;
  return {};
}
Status run_any(const void*, ExecContext&) {
  ++runs_of_any;
  if (stop_from_kernel != nullptr) stop_from_kernel->store(true);
  return {};
}

const KernelInfo short_f32{
    "cpu.x/attention.short.f32", OpId::attention, Isa::avx2, "short", "f32", refuse_long, run_short};
const KernelInfo any_f32{"cpu.x/attention.any.f32", OpId::attention, Isa::avx2, "any", "f32", nullptr, run_any};
const KernelInfo other_op{
    "cpu.x/linear_attention.any.f32", OpId::linear_attention, Isa::avx2, "any", "f32", nullptr, run_any};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void first_kernel_that_takes_the_call() {
  ThreadPool pool(1);
  const OpDesc& op = op_desc(OpId::attention);
  AttentionCall call;
  call.q.dtype = DType::f32;
  runs_of_short = runs_of_any = 0;
  call.axes.T = 1;
  expect(run_with(op, &call, {&other_op, &short_f32, &any_f32}, pool, nullptr).is_ok(), "runs");
  expect(runs_of_short == 1 && runs_of_any == 0, "the first kernel that supports the call");
  call.axes.T = 5;
  expect(run_with(op, &call, {&short_f32, &any_f32}, pool, nullptr).is_ok(), "runs");
  expect(runs_of_short == 1 && runs_of_any == 1, "the next one when it refuses");
  const Explanation explained = explain_with(op, &call, {&other_op, &short_f32, &any_f32});
  expect(explained.kernel == &any_f32 && explained.refused.size() == 1 &&
             explained.refused[0].reason == "more than 4 query tokens",
         "explain says what run does");

  Status status = run_with(op, &call, {&other_op, &short_f32}, pool, nullptr);
  expect(status.code() == ErrorCode::unsupported, "no kernel is left");
  expect(contains(status.message(), short_f32.id) && contains(status.message(), "more than 4 query tokens"),
         "each refusal is named: " + status.message());
  call.q.dtype = DType::f16;
  status = run_with(op, &call, {&short_f32, &any_f32}, pool, nullptr);
  expect(status.code() == ErrorCode::unsupported && contains(status.message(), "f16"),
         "no kernel for the dtype: " + status.message());
}

void stop_flag() {
  ThreadPool pool(1);
  const OpDesc& op = op_desc(OpId::attention);
  AttentionCall call;
  runs_of_any = 0;
  std::atomic<bool> stop{true};
  expect(run_with(op, &call, {&any_f32}, pool, &stop).code() == ErrorCode::aborted, "stopped before");
  expect(runs_of_any == 0, "a stopped call ran");
  stop.store(false);
  stop_from_kernel = &stop;
  expect(run_with(op, &call, {&any_f32}, pool, &stop).code() == ErrorCode::aborted, "stopped inside");
  stop_from_kernel = nullptr;
}

KernelTable one_row() { return {&any_f32, 1}; }
KernelTable two_rows() {
  static const KernelInfo rows[] = {short_f32, any_f32};
  return {rows, 2};
}

void isa_choice() {
  const IsaInfo rows[] = {{Isa::avx512, "avx512", false, false, two_rows},
                          {Isa::avx2, "avx2", true, true, one_row},
                          {Isa::x86_64_v2, "x86_64_v2", true, true, two_rows}};
  const IsaList isas{rows, 3};
  Selection best = select_isa(isas, nullptr);
  expect(best.status.is_ok() && best.isa == Isa::avx2 && best.kernels.size() == 3, "the best that is available");
  expect(select_isa(isas, "").isa == Isa::avx2, "an empty ATTN_ISA is none");
  Selection forced = select_isa(isas, "x86_64_v2");
  expect(forced.status.is_ok() && forced.isa == Isa::x86_64_v2 && forced.kernels.size() == 2, "forced");
  const IsaInfo slow_rows[] = {{Isa::avx2, "avx2", true, false, one_row},
                               {Isa::x86_64_v2, "x86_64_v2", true, true, two_rows}};
  const IsaList slow{slow_rows, 2};
  expect(select_isa(slow, nullptr).isa == Isa::x86_64_v2, "what is available but slow is not taken unasked");
  expect(select_isa(slow, "avx2").isa == Isa::avx2, "but when asked for");
  const IsaInfo part_rows[] = {{Isa::avx512, "avx512", true, true, one_row},
                               {Isa::avx2, "avx2", true, false, one_row},
                               {Isa::x86_64_v2, "x86_64_v2", true, true, two_rows}};
  const IsaList part{part_rows, 3};
  expect(select_isa(part, nullptr).kernels.size() == 3, "what the best one lacks is not taken from a slow one");
  expect(select_isa(part, "avx512").kernels.size() == 3, "nor when it is asked for");
  Selection unavailable = select_isa(isas, "avx512");
  expect(unavailable.status.code() == ErrorCode::unsupported, "not on this machine");
  expect(contains(unavailable.status.message(), "available: avx2, x86_64_v2"), unavailable.status.message());
  Selection unknown = select_isa(isas, "AVX2");
  expect(unknown.status.code() == ErrorCode::value, "unknown");
  expect(contains(unknown.status.message(), "known here: avx512, avx2, x86_64_v2"), unknown.status.message());
}

// The rows of this binary: ids follow one scheme and are unique.
void rows_of_this_machine() {
  const IsaList isas = isa_list();
  std::set<std::string> ids;
  for (int i = 0; i < isas.count; ++i) {
    expect(std::strcmp(isas.rows[i].name, isa_name(isas.rows[i].isa)) == 0, "two names for one ISA");
    if (!isas.rows[i].available) continue;
    const KernelTable table = isas.rows[i].kernels();
    for (size_t k = 0; k < table.count; ++k) {
      const KernelInfo& row = table.rows[k];
      const std::string id =
          std::string("cpu.") + isas.rows[i].name + "/" + op_desc(row.op).name + "." + row.form + "." + row.dtype;
      expect(id == row.id, std::string(row.id) + " should be " + id);
      expect(ids.insert(id).second, id + " is there twice");
      expect(row.isa == isas.rows[i].isa && row.run != nullptr, id + ": isa or run");
    }
  }
}

}  // namespace

Tests dispatch_tests() {
  static const Test rows[] = {
      {"dispatch: the first kernel that takes the call", first_kernel_that_takes_the_call},
      {"dispatch: stop flag", stop_flag},
      {"dispatch: ATTN_ISA", isa_choice},
      {"dispatch: rows of this machine", rows_of_this_machine},
  };
  return list(rows);
}

}  // namespace attn::test
