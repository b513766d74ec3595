#include "io/echo_socket.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <sys/socket.h>

#include <cerrno>

#include "io/socket_address.h"

namespace komainu {

namespace {

int domain_of(Family family) { return family == Family::ipv4 ? AF_INET : AF_INET6; }

Fd open_socket(Family family, int type) {
    const int protocol = family == Family::ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    return Fd(::socket(domain_of(family), type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
}

// Nothing but echo replies (raw(7), RFC 3542 section 3.2).
bool pass_replies_only(const Fd& socket, Family family) {
    if (family == Family::ipv4) {
        const icmp_filter blocked{~(1u << ICMP_ECHOREPLY)};
        return setsockopt(socket.get(), SOL_RAW, ICMP_FILTER, &blocked, sizeof blocked) == 0;
    }
    icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    return setsockopt(socket.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter) == 0;
}

}  // namespace

Result<EchoSocket> EchoSocket::open(Family family) {
    if (Fd socket = open_socket(family, SOCK_DGRAM); socket)
        return EchoSocket(std::move(socket), family, false);
    Fd socket = open_socket(family, SOCK_RAW);
    if (!socket)
        return Error::from_errno(
            "cannot open a socket to ping the trusted servers: neither CAP_NET_RAW nor the sysctl "
            "net.ipv4.ping_group_range permits it",
            errno);
    if (!pass_replies_only(socket, family))
        return Error::from_errno("cannot filter the replies of the trusted servers", errno);
    return EchoSocket(std::move(socket), family, true);
}

void EchoSocket::send(const IpAddress& to, std::span<const std::byte> message) {
    const SocketAddress address(Endpoint{to, 0});
    ::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL, &address.generic,
             address.size());
}

/// Empty when nothing is waiting. An error that a read reports is no datagram, and not the end.
std::span<const std::byte> EchoSocket::receive_one(std::span<std::byte> room, IpAddress& source) {
    SocketAddress from;
    socklen_t bytes = sizeof from;
    const auto length =
        ::recvfrom(socket_.get(), room.data(), room.size(), 0, &from.generic, &bytes);
    if (length <= 0 || from.generic.sa_family != domain_of(family_)) return {};
    source = from.endpoint().address;
    return room.first(static_cast<std::size_t>(length));
}

}  // namespace komainu
