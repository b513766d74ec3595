#include "io/local_addresses.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

namespace komainu {

namespace {

std::optional<IpAddress> address_of(const sockaddr* from) {
    if (from == nullptr) return {};
    IpAddress address;
    if (from->sa_family == AF_INET) {
        sockaddr_in in;
        std::memcpy(&in, from, sizeof in);
        std::memcpy(address.bytes.data(), &in.sin_addr, sizeof in.sin_addr);
        return address;
    }
    if (from->sa_family == AF_INET6) {
        sockaddr_in6 in6;
        std::memcpy(&in6, from, sizeof in6);
        std::memcpy(address.bytes.data(), &in6.sin6_addr, sizeof in6.sin6_addr);
        address.family = Family::ipv6;
        return address;
    }
    return {};
}

std::uint8_t length_of(const IpAddress& netmask) {
    int length = 0;
    for (const auto byte : netmask.bytes) length += std::popcount(byte);
    return static_cast<std::uint8_t>(length);
}

}  // namespace

Result<std::vector<LocalAddress>> local_addresses() {
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0)
        return Error::from_errno("the addresses of this host cannot be listed", errno);
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(first, freeifaddrs);
    std::vector<LocalAddress> found;
    for (const ifaddrs* item = list.get(); item != nullptr; item = item->ifa_next) {
        const auto address = address_of(item->ifa_addr);
        const auto netmask = address_of(item->ifa_netmask);
        if (address && netmask)
            found.push_back({item->ifa_name, Prefix{*address, length_of(*netmask)}});
    }
    return found;
}

}  // namespace komainu
