// The only two clocks of komainu. Decisions count from boot_now(), which the loop and the guard's
// timers call once per wake-up and hand in from there; wall-clock time goes into logs and
// incarnations and decides nothing, since anybody may set it.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace komainu {

/// CLOCK_BOOTTIME. Only the loop and the guard's timers call it.
Instant boot_now();

/// Milliseconds since 1970 (CLOCK_REALTIME).
std::uint64_t wall_clock_ms();

}  // namespace komainu
