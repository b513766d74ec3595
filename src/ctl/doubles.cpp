#include "ctl/doubles.h"

#include <poll.h>

#include <algorithm>
#include <chrono>

#include "io/host_view.h"
#include "packet/arp.h"
#include "packet/claim_socket.h"
#include "packet/frame_socket.h"
#include "packet/ndp.h"
#include "packet/neighbor_claim.h"

namespace komainu {

namespace {

using WaitClock = std::chrono::steady_clock;

class Search {
public:
    Search(const std::vector<LocalAddress>& addresses, const std::vector<MacAddress>& own,
           Family family)
        : own_(own) {
        for (const auto& mine : addresses)
            if (mine.address.address.family == family)
                if (const auto hardware = look_at_hardware(mine.interface))
                    asked_.push_back({mine.address.address, *hardware});
        for (const auto& one : asked_) addresses_.push_back(one.address);
    }

    Status begin(Family family) {
        if (asked_.empty()) return Ok{};
        auto ears = ClaimSocket::open(family, addresses_);
        if (!ears) return ears.error();
        ears_ = std::move(*ears);
        auto mouth = FrameSocket::open();
        if (!mouth) return mouth.error();
        for (const auto& one : asked_) ask(*mouth, one);
        return Ok{};
    }

    void listen(WaitClock::time_point until, std::map<IpAddress, MacAddress>& found) {
        while (ears_) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(until - WaitClock::now()).count();
            pollfd ready{ears_->fd(), POLLIN, 0};
            if (left <= 0 || poll(&ready, 1, static_cast<int>(left)) <= 0) return;
            ears_->look([&](int, Bytes frame) { hear(frame, found); });
        }
    }

private:
    struct Asked {
        IpAddress address;
        HardwareView hardware;
    };

    static void ask(FrameSocket& mouth, const Asked& one) {
        if (one.address.is_ipv4()) {
            const auto probe = arp_probe(one.hardware.mac, one.address);
            const OutgoingFrame frame{one.hardware.index, probe};
            mouth.send({&frame, 1});
        } else {
            const auto probe = neighbor_probe(one.hardware.mac, one.address);
            const OutgoingFrame frame{one.hardware.index, probe};
            mouth.send({&frame, 1});
        }
    }

    void hear(Bytes frame, std::map<IpAddress, MacAddress>& found) const {
        const auto claim = read_claim(frame);
        if (!claim) return;
        // Its own interfaces may be on one LAN, or joined by a bridge, and Linux answers by each of
        // them for the addresses of all.
        const bool own = std::ranges::count(own_, claim->mac) > 0;
        if (!own && std::ranges::count(addresses_, claim->address) > 0)
            found[claim->address] = claim->mac;
    }

    std::vector<Asked> asked_;
    const std::vector<MacAddress>& own_;
    std::vector<IpAddress> addresses_;
    std::optional<ClaimSocket> ears_;
};

}  // namespace

Result<std::map<IpAddress, MacAddress>> find_doubles(const std::vector<LocalAddress>& addresses,
                                                     Duration patience) {
    std::map<IpAddress, MacAddress> found;
    const auto until = WaitClock::now() + patience;
    const auto own = own_hardware_addresses();
    Search by_arp(addresses, own, Family::ipv4);
    Search by_ndp(addresses, own, Family::ipv6);
    if (const auto begun = by_arp.begin(Family::ipv4); !begun) return begun.error();
    if (const auto begun = by_ndp.begin(Family::ipv6); !begun) return begun.error();
    by_arp.listen(until, found);
    // What came meanwhile waits there.
    by_ndp.listen(std::max(until, WaitClock::now() + std::chrono::milliseconds{10}), found);
    return found;
}

}  // namespace komainu
