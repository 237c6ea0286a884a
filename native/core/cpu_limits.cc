#include "core/cpu_limits.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

#include "attn/attn.h"

#if defined(__linux__)
#include <sched.h>
#endif

namespace attn {
namespace {

std::string read_file(const std::string& path) {
  std::string text;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  char buffer[4096];
  while (file != nullptr) {
    const size_t read = std::fread(buffer, 1, sizeof buffer, file.get());
    if (read == 0) break;
    text.append(buffer, read);
  }
  return text;
}

// Quota over period as whole CPUs; 0 when either is not a positive number ("max", -1, a missing file).
int whole_cpus(const std::string& quota, const std::string& period) {
  const double q = std::strtod(quota.c_str(), nullptr);
  const double p = std::strtod(period.c_str(), nullptr);
  if (!(q > 0) || !(p > 0)) return 0;
  return static_cast<int>(std::clamp(q / p, 1.0, static_cast<double>(kMaxThreads)));
}

int unified_limit(const std::string& group) {
  const std::string limit = read_file(group + "/cpu.max");  // "200000 100000" or "max 100000"
  const size_t space = limit.find(' ');
  return space == std::string::npos ? 0 : whole_cpus(limit, limit.substr(space));
}

int legacy_limit(const std::string& group) {
  return whole_cpus(read_file(group + "/cpu.cfs_quota_us"), read_file(group + "/cpu.cfs_period_us"));
}

int smaller_limit(int a, int b) { return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b); }

// The limits of the group at mount + path and of all groups above it. In a container the path may be the host's, of
// which only the root is mounted: groups that are not there have no limit.
int limit_upwards(const std::string& mount, std::string path, int (*limit_of)(const std::string&)) {
  int limit = 0;
  for (;;) {
    while (!path.empty() && path.back() == '/') path.pop_back();
    limit = smaller_limit(limit, limit_of(mount + path));
    if (path.empty()) return limit;
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
}

// One of the comma-separated controllers of a v1 line.
bool names_cpu(const std::string& controllers) { return ("," + controllers + ",").find(",cpu,") != std::string::npos; }

}  // namespace

int cgroup_cpus(const std::string& root) {
  const std::string groups = read_file(root + "/proc/self/cgroup");
  int limit = 0;
  for (size_t begin = 0; begin < groups.size();) {
    const size_t end = std::min(groups.find('\n', begin), groups.size());
    const std::string line = groups.substr(begin, end - begin);  // hierarchy:controllers:path
    begin = end + 1;
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      limit = smaller_limit(limit, limit_upwards(root + "/sys/fs/cgroup", path, unified_limit));
    } else if (names_cpu(controllers)) {
      limit = smaller_limit(limit, limit_upwards(root + "/sys/fs/cgroup/" + controllers, path, legacy_limit));
      limit = smaller_limit(limit, limit_upwards(root + "/sys/fs/cgroup/cpu", path, legacy_limit));
    }
  }
  return limit;
}

int affinity_cpus() {
#if defined(__linux__)
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 4) {
    cpu_set_t* set = CPU_ALLOC(cpus);
    if (set == nullptr) break;
    const size_t bytes = CPU_ALLOC_SIZE(cpus);
    const int count = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (count > 0) return std::min(count, kMaxThreads);
  }
#endif
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMaxThreads);
}

Status parse_threads(const char* text, int& threads) {
  threads = std::max(1, smaller_limit(affinity_cpus(), cgroup_cpus()));
  if (text == nullptr || *text == '\0') return {};
  char* end = nullptr;
  const long count = std::strtol(text, &end, 10);
  const bool digits = *text >= '0' && *text <= '9' && *end == '\0';
  if (!digits || count < 1 || count > kMaxThreads) {
    return {ErrorCode::value, "ATTN_THREADS must be a whole number 1…" + std::to_string(kMaxThreads) + ", got \"" +
                                  std::string(text) + "\""};
  }
  threads = static_cast<int>(count);
  return {};
}

namespace {

struct Environment {
  int threads;
  Status status;
  Environment() : threads(1), status(parse_threads(std::getenv("ATTN_THREADS"), threads)) {}
};

const Environment& environment() {
  static const Environment* const once = new Environment;  // never destroyed, see selection()
  return *once;
}

}  // namespace

int default_threads() { return environment().threads; }
Status threads_status() { return environment().status; }

}  // namespace attn
