// Counts what arrived and was refused, and tells the operator about it: at once the first time, at
// most once a minute after that, since anybody on the network can cause it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/time.h"
#include "packet/datagram.h"
#include "packet/hello.h"

namespace komainu {

class RefusalLog {
public:
    static constexpr Duration quiet_for = 60s;

    void refused(Refusal refusal, const Endpoint& source, Instant now);
    /// A genuine datagram with our own node id and another incarnation.
    void own_id_used(NodeId self, const Endpoint& source, Instant now);

    /// A stream, of whoever has that node's address.
    void stream_refused(StreamRefusal refusal, NodeId node, Instant now);

    std::uint64_t count(Refusal refusal) const { return tallies_[index(refusal)].count; }
    std::uint64_t own_ids() const { return own_id_.count; }  ///< with our own node id
    std::uint64_t count(StreamRefusal refusal) const {
        return of_streams_[static_cast<std::size_t>(refusal)].count;
    }

private:
    struct Tally {
        std::uint64_t count = 0;
        std::uint64_t told = 0;
        std::optional<Instant> told_at;

        /// Counts one more; whether it is time to tell.
        bool add(Instant now);
        /// How many came since the last telling.
        std::uint64_t untold();
    };
    static std::size_t index(Refusal refusal) { return static_cast<std::size_t>(refusal); }

    std::array<Tally, refusals> tallies_{};
    std::array<Tally, stream_refusals> of_streams_{};
    Tally own_id_{};
};

}  // namespace komainu
