#include "guard/claim_sockets.h"

#include <algorithm>

namespace komainu {

Result<std::vector<ClaimSocket>> open_claim_sockets(const Config& config) {
    std::vector<IpAddress> addresses;
    for (const VipConfig& vip : config.vips) addresses.push_back(vip.address.address);
    std::vector<ClaimSocket> sockets;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        if (std::ranges::find(addresses, family, &IpAddress::family) == addresses.end()) continue;
        auto socket = ClaimSocket::open(family, addresses);
        if (!socket) return socket.error();
        sockets.push_back(std::move(*socket));
    }
    return sockets;
}

}  // namespace komainu
