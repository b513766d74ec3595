#include "guard/last_will.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"

namespace komainu {

namespace {

bool set_option(int fd, int level, int name, int value) {
    return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// Own datagrams must not come back to this host: main may still live and must not hear them. Our
// own address may be put on only later (it was there when main became active), hence FREEBIND.
bool prepare(int fd, Family family) {
    if (family == Family::ipv4)
        return set_option(fd, IPPROTO_IP, IP_FREEBIND, 1) &&
               set_option(fd, IPPROTO_IP, IP_MULTICAST_TTL, 1) &&
               set_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
    return set_option(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1) &&
           set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1) &&
           set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
}

bool is_link_local(const IpAddress& address) {
    return !address.is_ipv4() && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;
}

std::string interface_with(const IpAddress& own, const Inventory& inventory) {
    for (const auto& address : inventory.addresses) {
        if (address.address.address != own) continue;
        for (const auto& link : inventory.links)
            if (link.interface == address.interface) return link.name;
    }
    return {};
}

std::vector<Endpoint> destinations_of(const Config& config) {
    const auto& heartbeat = config.heartbeat;
    if (heartbeat.mode == HeartbeatMode::multicast)
        return {Endpoint{heartbeat.group.value(), heartbeat.port}};
    std::vector<Endpoint> destinations;
    for (const auto& node : config.nodes) {
        if (node.id == config.self) continue;
        for (const auto& address : node.addresses)
            destinations.push_back({address, heartbeat.port});
    }
    return destinations;
}

}  // namespace

Result<LastWill> LastWill::open(const Config& config, const Inventory& inventory) {
    const IpAddress& own = config.node(config.self).addresses.front();
    const bool to_group = config.heartbeat.mode == HeartbeatMode::multicast;
    std::string interface;
    if (to_group || is_link_local(own)) {
        interface = interface_with(own, inventory);
        if (interface.empty())
            return Error{to_string(own) + " is not an address of this host", EADDRNOTAVAIL};
    }
    const int domain = own.is_ipv4() ? AF_INET : AF_INET6;
    Fd socket(::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return Error::from_errno("cannot create a UDP socket for the last will", errno);
    if (!prepare(socket.get(), own.family))
        return Error::from_errno("cannot set up the socket for the last will", errno);

    LastWill will(std::move(socket), std::move(interface), to_group);
    const SocketAddress from(Endpoint{own, 0}, will.interface_index());
    if (::bind(will.socket_.get(), &from.generic, from.size()) != 0)
        return Error::from_errno("cannot bind the last will's socket to " + to_string(own), errno);
    will.destinations_ = destinations_of(config);
    return will;
}

// The interface may have been made anew since the start: the name is looked up at each use.
std::uint32_t LastWill::interface_index() const {
    return interface_.empty() ? 0 : ::if_nametoindex(interface_.c_str());
}

// An error shows in the sending that follows.
void LastWill::aim_at_interface(std::uint32_t index) {
    if (destinations_.front().address.is_ipv4()) {
        ip_mreqn request{};
        request.imr_ifindex = static_cast<int>(index);
        ::setsockopt(socket_.get(), IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request);
    } else {
        set_option(socket_.get(), IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(index));
    }
}

std::size_t LastWill::send() {
    if (!deposited_) return 0;
    const auto index = interface_index();
    if (to_group_) aim_at_interface(index);
    std::size_t sent = 0;
    for (const auto& destination : destinations_) {
        const SocketAddress to(destination, index);
        if (::sendto(socket_.get(), deposited_->begin(), deposited_->size(),
                     MSG_DONTWAIT | MSG_NOSIGNAL, &to.generic, to.size()) >= 0)
            ++sent;
    }
    forget();
    return sent;
}

}  // namespace komainu
