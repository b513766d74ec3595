// What a core is told once, at its start. The same on every node, but for self, incarnation and
// seed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/quorum_rule.h"
#include "base/time.h"

namespace komainu {

struct Member {
    NodeId id = no_node;
    std::uint16_t priority = 100;
    bool witness = false;
};

struct Settings {
    NodeId self = no_node;
    Incarnation incarnation = no_incarnation;
    std::vector<Member> members;  ///< all nodes, this one included
    QuorumRule quorum = QuorumRule::majority;
    QuorumLoss on_quorum_loss = QuorumLoss::release;
    Duration interval = 100ms;
    Duration deadtime = 500ms;
    /// For how long a standby of a higher priority than the active's waits before it asks for the
    /// VIPs; unset: it does not.
    std::optional<Duration> preempt_after = {};
    Duration lease_margin = 12ms;  ///< by how much a lease ends before the promises behind it
    std::uint64_t seed = 1;        ///< for the spreading of candidacies

    /// How long a lease lasts after the sending of what was acknowledged.
    Duration lease_span() const { return deadtime - lease_margin; }
};

/// The margin covers clocks whose rates differ by 1 %, and the time in which the guard wakes up and
/// removes the addresses: a sixteenth of the deadtime, 2 ms, and 50 us for each address.
constexpr Duration lease_margin(Duration deadtime, std::size_t vips) {
    return deadtime / 16 + 2ms + vips * Duration{50us};
}

}  // namespace komainu
