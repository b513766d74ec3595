// What has come from each peer by each link, whether it was believed or not: so that an operator
// who asks why a node is not heard is told whether nothing comes, or what is wrong with what does.
// Nothing is decided by it, since anybody can send a recording of what was genuine once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "conf/config.h"
#include "core/message.h"

namespace komainu {

class Arrivals {
public:
    struct OfLink {
        std::uint64_t genuine = 0;
        std::optional<Instant> genuine_at;  ///< the newest
        std::uint64_t refused = 0;          ///< from the peer's address
        std::optional<Instant> refused_at;  ///< the newest
        std::string_view why;               ///< of that one, as the status says it
    };
    struct OfPeer {
        std::array<OfLink, links_max> links;
        std::optional<NodeSet> hears;  ///< as its newest heartbeat says
    };

    explicit Arrivals(std::size_t peers) : peers_(peers) {}

    void enter(std::size_t peer, std::size_t link, const Message& message, Instant now) {
        OfLink& of = peers_[peer].links[link];
        ++of.genuine;
        of.genuine_at = now;
        const auto* heartbeat = std::get_if<Heartbeat>(&message);
        if (!heartbeat) return;
        NodeSet hears;
        for (const Echo& echo : heartbeat->echoes) hears.insert(echo.peer);
        peers_[peer].hears = hears;
    }

    void refuse(std::size_t peer, std::size_t link, std::string_view why, Instant now) {
        OfLink& of = peers_[peer].links[link];
        ++of.refused;
        of.refused_at = now;
        of.why = why;
    }

    const OfPeer& of(std::size_t peer) const { return peers_[peer]; }

private:
    std::vector<OfPeer> peers_;
};

}  // namespace komainu
