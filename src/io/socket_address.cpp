#include "io/socket_address.h"

#include <arpa/inet.h>

#include <cstring>

#include "base/assert.h"

namespace komainu {

SocketAddress::SocketAddress(const Endpoint& endpoint, std::uint32_t interface_index) : ipv6{} {
    const auto& [address, port] = endpoint;
    if (address.is_ipv4()) {
        ipv4.sin_family = AF_INET;
        ipv4.sin_port = htons(port);
        std::memcpy(&ipv4.sin_addr, address.bytes.data(), address.size());
    } else {
        ipv6.sin6_family = AF_INET6;
        ipv6.sin6_port = htons(port);
        ipv6.sin6_scope_id = interface_index;
        std::memcpy(&ipv6.sin6_addr, address.bytes.data(), address.size());
    }
}

Endpoint SocketAddress::endpoint() const {
    KOMAINU_ASSERT(generic.sa_family == AF_INET || generic.sa_family == AF_INET6);
    Endpoint endpoint;
    auto& [address, port] = endpoint;
    if (generic.sa_family == AF_INET) {
        port = ntohs(ipv4.sin_port);
        std::memcpy(address.bytes.data(), &ipv4.sin_addr, sizeof ipv4.sin_addr);
    } else {
        address.family = Family::ipv6;
        port = ntohs(ipv6.sin6_port);
        std::memcpy(address.bytes.data(), &ipv6.sin6_addr, sizeof ipv6.sin6_addr);
    }
    return endpoint;
}

}  // namespace komainu
