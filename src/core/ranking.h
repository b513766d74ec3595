// Who should stand first: whose service can be reached, then the successor named by the last
// active, then the highest priority, then the earliest start, then the lowest id (the pgpool-II
// watchdog's rule, with a priority before it).
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace komainu {

struct Standing {
    NodeId id = no_node;
    std::uint16_t priority = 0;
    Incarnation incarnation = no_incarnation;
    bool successor = false;     ///< named by the last active in its release
    bool out_of_reach = false;  ///< of most nodes
};

/// Whether a goes before b.
constexpr bool goes_before(const Standing& a, const Standing& b) {
    if (a.out_of_reach != b.out_of_reach) return b.out_of_reach;
    if (a.successor != b.successor) return a.successor;
    if (a.priority != b.priority) return a.priority > b.priority;
    if (started_ms(a.incarnation) != started_ms(b.incarnation))
        return started_ms(a.incarnation) < started_ms(b.incarnation);
    return a.id < b.id;
}

}  // namespace komainu
