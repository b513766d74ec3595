// Time as komainu knows it: nanoseconds of CLOCK_BOOTTIME, which goes on while a machine is
// suspended and which nobody can set. The clock has no now() on purpose: the loop reads the time
// once per wake-up (io/clock.h) and hands it in, so that every decision of one wake-up is made at
// one instant and the core can be run in virtual time.
#pragma once

#include <chrono>

namespace komainu {

using Duration = std::chrono::nanoseconds;

struct BootClock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<BootClock, Duration>;
    static constexpr bool is_steady = true;
};

using Instant = BootClock::time_point;

using namespace std::chrono_literals;

/// Nanoseconds since boot, as they stand in the lease page and in log lines.
constexpr std::int64_t nanoseconds(Instant t) { return t.time_since_epoch().count(); }

}  // namespace komainu
