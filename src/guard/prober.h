// Asks the LAN whether anybody answers for the VIPs, by a few probes of each, and collects who
// does. Decides by the instants that it is given and sends nothing itself.
//
// RFC 5227 section 2.1.1 has a host without any other knowledge wait up to PROBE_WAIT (1 s), send
// PROBE_NUM (3) probes PROBE_MIN to PROBE_MAX (1 to 2 s) apart, and listen for ANNOUNCE_WAIT (2 s)
// more, lest a rack that is switched on speaks all at once and a slow link is misjudged. Here the
// number is the same and the times are shorter: among the nodes of a cluster not the probes but
// votes decide who takes the address, so they need to find only strangers, who answer within a
// round trip of the LAN; and a stranger who was missed is met by RivalWatch. For the same reason
// a probe or solicitation from another is no conflict (against sections 2.1.1 of RFC 5227 and
// 5.4.3 of RFC 4862): nodes that start together ask for the same addresses.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/static_vector.h"
#include "base/time.h"
#include "guard/orders.h"
#include "packet/arp.h"
#include "packet/frame_socket.h"
#include "packet/ndp.h"

namespace komainu {

class Prober {
public:
    static constexpr int rounds = 3;                  ///< PROBE_NUM
    static constexpr Duration between_rounds = 60ms;  ///< for PROBE_MIN to PROBE_MAX
    static constexpr Duration listens_after = 80ms;   ///< for ANNOUNCE_WAIT
    static constexpr Duration between_batches = 1ms;  ///< of one round
    static constexpr std::size_t turns_max = 32;      ///< a batch
    static constexpr std::size_t orders_max = 4;      ///< that wait, the running one included
    using Turns = StaticVector<std::size_t, turns_max>;

    explicit Prober(std::size_t vips) : could_not_(vips), found_(vips) {}

    /// Probes all VIPs once for this order, after those that were ordered before. False when too
    /// many wait.
    bool ask(std::uint64_t id, Instant now);

    /// Other VIPs from now on: who is being asked is asked anew.
    void change_to(std::size_t vips, Instant now);

    /// When take_turns() or take_report() has something to give; nothing when nobody asks.
    std::optional<Instant> deadline() const;

    /// The VIPs to be probed now.
    Turns take_turns(Instant now);
    /// Nobody can be asked for the VIP: its interface has no carrier, or no Ethernet.
    void could_not(std::size_t vip) { could_not_[vip] = true; }
    /// Somebody claims the VIP, which is an answer while one is asked for.
    void heard(std::size_t vip, const MacAddress& mac);

    /// The answer to an order, once its time is over.
    std::optional<ProbeReport> take_report(Instant now);

private:
    void begin(Instant now);

    std::deque<std::uint64_t> orders_;  ///< the running one first
    int round_ = 0;                ///< that is being sent, or to be sent; `rounds` when all were
    std::size_t next_vip_ = 0;     ///< of the round
    Instant next_at_;              ///< the next batch or, after the last round, the end
    std::vector<bool> could_not_;  ///< by VIP
    std::vector<std::optional<MacAddress>> found_;  ///< by VIP, the first who answered
};

/// The frame that asks for one VIP.
class ProbeFrame {
public:
    ProbeFrame(const IpAddress& vip, const MacAddress& mac, int interface_index);

    /// The frame's bytes live in this object.
    OutgoingFrame frame() const;

private:
    bool is_ipv4_;
    int interface_index_;
    ArpFrame arp_{};
    SolicitationFrame solicitation_{};
};

}  // namespace komainu
