// Somebody on the LAN who may send whatever he likes, in whoever's name, as fast as he can.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "test/lab/capture.h"
#include "test/lab/network.h"

namespace komainu::lab {

inline constexpr std::uint16_t heartbeat_port = 9694;

using Payload = std::vector<std::byte>;

/// What is sent over UDP and IPv4 between the heartbeat ports.
struct Datagram {
    IpAddress sender;
    Payload payload;
};

/// 1 heartbeat, 2 vote request, 3 vote, 4 release, 5 switchover request (packet/datagram.h).
int type_of(const Datagram& datagram);

std::vector<Datagram> datagrams_of(const std::vector<Frame>& frames);

/// A datagram and whom it goes to.
struct Shot {
    Datagram datagram;
    IpAddress to;
};

class Attacker {
public:
    explicit Attacker(const Host& host);

    void send(const Datagram& datagram, const Host& to) const;

    /// Shoots them one after the other, again and again, so many a second (0: as fast as it goes),
    /// until it is stopped. Returns how many were sent.
    std::uint64_t flood(const std::stop_token& stop, std::span<const Shot> shots,
                        std::uint64_t a_second) const;

private:
    Fd socket_;
};

}  // namespace komainu::lab
