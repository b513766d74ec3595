// The only clocks of komainu. Decisions count from boot_now(), which the loop calls once per
// wake-up and hands in from there. Two are not content with that reading: the guard's timers, and
// the hearing of a datagram, which must not be dated back. Wall-clock time goes into logs and
// incarnations and decides nothing, since anybody may set it. The third is systemd's.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace komainu {

/// CLOCK_BOOTTIME. The loop, the guard's timers and the hearing of datagrams call it.
Instant boot_now();

/// Milliseconds since 1970 (CLOCK_REALTIME).
std::uint64_t wall_clock_ms();

/// Microseconds of CLOCK_MONOTONIC, by which systemd dates what it is told.
std::uint64_t monotonic_us();

}  // namespace komainu
