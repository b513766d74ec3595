// An Endpoint as the socket calls want it, and back.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

#include "base/address.h"

namespace komainu {

// A union, so that it is passed as what each call asks for without a cast.
union SocketAddress {
    sockaddr generic;
    sockaddr_in ipv4;
    sockaddr_in6 ipv6;

    SocketAddress() : ipv6{} {}

    /// The interface index matters for IPv6 link-local addresses and groups only.
    explicit SocketAddress(const Endpoint& endpoint, std::uint32_t interface_index = 0);

    socklen_t size() const {
        return generic.sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    }

    /// The address must be of AF_INET or AF_INET6.
    Endpoint endpoint() const;
};

}  // namespace komainu
