#include "packet/claim_socket.h"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "packet/ethernet.h"

namespace komainu {

namespace {

/// Longer ones are cut off, and then claim nothing: an advertisement has 86 bytes.
constexpr std::size_t frame_bytes_max = 1514;

// A union, so that it is passed as what the calls ask for without a cast.
union LinkAddress {
    sockaddr generic;
    sockaddr_ll link;

    LinkAddress() : link{} {}
};

Status filter(int fd, std::vector<sock_filter> program) {
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0)
        return Error::from_errno("cannot filter a packet socket", errno);
    return Ok{};
}

Status bind_to(int fd, std::uint16_t ethertype) {
    LinkAddress everywhere;
    everywhere.link.sll_family = AF_PACKET;
    Writer protocol(std::as_writable_bytes(std::span(&everywhere.link.sll_protocol, 1)));
    protocol.u16(ethertype);
    if (::bind(fd, &everywhere.generic, sizeof everywhere.link) != 0)
        return Error::from_errno("cannot listen on a packet socket", errno);
    return Ok{};
}

bool was_for_us(const sockaddr_ll& from) {
    return from.sll_pkttype == PACKET_HOST || from.sll_pkttype == PACKET_BROADCAST ||
           from.sll_pkttype == PACKET_MULTICAST;
}

}  // namespace

// A packet socket of protocol 0 hears nothing until it is bound, and then it has its filter.
Result<ClaimSocket> ClaimSocket::open(Family family, std::span<const IpAddress> addresses) {
    Fd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return Error::from_errno("cannot open a packet socket", errno);
    if (Status filtered = filter(fd.get(), claim_filter(family, addresses)); !filtered)
        return filtered.error();
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    const auto ethertype = family == Family::ipv4 ? ethertype_arp : ethertype_ipv6;
    if (Status bound = bind_to(fd.get(), ethertype); !bound) return bound.error();
    return ClaimSocket(std::move(fd));
}

ClaimSocket::Left ClaimSocket::look(const Heard& heard) {
    std::array<std::byte, frame_bytes_max> room;
    for (std::size_t i = 0; i < frames_per_look_max; ++i) {
        LinkAddress from;
        socklen_t from_bytes = sizeof from.link;
        const auto length = ::recvfrom(fd_.get(), room.data(), room.size(), MSG_DONTWAIT,
                                       &from.generic, &from_bytes);
        if (length < 0 && errno == EAGAIN) return Left::nothing;
        if (length < 0) return Left::maybe_more;
        if (was_for_us(from.link))
            heard(from.link.sll_ifindex, Bytes(room).first(static_cast<std::size_t>(length)));
    }
    return Left::maybe_more;
}

}  // namespace komainu
