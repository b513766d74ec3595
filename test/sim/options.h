// What a simulated cluster is like.
#pragma once

#include <optional>
#include <vector>

#include "core/settings.h"
#include "test/sim/network.h"

namespace komainu::sim {

struct Options {
    std::vector<Member> members;
    QuorumRule quorum = QuorumRule::majority;
    QuorumLoss on_quorum_loss = QuorumLoss::release;
    Duration interval = 10ms;
    Duration deadtime = 40ms;
    bool short_at_first = false;  ///< the nodes begin with half of these times
    std::optional<Duration> preempt_after = {};
    std::uint64_t seed = 1;
    Noise noise;
    int drift_ppm = 0;                  ///< each clock's rate is off by up to this, either way
    bool extreme_drift = false;         ///< by exactly this, either way
    bool fence = true;                  ///< the filter that reads the lease page is there
    Duration kernel_takes = 100us;      ///< from an order to the kernel's acknowledgement
    Duration kernel_takes_max = 100us;  ///< when somebody makes it slow
    Duration guard_oversleep = 500us;   ///< how late a guard's timer may fire, at most
    Duration main_oversleep{};          ///< and main's
    Duration probe_time = 200ms;        ///< from a question to the arbiter to its answer
    bool told = true;                   ///< keeps a story

    /// Whether there are never two holders (promise P1). The other rules do their best.
    bool promises_one_holder() const {
        return quorum == QuorumRule::majority && on_quorum_loss == QuorumLoss::release;
    }
};

/// Members 1 to n with the same priority.
std::vector<Member> members(int n);

}  // namespace komainu::sim
