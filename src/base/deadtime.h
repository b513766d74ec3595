// A deadtime: its bounds, in the configuration and on the wire, and what of it is left for a lease.
#pragma once

#include "base/time.h"

namespace komainu {

inline constexpr Duration deadtime_min = 20ms;
inline constexpr Duration deadtime_max = 60min;

/// In which the guard wakes up and has removed the addresses. It may just have been busy with as
/// many addresses, routes and rules as it has in its hands.
constexpr Duration removal_of(std::size_t in_its_hands) {
    return 2ms + in_its_hands * Duration{50us};
}

/// How long a lease lasts that stands on a promise, both counted from the sending of what was
/// acknowledged. It ends earlier by clocks whose rates differ by 1 % (a sixteenth is spared), and
/// by the removal.
constexpr Duration lease_span(Duration promise, Duration removal) {
    return promise - promise / 16 - removal;
}

}  // namespace komainu
