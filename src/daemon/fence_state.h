// The fence as main knows it: for the status, and for the fitness where it is required.
#pragma once

#include <string>

#include "guard/fence.h"

namespace komainu {

struct FenceState {
    FenceMode mode = FenceMode::off;
    std::string trouble;           ///< why it is not there, or not everywhere; empty when it stands
    SharedFenceCounters counters;  ///< null where nothing is loaded

    /// It stands on every interface that carries VIPs.
    bool is_armed() const { return counters && trouble.empty(); }
};

}  // namespace komainu
