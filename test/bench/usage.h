// What a process uses, as /proc tells it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace komainu::bench {

/// Time on a processor, in user and kernel mode, of a process with one thread.
std::optional<Duration> processor_time(pid_t);

/// How often it went to sleep by its own will: for an event loop, its wake-ups.
std::optional<std::uint64_t> wake_ups(pid_t);

/// Memory, with what it shares with others counted in proportion.
std::optional<std::uint64_t> proportional_bytes(pid_t);

}  // namespace komainu::bench
