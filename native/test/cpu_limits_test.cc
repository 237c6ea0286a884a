#include "core/cpu_limits.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "test/harness.h"

namespace attn::test {
namespace {

// A root directory with made-up control groups.
class FakeRoot {
 public:
  FakeRoot() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cgroups-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : std::string();
  }
  ~FakeRoot() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  FakeRoot& with(const std::string& file, const std::string& text) {
    const std::filesystem::path full = path_ + "/" + file;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
    return *this;
  }
  int cpus() const { return cgroup_cpus(path_); }

 private:
  std::string path_;
};

void expect_cpus(const FakeRoot& root, int expected, const std::string& what) {
  const int cpus = root.cpus();
  expect(cpus == expected, what + ": " + std::to_string(cpus) + " CPUs, expected " + std::to_string(expected));
}

void unified_groups() {
  expect_cpus(FakeRoot(), 0, "no groups at all");
  expect_cpus(FakeRoot().with("proc/self/cgroup", "0::/\n").with("sys/fs/cgroup/cpu.max", "max 100000\n"), 0, "max");
  expect_cpus(FakeRoot().with("proc/self/cgroup", "0::/\n").with("sys/fs/cgroup/cpu.max", "250000 100000\n"), 2,
              "2.5 CPUs");
  expect_cpus(FakeRoot().with("proc/self/cgroup", "0::/\n").with("sys/fs/cgroup/cpu.max", "50000 100000\n"), 1,
              "half a CPU");
  expect_cpus(FakeRoot()
                  .with("proc/self/cgroup", "0::/a/b\n")
                  .with("sys/fs/cgroup/a/b/cpu.max", "800000 100000\n")
                  .with("sys/fs/cgroup/a/cpu.max", "300000 100000\n"),
              3, "the group above allows less");
  expect_cpus(FakeRoot().with("proc/self/cgroup", "0::/not/mounted\n").with("sys/fs/cgroup/cpu.max", "400000 100000"),
              4, "only the root of the groups is mounted");
  expect_cpus(FakeRoot().with("proc/self/cgroup", "0::/\n").with("sys/fs/cgroup/cpu.max", "nonsense"), 0, "nonsense");
}

void legacy_groups() {
  const std::string lines = "12:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n3:cpuset:/docker/x\n0::/\n";
  expect_cpus(FakeRoot()
                  .with("proc/self/cgroup", lines)
                  .with("sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us", "350000\n")
                  .with("sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us", "100000\n"),
              3, "quota of the own group");
  expect_cpus(FakeRoot()
                  .with("proc/self/cgroup", lines)
                  .with("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n")
                  .with("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
              2, "mounted as cpu, root only");
  expect_cpus(FakeRoot()
                  .with("proc/self/cgroup", lines)
                  .with("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n")
                  .with("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
              0, "no quota");
  expect_cpus(FakeRoot().with("proc/self/cgroup", "no colons\n\n:\n4:cpu:"), 0, "damaged lines");
}

void environment_variable() {
  int threads = 0;
  expect(parse_threads(nullptr, threads).is_ok() && threads >= 1 && threads <= affinity_cpus(), "absent");
  expect(parse_threads("", threads).is_ok(), "empty");
  expect(parse_threads("7", threads).is_ok() && threads == 7, "7");
  expect(parse_threads("1024", threads).is_ok() && threads == 1024, "1024");
  for (const char* bad : {"0", "1025", "-1", "+2", " 2", "2 ", "two", "1.5", "0x10", "99999999999999999999"}) {
    const Status status = parse_threads(bad, threads);
    expect(status.code() == ErrorCode::value, std::string("\"") + bad + "\" is accepted");
    expect(status.message().find(bad) != std::string::npos, "the message does not show the value");
    expect(threads >= 1, "a bad value leaves no threads");
  }
}

}  // namespace

Tests cpu_limits_tests() {
  static const Test rows[] = {
      {"limits: control groups v2", unified_groups},
      {"limits: control groups v1", legacy_groups},
      {"limits: ATTN_THREADS", environment_variable},
  };
  return list(rows);
}

}  // namespace attn::test
