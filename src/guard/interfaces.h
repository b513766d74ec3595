// The interfaces that carry VIPs, or are tracked, by the names that the configuration gives them.
// Which kernel interface a name means changes under a running daemon: interfaces are renamed,
// deleted and made anew, moved and given other hardware addresses. Whoever uses one looks here
// first.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "guard/orders.h"
#include "netlink/inventory.h"
#include "netlink/records.h"

namespace komainu {

struct VipInterface {
    std::string name;
    std::optional<LinkRecord> link;  ///< nothing while this host has no such interface

    // What has happened since take_changes() was last called.
    bool replaced = false;      ///< the name means another kernel interface, or none, or one again
    bool news_to_tell = false;  ///< the carrier came or its hardware address changed

    Carrier carrier() const {
        if (!link) return Carrier::missing;
        return link->up && link->running ? Carrier::up : Carrier::down;
    }

    /// Whether neighbours find this interface by ARP and NDP with Ethernet frames.
    bool is_ethernet() const;
};

class InterfaceTable {
public:
    /// One for each interface that the configuration names for a VIP, in the order of their first
    /// VIP.
    explicit InterfaceTable(const Config& config);
    explicit InterfaceTable(const std::vector<std::string>& names);

    std::size_t size() const { return interfaces_.size(); }
    const VipInterface& operator[](std::size_t i) const { return interfaces_[i]; }
    bool has(const std::string& name) const { return find(name) != nullptr; }
    std::size_t position(const std::string& name) const;  ///< of a name that is in the table

    /// Of a new table: what the first of these tables knows that has the name, else what the
    /// inventory says. What is learned so is no change.
    void learn(std::initializer_list<const InterfaceTable*> known, const Inventory& inventory);

    /// Follows the kernel. Each may set `replaced` and `news_to_tell`.
    void follow(const LinkRecord& link);
    void forget(InterfaceIndex removed);
    void follow_all(const Inventory& inventory);

    /// Whether there is a change; clears it.
    bool take_replaced(std::size_t i) { return std::exchange(interfaces_[i].replaced, false); }
    bool take_news(std::size_t i) { return std::exchange(interfaces_[i].news_to_tell, false); }

private:
    const VipInterface* find(const std::string& name) const;

    std::vector<VipInterface> interfaces_;
};

/// The interfaces that main hears of though the guard has no VIP on them: those of [lifecheck]
/// track_interface, of VIPs that commands move, and of routes.
std::vector<std::string> tracked_only(const Config& config);

/// An error that names every configured interface which this host lacks, and those that it has:
/// "vip.main.interface: no interface eth0 on this host; it has: eth1, lo".
Status check_interfaces_exist(const Config& config, const Inventory& inventory);

}  // namespace komainu
