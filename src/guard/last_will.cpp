#include "guard/last_will.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "io/socket_address.h"

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

std::string interface_with(const IpAddress& own, const Inventory& inventory) {
    for (const auto& address : inventory.addresses) {
        if (address.address.address != own) continue;
        for (const auto& link : inventory.links)
            if (link.interface == address.interface) return link.name;
    }
    return {};
}

std::vector<Endpoint> destinations_of(const Config& config, std::size_t index,
                                      const HeartbeatLink& link) {
    if (link.group) return {Endpoint{*link.group, link.port}};
    std::vector<Endpoint> destinations;
    for (const auto& node : config.nodes)
        if (node.id != config.self) destinations.push_back({node.addresses[index], link.port});
    return destinations;
}

}  // namespace

Result<LastWill> LastWill::open(const Config& config, const Inventory& inventory) {
    LastWill will;
    for (std::size_t link = 0; link < config.link_count(); ++link) {
        auto path = open_path(config, link, inventory);
        if (!path) return path.error();
        will.paths_.push_back(std::move(*path));
    }
    return will;
}

Result<LastWill::Path> LastWill::open_path(const Config& config, std::size_t index,
                                           const Inventory& inventory) {
    const HeartbeatLink link = config.link(index);
    const IpAddress& own = config.node(config.self).addresses[index];
    Fd socket(
        ::socket(own.is_ipv4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return Error::from_errno("cannot create a UDP socket for the last will", errno);
    if (!prepare(socket.get(), own.family))
        return Error::from_errno("cannot set up the socket for the last will", errno);
    const SocketAddress from(Endpoint{own, 0});
    if (::bind(socket.get(), &from.generic, from.size()) != 0)
        return Error::from_errno("cannot bind the last will's socket to " + to_string(own), errno);

    Path path{std::move(socket), own, link.interface, link.group.has_value(),
              destinations_of(config, index, link)};
    if (path.to_group && path.interface.empty()) path.interface = interface_with(own, inventory);
    return path;
}

// The interface may have come only after the start, or may have been made anew since: so by its
// name, at each use. False when it is not there.
bool LastWill::aim_at_interface(Path& path) {
    if (path.to_group && path.interface.empty())
        if (const auto inventory = take_inventory())
            path.interface = interface_with(path.own, inventory.value());
    if (path.interface.empty()) return !path.to_group;
    return ::setsockopt(path.socket.get(), SOL_SOCKET, SO_BINDTODEVICE, path.interface.c_str(),
                        static_cast<socklen_t>(path.interface.size())) == 0;
}

std::size_t LastWill::send() {
    if (!deposited_) return 0;
    std::size_t sent = 0;
    for (Path& path : paths_) {
        if (!aim_at_interface(path)) continue;
        for (const auto& destination : path.destinations) {
            const SocketAddress to(destination);
            if (::sendto(path.socket.get(), deposited_->begin(), deposited_->size(),
                         MSG_DONTWAIT | MSG_NOSIGNAL, &to.generic, to.size()) >= 0)
                ++sent;
        }
    }
    forget();
    return sent;
}

}  // namespace komainu
