// How many votes an active needs (`[cluster] quorum`), and what becomes of the VIPs of one that has
// fewer (`[cluster] on_quorum_loss`).
#pragma once

#include <cstdint>

namespace komainu {

enum class QuorumRule : std::uint8_t {
    majority,  ///< more than half of all votes, witnesses included: never two holders
    /// Exactly half is enough as well, if the arbiter agrees: the trusted servers answer, and
    /// nobody answers for a VIP on the LAN. One holder is best effort then: a network that is cut
    /// so that both halves reach their trusted servers, but not each other, has two.
    half,
    none,  ///< the first started is active; a partition may have one active on each side
};

enum class QuorumLoss : std::uint8_t {
    release,  ///< the VIPs are dropped with the lease: never two holders
    /// They are kept while no other active is heard: an old holder rather than none. Two nodes may
    /// hold them then, one on each side of a cut.
    hold,
};

}  // namespace komainu
