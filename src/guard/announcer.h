// When each VIP is announced, and as which frames. Decides by the instants that it is given and
// sends nothing itself.
//
// Each VIP has its own place in its schedule: first at once, then a few repeats (a switch that is
// still learning, a neighbour that was busy), then from time to time for as long as it is held, as
// switches forget hardware addresses that they see no traffic from.
//
// One turn gives a bounded batch, and the deadline then is one millisecond later, so that
// announcing a thousand VIPs delays nothing else and does not flood the network at once: RFC 4861
// section 7.2.6 asks for a small delay between the advertisements of several addresses, too.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "base/static_vector.h"
#include "base/time.h"
#include "conf/config.h"
#include "guard/former_places.h"
#include "packet/arp.h"
#include "packet/frame_socket.h"
#include "packet/ndp.h"

namespace komainu {

class Announcer {
public:
    static constexpr std::size_t turns_max = 32;  ///< of at most two frames each
    using Turns = StaticVector<std::size_t, turns_max>;

    explicit Announcer(const Config& config);

    /// The VIP appears on its interface, or anew under another hardware address or on another
    /// cable: what was sent before does not count any more. Its first turn is at once.
    void start(std::size_t vip, Instant now);

    /// Once more from the beginning, though not sooner after the last announcement than the
    /// protocols allow.
    void repeat(std::size_t vip, Instant now);

    /// One announcement, by then at the latest and not sooner than the protocols allow. The
    /// schedule goes on from it.
    void once(std::size_t vip, Instant by);

    void stop();

    /// Other VIPs from now on: those that stay go on in their schedules.
    void change_to(const Config& config, const FormerPlaces& former);

    /// When turns() has something to give; nothing when nothing is held.
    std::optional<Instant> deadline() const;

    /// The VIPs whose turn it is; each moves on in its schedule.
    Turns take_turns(Instant now);

private:
    struct Place {
        Family family = Family::ipv4;
        std::size_t sent = 0;         ///< how many times since the beginning
        std::optional<Instant> last;  ///< when it had its last turn
        std::optional<Instant> next;  ///< when it has its next turn; unset when not held
    };

    std::vector<Place> places_;
    std::optional<Instant> pause_until_;  ///< moves when a turn gave as much as it may
};

/// The frames that announce one VIP: request and reply form for IPv4, one advertisement for IPv6.
class AnnouncementFrames {
public:
    AnnouncementFrames(const IpAddress& vip, const MacAddress& mac, int interface_index,
                       Forwarding forwarding);

    std::size_t size() const { return vip_.is_ipv4() ? 2 : 1; }
    /// The frame's bytes live in this object.
    OutgoingFrame operator[](std::size_t i) const;

private:
    IpAddress vip_;
    int interface_index_;
    std::array<ArpFrame, 2> arp_{};
    AdvertisementFrame advertisement_{};
};

}  // namespace komainu
