// The hardware addresses of all of this host's interfaces: whoever claims a VIP with one of them is
// no rival, also when he is heard on another interface in the same LAN.
#pragma once

#include <algorithm>
#include <map>

#include "netlink/inventory.h"
#include "netlink/records.h"

namespace komainu {

class OwnMacs {
public:
    bool contains(const MacAddress& mac) const {
        return std::ranges::any_of(by_interface_, [&](const auto& of) { return of.second == mac; });
    }

    /// Follows the kernel.
    void follow(const LinkRecord& link) { by_interface_[link.interface] = link.mac; }
    void forget(InterfaceIndex removed) { by_interface_.erase(removed); }
    void follow_all(const Inventory& inventory) {
        by_interface_.clear();
        for (const LinkRecord& link : inventory.links) follow(link);
    }

private:
    std::map<InterfaceIndex, MacAddress> by_interface_;
};

}  // namespace komainu
