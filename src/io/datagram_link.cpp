#include "io/datagram_link.h"

#include <ifaddrs.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/assert.h"
#include "io/source_filter.h"

namespace komainu {

namespace {

// Some thousand heartbeats: what may arrive while a machine stands still for a second or two. The
// kernel doubles it (socket(7), SO_RCVBUF) and charges half a KiB for the smallest datagram.
constexpr int receive_buffer_bytes = 1 << 20;
constexpr int charged_bytes_min = 512;
static_assert(2 * receive_buffer_bytes / charged_bytes_min <= DatagramLink::receive_datagrams_max);
// Class selector 6, network control (RFC 4594, section 3.1): heartbeats go before data.
constexpr int network_control = IPTOS_CLASS_CS6;
// The highest that needs no capability (socket(7), SO_PRIORITY).
constexpr int send_priority = 6;

template <class Value>
bool set_option(const Fd& socket, int level, int option, const Value& value) {
    return setsockopt(socket.get(), level, option, &value, sizeof value) == 0;
}

bool is_link_local(const IpAddress& address) {
    return !address.is_ipv4() && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;
}

/// To one interface, by more than the own address.
bool is_tied(const DatagramLinkOptions& options) {
    return options.group || is_link_local(options.own);
}

bool is_ip(const sockaddr* address) {
    return address && (address->sa_family == AF_INET || address->sa_family == AF_INET6);
}

IpAddress address_of(const sockaddr* from) {
    SocketAddress address;
    if (from->sa_family == AF_INET)
        std::memcpy(&address.ipv4, from, sizeof address.ipv4);
    else
        std::memcpy(&address.ipv6, from, sizeof address.ipv6);
    return address.endpoint().address;
}

// 0 when there is none of that name. As if_nametoindex(3), which would ask by a socket of the
// family AF_UNIX; a process that has given up its privileges needs that for nothing else.
std::uint32_t index_of(std::string_view name) {
    ifreq request{};
    if (name.size() >= sizeof request.ifr_name) return 0;
    name.copy(request.ifr_name, name.size());
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket || ioctl(socket.get(), SIOCGIFINDEX, &request) != 0) return 0;
    return static_cast<std::uint32_t>(request.ifr_ifindex);
}

// The index of the interface that has the address, or 0. An IPv4 address with a label goes by the
// label in this list, "eth0:1".
std::uint32_t interface_with(const IpAddress& address) {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return 0;
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
    for (const ifaddrs* i = list; i; i = i->ifa_next) {
        if (!is_ip(i->ifa_addr) || address_of(i->ifa_addr) != address) continue;
        const std::string_view label = i->ifa_name;
        return index_of(label.substr(0, label.find(':')));
    }
    return 0;
}

Error not_an_address_of_this_host(const IpAddress& address) {
    return {to_string(address) + " is not an address of this host (or not usable yet)",
            EADDRNOTAVAIL};
}

Error bind_error(const DatagramLinkOptions& options, const Endpoint& bound, int code) {
    if (code == EADDRNOTAVAIL) return not_an_address_of_this_host(options.own);
    if (code == EADDRINUSE)
        return {to_string(bound) +
                    " is in use: another komainud with this node's address runs on this host?",
                code};
    return Error::from_errno("cannot bind to " + to_string(bound), code);
}

bool prepare_ipv4(const Fd& socket) {
    return set_option(socket, IPPROTO_IP, IP_TOS, network_control);
}

bool prepare_ipv6(const Fd& socket) {
    return set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
           set_option(socket, IPPROTO_IPV6, IPV6_TCLASS, network_control);
}

// The priority comes after IP_TOS, which sets it too. The buffer is as large as we are allowed to
// have it: beyond net.core.rmem_max takes CAP_NET_ADMIN.
bool prepare(const Fd& socket, Family family) {
    if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer_bytes))
        set_option(socket, SOL_SOCKET, SO_RCVBUF, receive_buffer_bytes);
    return (family == Family::ipv4 ? prepare_ipv4(socket) : prepare_ipv6(socket)) &&
           set_option(socket, SOL_SOCKET, SO_PRIORITY, send_priority);
}

// *_MULTICAST_ALL off: without it a socket also gets what other programs of this host have joined.
bool join_ipv4(const Fd& socket, const IpAddress& own, const IpAddress& group, int interface) {
    ip_mreqn request{};
    std::memcpy(&request.imr_multiaddr, group.bytes.data(), group.size());
    std::memcpy(&request.imr_address, own.bytes.data(), own.size());
    request.imr_ifindex = interface;
    return set_option(socket, IPPROTO_IP, IP_MULTICAST_ALL, 0) &&
           set_option(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, request) &&
           set_option(socket, IPPROTO_IP, IP_MULTICAST_IF, request) &&
           set_option(socket, IPPROTO_IP, IP_MULTICAST_TTL, 1) &&
           set_option(socket, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
}

bool join_ipv6(const Fd& socket, const IpAddress& group, int interface) {
    ipv6_mreq request{};
    std::memcpy(&request.ipv6mr_multiaddr, group.bytes.data(), group.size());
    request.ipv6mr_interface = static_cast<unsigned>(interface);
    return set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0) &&
           set_option(socket, IPPROTO_IPV6, IPV6_JOIN_GROUP, request) &&
           set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, interface) &&
           set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1) &&
           set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
}

bool join(const Fd& socket, const IpAddress& own, const IpAddress& group, int interface) {
    return own.is_ipv4() ? join_ipv4(socket, own, group, interface)
                         : join_ipv6(socket, group, interface);
}

}  // namespace

struct DatagramLink::Buffers {
    std::vector<SocketAddress> destinations;
    std::vector<mmsghdr> to_send;
    bool to_group = false;
    // The control message that names the source of a datagram to an IPv6 group.
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo))> source_control{};
    iovec sending{};

    std::array<std::array<std::byte, datagram_bytes_max>, batch_datagrams> bytes;
    std::array<iovec, batch_datagrams> places{};
    std::array<SocketAddress, batch_datagrams> sources;
    std::array<mmsghdr, batch_datagrams> to_receive{};

    DatagramCounters counters;

    void prepare_sending(const DatagramLinkOptions& options, std::uint32_t interface_index);
    void name_source(const IpAddress& own, std::uint32_t interface_index);
    void prepare_receiving();
    void count_send_error(int code);
};

void DatagramLink::Buffers::prepare_sending(const DatagramLinkOptions& options,
                                            std::uint32_t interface_index) {
    destinations.clear();
    to_group = options.group.has_value();
    if (to_group)
        destinations.emplace_back(Endpoint{*options.group, options.port}, interface_index);
    else
        for (const auto& peer : options.peers)
            destinations.emplace_back(Endpoint{peer, options.port}, interface_index);
    to_send.resize(destinations.size());
    for (std::size_t i = 0; i < destinations.size(); ++i) {
        msghdr& message = to_send[i].msg_hdr;
        message.msg_name = &destinations[i];
        message.msg_namelen = destinations[i].size();
        message.msg_iov = &sending;
        message.msg_iovlen = 1;
    }
    if (to_group && !options.own.is_ipv4()) name_source(options.own, interface_index);
}

// IPv4 takes the source address from bind() or IP_MULTICAST_IF. An IPv6 socket that is bound to a
// group would choose one by itself, perhaps a VIP, unless each datagram names it.
void DatagramLink::Buffers::name_source(const IpAddress& own, std::uint32_t interface_index) {
    cmsghdr header{};
    header.cmsg_len = CMSG_LEN(sizeof(in6_pktinfo));
    header.cmsg_level = IPPROTO_IPV6;
    header.cmsg_type = IPV6_PKTINFO;
    in6_pktinfo packet{};
    packet.ipi6_ifindex = interface_index;
    std::memcpy(&packet.ipi6_addr, own.bytes.data(), own.size());
    std::memcpy(source_control.data(), &header, sizeof header);
    std::memcpy(source_control.data() + CMSG_LEN(0), &packet, sizeof packet);
    for (mmsghdr& message : to_send) {
        message.msg_hdr.msg_control = source_control.data();
        message.msg_hdr.msg_controllen = source_control.size();
    }
}

void DatagramLink::Buffers::prepare_receiving() {
    for (std::size_t i = 0; i < batch_datagrams; ++i) {
        places[i] = {bytes[i].data(), bytes[i].size()};
        msghdr& message = to_receive[i].msg_hdr;
        message.msg_name = &sources[i];
        message.msg_iov = &places[i];
        message.msg_iovlen = 1;
    }
}

void DatagramLink::Buffers::count_send_error(int code) {
    counters.last_send_error = code;
    switch (code) {
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
        case ENODEV:
            ++counters.unreachable;
            break;
        case EPERM:
        case EACCES:
            ++counters.forbidden;
            break;
        case EAGAIN:
        case ENOBUFS:
        case ENOMEM:
            ++counters.no_room;
            break;
        default:
            ++counters.other_send_errors;
            break;
    }
}

Result<DatagramLink> DatagramLink::open(const DatagramLinkOptions& options) {
    std::uint32_t interface = 0;
    if (is_tied(options)) {
        interface = interface_with(options.own);
        if (interface == 0) return not_an_address_of_this_host(options.own);
    }
    auto socket = open_socket(options, interface);
    if (!socket) return socket.error();
    return DatagramLink(std::move(*socket), options, interface);
}

Result<Fd> DatagramLink::open_socket(const DatagramLinkOptions& options, std::uint32_t interface) {
    const int domain = options.own.is_ipv4() ? AF_INET : AF_INET6;
    Fd socket(::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return Error::from_errno("cannot create a UDP socket", errno);
    if (!prepare(socket, options.own.family))
        return Error::from_errno("cannot set up a UDP socket", errno);
    if (!attach_filter(socket, source_filter(options.peers, datagram_bytes_max)))
        return Error::from_errno("cannot filter a UDP socket", errno);

    const Endpoint bound{options.group.value_or(options.own), options.port};
    const SocketAddress address(bound, interface);
    if (bind(socket.get(), &address.generic, address.size()) != 0)
        return bind_error(options, bound, errno);
    if (options.group && !join(socket, options.own, *options.group, static_cast<int>(interface)))
        return Error::from_errno("cannot join the multicast group " + to_string(*options.group),
                                 errno);
    return socket;
}

DatagramLink::DatagramLink(Fd socket, const DatagramLinkOptions& options,
                           std::uint32_t interface_index)
    : socket_(std::move(socket)),
      buffers_(std::make_unique<Buffers>()),
      options_(options),
      interface_index_(interface_index) {
    if (interface_index != 0) if_indextoname(interface_index, interface_name_.data());
    buffers_->prepare_sending(options, interface_index);
    buffers_->prepare_receiving();
}

// Names are compared first, which takes one system call; the addresses only when the name means
// another interface.
bool DatagramLink::interface_was_replaced() const {
    if (interface_index_ == 0) return false;
    const std::uint32_t index = index_of(interface_name_.data());
    if (socket_ && index == interface_index_) return false;
    return index != 0 && interface_with(options_.own) == index;
}

// The old socket goes first: two cannot be bound to one group and port.
Status DatagramLink::reopen() {
    socket_.close();
    const std::uint32_t index = interface_with(options_.own);
    if (index == 0) return not_an_address_of_this_host(options_.own);
    auto socket = open_socket(options_, index);
    if (!socket) return socket.error();
    socket_ = std::move(*socket);
    interface_index_ = index;
    buffers_->prepare_sending(options_, index);
    return Ok{};
}

DatagramLink::DatagramLink(DatagramLink&&) noexcept = default;
DatagramLink& DatagramLink::operator=(DatagramLink&&) noexcept = default;
DatagramLink::~DatagramLink() = default;

const DatagramCounters& DatagramLink::counters() const {
    buffers_->counters.dropped = dropped();
    return buffers_->counters;
}

std::uint64_t DatagramLink::dropped() const {
    std::array<std::uint32_t, SK_MEMINFO_VARS> figures{};
    socklen_t bytes = sizeof figures;
    getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, figures.data(), &bytes);
    return figures[SK_MEMINFO_DROPS];
}

void DatagramLink::send_all(std::span<const std::byte> datagram) {
    send(0, buffers_->to_send.size(), datagram);
}

void DatagramLink::send_to(std::size_t peer, std::span<const std::byte> datagram) {
    const std::size_t destination = buffers_->to_group ? 0 : peer;
    send(destination, destination + 1, datagram);
}

// sendmmsg stops at the first datagram that fails, and names the error only if that was the first
// of the call: so the next call begins with the failed one, and the one after that behind it.
void DatagramLink::send(std::size_t first, std::size_t end, std::span<const std::byte> datagram) {
    KOMAINU_ASSERT(end <= buffers_->to_send.size());
    // The kernel only reads it; iovec serves both ways and so has no const.
    buffers_->sending = {const_cast<std::byte*>(datagram.data()), datagram.size()};
    while (first < end) {
        const int sent = sendmmsg(fd(), &buffers_->to_send[first],
                                  static_cast<unsigned>(end - first), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) buffers_->count_send_error(errno);
        if (sent > 0) buffers_->counters.sent += static_cast<std::uint64_t>(sent);
        first += static_cast<std::size_t>(std::max(sent, 1));
    }
}

// The kernel writes the lengths of name and flags into the headers, so they are set anew.
std::size_t DatagramLink::receive_batch() {
    for (mmsghdr& message : buffers_->to_receive) {
        message.msg_hdr.msg_namelen = sizeof(SocketAddress);
        message.msg_hdr.msg_flags = 0;
    }
    const int count =
        recvmmsg(fd(), buffers_->to_receive.data(), batch_datagrams, MSG_DONTWAIT, nullptr);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EAGAIN && errno != EINTR) ++buffers_->counters.receive_errors;
    return 0;
}

std::span<const std::byte> DatagramLink::received(std::size_t i) {
    ++buffers_->counters.received;
    return std::span(buffers_->bytes[i]).first(buffers_->to_receive[i].msg_len);
}

Endpoint DatagramLink::source(std::size_t i) const { return buffers_->sources[i].endpoint(); }

}  // namespace komainu
