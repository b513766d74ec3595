// What is known of rivals: others on the LAN who claim a VIP while it is held here. Decides when to
// answer one by an announcement and when to tell of it, by the instants that it is given.
//
// RFC 5227 section 2.4 leaves three ways. A lease holder takes (c): it knows that the address is
// its own, so it defends it for as long as the lease stands. Where (c) would be silent towards a
// rival who claims again within DEFEND_INTERVAL, so that the rival's word stays the last one, this
// answers once more, after a pause that doubles from one second up to DEFEND_INTERVAL: both sides
// together never send more than an announcement in ten seconds for long.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "base/static_vector.h"
#include "base/time.h"
#include "guard/former_places.h"

namespace komainu {

class RivalWatch {
public:
    static constexpr Duration defend_interval = 10s;  ///< DEFEND_INTERVAL, RFC 5227 section 1.1
    static constexpr Duration first_pause = 1s;       ///< after a first defence
    static constexpr Duration between_reports = 1s;   ///< of one VIP
    static constexpr std::size_t reports_per_turn_max = 32;

    explicit RivalWatch(std::size_t vips) : rivals_(vips) {}

    /// A rival claims the VIP. When to announce it: now, or later.
    Instant heard(std::size_t vip, const MacAddress& mac, Instant now);

    /// What was heard of one VIP since it was last reported.
    struct Claims {
        std::size_t vip = 0;
        MacAddress mac;  ///< of the newest
        std::uint32_t times = 0;
    };
    using Reports = StaticVector<Claims, reports_per_turn_max>;

    /// When take_reports() has something to give.
    std::optional<Instant> deadline() const { return report_at_; }
    Reports take_reports(Instant now);

    /// The VIPs are not held any more.
    void forget();

    /// Other VIPs from now on.
    void change_to(const FormerPlaces& former) { rivals_ = rearranged(std::move(rivals_), former); }

private:
    struct Rival {
        std::optional<Instant> claimed_at;  ///< the newest claim
        Instant defended_at;                ///< the newest defence, which may be yet to come
        Duration pause = first_pause;       ///< from that to the next
        MacAddress mac;
        std::uint32_t unreported = 0;
        Instant report_not_before;
    };

    std::vector<Rival> rivals_;         ///< by VIP
    std::optional<Instant> report_at_;  ///< the earliest that is due
};

}  // namespace komainu
