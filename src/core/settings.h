// What a core is told once, at its start. The same on every node, but for self, incarnation and
// seed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/deadtime.h"
#include "base/ids.h"
#include "base/quorum_rule.h"
#include "base/settings_digests.h"
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
    /// For how long a promise of this node's counts: its next run, which will have forgotten it,
    /// binds itself for so long. At least the deadtime, and never lowered in a run.
    Duration remembered = 500ms;
    /// For how long a standby of a higher priority than the active's waits before it asks for the
    /// VIPs; unset: it does not.
    std::optional<Duration> preempt_after = {};
    Duration removal = 2ms;     ///< in which the guard wakes up and has removed the addresses
    SettingsDigests digests{};  ///< told to the others, and nothing else
    std::uint64_t seed = 1;     ///< for the spreading of candidacies
};

}  // namespace komainu
