// Counting, and nothing else.
#pragma once

#include <optional>
#include <span>

#include "base/ids.h"
#include "base/quorum_rule.h"
#include "base/time.h"

namespace komainu {

/// How many votes, one's own included, an active needs among so many members.
constexpr int votes_needed(QuorumRule rule, int members) {
    switch (rule) {
        case QuorumRule::majority:
        case QuorumRule::half:
            return members / 2 + 1;
        case QuorumRule::none:
            return 1;
    }
    return members;
}

/// How many are enough when the arbiter agrees. With an odd number exactly half does not exist.
constexpr int votes_needed_with_arbiter(QuorumRule rule, int members) {
    return rule == QuorumRule::half ? (members + 1) / 2 : votes_needed(rule, members);
}

/// The newest instant that at least `count` of the given ones have reached: the count-th largest.
/// Nothing when there are not that many. Reorders what it is given. `count` is at least 1.
std::optional<Instant> reached_by(std::span<Instant> instants, int count);

}  // namespace komainu
