// Whether a starting node must not become active because somebody who is no active of its cluster
// answers for a VIP. The guard asks the LAN while the node is in quarantine; our own active answers
// like a stranger, so an answer counts only if no active was heard by the end of the quarantine. A
// node that has once followed an active, or found nobody, is never held up again: a takeover from a
// dead active asks nobody.
#pragma once

#include <optional>
#include <string>

#include "conf/config.h"
#include "guard/orders.h"

namespace komainu {

/// What is under way at the start.
struct StartProbe {
    std::uint64_t probe = 0;  ///< the one whose answer counts
    std::optional<ProbeReport> probed;
    bool conflict_said = false;
};

/// What a starting node knows.
struct StartSituation {
    bool quarantined = true;
    bool follows = false;               ///< another is active
    bool all_carriers_up = false;       ///< of the interfaces that carry VIPs
    std::optional<ProbeReport> probed;  ///< the newest
};

enum class StartVerdict : std::uint8_t {
    undecided,
    free,      ///< nothing is in the way, now and later
    conflict,  ///< a stranger has a VIP
};

StartVerdict verdict_on(const StartSituation& situation);

/// "vip.main: 02:00:00:00:00:99 answers for 10.77.0.100 on eth0, and is no active of this cluster",
/// of a report with at least one rival.
std::string conflict_sentence(const Config& config, const ProbeReport& probed);

}  // namespace komainu
