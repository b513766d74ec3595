#include "io/link_socket.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "io/datagram_link.h"
#include "io/socket_address.h"
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

/// To one interface, by more than the own address.
bool is_tied(const DatagramLinkOptions& options) {
    return options.group || !options.interface.empty() || options.own.is_ipv6_link_local();
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

Error not_an_address_of_this_host(const IpAddress& address) {
    return {to_string(address) + " is not an address of this host (or not usable yet)",
            EADDRNOTAVAIL};
}

Error bind_error(const DatagramLinkOptions& options, const Endpoint& bound, int code) {
    if (code == EADDRNOTAVAIL) return not_an_address_of_this_host(options.own);
    if (code == EADDRINUSE) return port_in_use(to_string(bound));
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

// As if_nametoindex(3) and if_indextoname(3), which would ask by a socket of the family AF_UNIX; a
// process that has given up its privileges needs that for nothing else.
bool ask(unsigned long request, ifreq& about) {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return socket && ioctl(socket.get(), request, &about) == 0;
}

}  // namespace

Error port_in_use(const std::string& place) {
    return {place +
                " is in use: another komainud with this node's address runs on this host, or "
                "another program has the port (ss -tulnp shows it); end it, or give all nodes "
                "another port",
            EADDRINUSE};
}

std::uint32_t interface_index(std::string_view name) {
    ifreq request{};
    if (name.size() >= sizeof request.ifr_name) return 0;
    name.copy(request.ifr_name, name.size());
    return ask(SIOCGIFINDEX, request) ? static_cast<std::uint32_t>(request.ifr_ifindex) : 0;
}

// An IPv4 address with a label goes by the label in this list, "eth0:1".
std::uint32_t interface_with(const IpAddress& address) {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return 0;
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
    for (const ifaddrs* i = list; i; i = i->ifa_next) {
        if (!is_ip(i->ifa_addr) || address_of(i->ifa_addr) != address) continue;
        const std::string_view label = i->ifa_name;
        return interface_index(label.substr(0, label.find(':')));
    }
    return 0;
}

Result<std::uint32_t> interface_of(const DatagramLinkOptions& options) {
    if (!is_tied(options)) return 0u;
    const std::uint32_t with_address = interface_with(options.own);
    if (with_address == 0) return not_an_address_of_this_host(options.own);
    if (!options.interface.empty() && interface_index(options.interface) != with_address)
        return Error{to_string(options.own) + " is not on " + options.interface, EADDRNOTAVAIL};
    return with_address;
}

TiedInterface::TiedInterface(std::uint32_t index) : index_(index) {
    ifreq request{};
    request.ifr_ifindex = static_cast<int>(index);
    if (index != 0 && ask(SIOCGIFNAME, request)) std::ranges::copy(request.ifr_name, name_.begin());
}

bool TiedInterface::was_replaced(const IpAddress& own) const {
    if (index_ == 0) return false;
    const std::uint32_t index = interface_index(name());
    return index != 0 && index != index_ && interface_with(own) == index;
}

Result<Fd> open_link_socket(const DatagramLinkOptions& options, std::uint32_t interface) {
    const int domain = options.own.is_ipv4() ? AF_INET : AF_INET6;
    Fd socket(::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return Error::from_errno("cannot create a UDP socket", errno);
    if (!prepare(socket, options.own.family))
        return Error::from_errno("cannot set up a UDP socket", errno);
    if (!attach_filter(socket, source_filter(options.peers, DatagramLink::datagram_bytes_max)))
        return Error::from_errno("cannot filter a UDP socket", errno);

    if (interface != 0 &&
        !set_option(socket, SOL_SOCKET, SO_BINDTOIFINDEX, static_cast<int>(interface)))
        return Error::from_errno("cannot bind a UDP socket to its interface", errno);
    const Endpoint bound{options.group.value_or(options.own), options.port};
    const SocketAddress address(bound, interface);
    if (bind(socket.get(), &address.generic, address.size()) != 0)
        return bind_error(options, bound, errno);
    if (options.group && !join(socket, options.own, *options.group, static_cast<int>(interface)))
        return Error::from_errno("cannot join the multicast group " + to_string(*options.group),
                                 errno);
    return socket;
}

bool may_come_later(const Error& error) {
    return error.code == EADDRNOTAVAIL || error.code == ENODEV;
}

}  // namespace komainu
