// Hears the frames of the LAN that may claim an address. It is not bound to an interface, so that
// none that comes, goes or is made anew is missed; whoever asks is told where a frame came in.
//
// Of the kernel's two places for listening this is the one behind a tc ingress filter and behind
// bridge, bond and VLAN: the one where the host itself hears ARP and NDP. It never hears what
// leaves.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/fd.h"
#include "base/result.h"
#include "packet/bytes.h"
#include "packet/claim_filter.h"

namespace komainu {

class ClaimSocket {
public:
    /// What one look reads at most, so that a flood cannot hold the caller.
    static constexpr std::size_t frames_per_look_max = 32;
    /// What the kernel keeps for us; under a flood it drops the rest.
    static constexpr int receive_bytes = 64 << 10;

    /// ARP or IPv6, filtered from the first frame on. Needs CAP_NET_RAW.
    static Result<ClaimSocket> open(Family family, std::span<const IpAddress> addresses);

    int fd() const { return fd_.get(); }  ///< to be watched for EPOLLIN

    enum class Left : std::uint8_t { nothing, maybe_more };
    using Heard = std::function<void(int interface_index, Bytes frame)>;

    /// Hands over the frames that are waiting, without frames of promiscuous mode that were for
    /// others. A socket that has an error has maybe more.
    Left look(const Heard& heard);

private:
    explicit ClaimSocket(Fd fd) : fd_(std::move(fd)) {}

    Fd fd_;
};

}  // namespace komainu
