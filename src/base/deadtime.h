// A deadtime: its bounds, in the configuration and on the wire, and what of it is left for a lease.
#pragma once

#include "base/time.h"

namespace komainu {

inline constexpr Duration deadtime_min = 20ms;
inline constexpr Duration deadtime_max = 60min;

/// In which the guard wakes up and has removed the addresses.
constexpr Duration removal_of(std::size_t vips) { return 2ms + vips * Duration{50us}; }

/// How long a lease lasts that stands on a promise, both counted from the sending of what was
/// acknowledged. It ends earlier by clocks whose rates differ by 1 % (a sixteenth is spared), and
/// by the removal.
constexpr Duration lease_span(Duration promise, Duration removal) {
    return promise - promise / 16 - removal;
}

}  // namespace komainu
