// How many votes an active needs (`[cluster] quorum`).
#pragma once

#include <cstdint>

namespace komainu {

enum class QuorumRule : std::uint8_t {
    majority,  ///< more than half of all votes, witnesses included: never two holders
    none,      ///< the first started is active; a partition may have one active on each side
};

}  // namespace komainu
