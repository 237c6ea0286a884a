#include "core/registry.h"

#include <cstdlib>
#include <cstring>

namespace attn {
namespace {

std::string names(const IsaList& list, bool available_only) {
  std::string text;
  for (int i = 0; i < list.count; ++i) {
    if (available_only && !list.rows[i].available) continue;
    text += (text.empty() ? "" : ", ") + std::string(list.rows[i].name);
  }
  return text.empty() ? "none" : text;
}

Status check_forced(const IsaList& list, const char* forced) {
  if (names(list, true) == "none") {
    return {ErrorCode::unsupported,
            "this CPU has none of the instruction sets there are kernels for: " + names(list, false)};
  }
  if (forced == nullptr || *forced == '\0') return {};
  const std::string known = "known here: " + names(list, false) + "; available: " + names(list, true);
  for (int i = 0; i < list.count; ++i) {
    if (std::strcmp(list.rows[i].name, forced) != 0) continue;
    if (list.rows[i].available) return {};
    return {ErrorCode::unsupported,
            "ATTN_ISA is \"" + std::string(forced) + "\", which this CPU or operating system does not offer; " + known};
  }
  return {ErrorCode::value, "ATTN_ISA is \"" + std::string(forced) + "\", which is no instruction set; " + known};
}

}  // namespace

Selection select_isa(const IsaList& list, const char* forced) {
  Selection selection{check_forced(list, forced), list.rows[list.count - 1].isa, {}};
  const bool force = selection.status.is_ok() && forced != nullptr && *forced != '\0';
  bool selected = false;
  for (int i = 0; i < list.count; ++i) {
    const IsaInfo& row = list.rows[i];
    const bool named = force && std::strcmp(row.name, forced) == 0;
    if (!row.available || !(row.preferred || named) || (force && !selected && !named)) continue;
    if (!selected) selection.isa = row.isa;
    selected = true;
    const KernelTable table = row.kernels();
    for (size_t k = 0; k < table.count; ++k) selection.kernels.push_back(&table.rows[k]);
  }
  return selection;
}

const Selection& selection() {
  // Never destroyed: calls may still run on other threads when the process ends.
  static const Selection* const once = new Selection(select_isa(isa_list(), std::getenv("ATTN_ISA")));
  return *once;
}

Status isa_status() { return selection().status; }
Isa selected_isa() { return selection().isa; }
std::vector<const KernelInfo*> kernels() { return selection().kernels; }

std::vector<Isa> available_isas() {
  std::vector<Isa> available;
  const IsaList list = isa_list();
  for (int i = 0; i < list.count; ++i) {
    if (list.rows[i].available) available.push_back(list.rows[i].isa);
  }
  return available;
}

const char* isa_name(Isa isa) {
  constexpr const char* names[] = {"x86_64_v2", "avx2", "avx512", "avx512_bf16", "avx512_amx", "neon"};
  return names[static_cast<int>(isa)];
}

}  // namespace attn
