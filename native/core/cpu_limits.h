// How many CPUs this process may keep busy: its affinity, the quota of its control groups, and ATTN_THREADS.
#pragma once

#include <cstdint>
#include <string>

#include "attn/status.h"

namespace attn {

inline constexpr int kMaxThreads = 1024;

// Whole CPUs the quota of the process's control groups pays for, rounded down but at least 1; 0 when there is no quota.
// `root` is put in front of every path (tests).
int cgroup_cpus(const std::string& root = "");

// CPUs the scheduler may place this process on.
int affinity_cpus();

// The smaller of both, and what text (the value of ATTN_THREADS, or null) says instead.
Status parse_threads(const char* text, int& threads);

// Read once: later changes of the environment have no effect. threads_status in attn/attn.h reports a bad ATTN_THREADS.
int default_threads();

}  // namespace attn
