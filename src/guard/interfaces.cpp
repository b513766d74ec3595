#include "guard/interfaces.h"

#include <fmt/format.h>
#include <net/if_arp.h>

#include <algorithm>

#include "base/assert.h"
#include "conf/title.h"

namespace komainu {

namespace {

bool is(const VipInterface& interface, InterfaceIndex index) {
    return interface.link && interface.link->interface == index;
}

void lose(VipInterface& interface) {
    interface.replaced |= interface.link.has_value();
    interface.link.reset();
}

void update(VipInterface& interface, const LinkRecord& link) {
    const Carrier carrier_before = interface.carrier();
    const bool same = is(interface, link.interface);
    const bool same_mac = same && interface.link->mac == link.mac;
    interface.link = link;
    interface.replaced |= !same;
    interface.news_to_tell |=
        !same_mac || (carrier_before != Carrier::up && interface.carrier() == Carrier::up);
}

std::string names(const Inventory& inventory) {
    std::vector<std::string> names;
    for (const auto& link : inventory.links) names.push_back(link.name);
    std::ranges::sort(names);
    return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

bool VipInterface::is_ethernet() const { return link && link->type == ARPHRD_ETHER; }

InterfaceTable::InterfaceTable(const Config& config) {
    for (const auto& vip : config.vips) {
        const auto named = [&](const VipInterface& i) { return i.name == vip.interface; };
        if (!std::ranges::any_of(interfaces_, named))
            interfaces_.push_back({.name = vip.interface, .link = {}});
    }
}

InterfaceTable::InterfaceTable(const std::vector<std::string>& names) {
    for (const auto& name : names) interfaces_.push_back({.name = name, .link = {}});
}

const VipInterface* InterfaceTable::find(const std::string& name) const {
    const auto found = std::ranges::find(interfaces_, name, &VipInterface::name);
    return found == interfaces_.end() ? nullptr : &*found;
}

std::size_t InterfaceTable::position(const std::string& name) const {
    const VipInterface* const found = find(name);
    KOMAINU_ASSERT(found);
    return static_cast<std::size_t>(found - interfaces_.data());
}

void InterfaceTable::learn(std::initializer_list<const InterfaceTable*> known,
                           const Inventory& inventory) {
    for (VipInterface& interface : interfaces_) {
        if (const LinkRecord* link = inventory.link(interface.name)) interface.link = *link;
        const auto knows = [&](const InterfaceTable* table) { return table->has(interface.name); };
        const auto table = std::ranges::find_if(known, knows);
        if (table != known.end()) interface.link = (*table)->find(interface.name)->link;
    }
}

// A renamed interface is lost under its old name.
void InterfaceTable::follow(const LinkRecord& link) {
    for (auto& interface : interfaces_) {
        if (interface.name == link.name)
            update(interface, link);
        else if (is(interface, link.interface))
            lose(interface);
    }
}

void InterfaceTable::forget(InterfaceIndex removed) {
    for (auto& interface : interfaces_)
        if (is(interface, removed)) lose(interface);
}

void InterfaceTable::follow_all(const Inventory& inventory) {
    for (auto& interface : interfaces_) {
        if (const LinkRecord* link = inventory.link(interface.name))
            update(interface, *link);
        else
            lose(interface);
    }
}

std::vector<std::string> tracked_only(const Config& config) {
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
        if (std::ranges::find(config.vips, name, &VipConfig::interface) == config.vips.end() &&
            std::ranges::find(names, name) == names.end())
            names.push_back(name);
    };
    for (const auto& name : config.lifecheck.track_interface) add(name);
    for (const auto& vip : config.command_vips) add(vip.interface);
    for (const auto& route : config.routes) add(route.interface);
    return names;
}

Status check_interfaces_exist(const Config& config, const Inventory& inventory) {
    std::vector<std::string> missing;
    const auto look_for = [&](const std::string& interface, const std::string& title) {
        if (!inventory.link(interface))
            missing.push_back(
                fmt::format("{}.interface: no interface {} on this host", title, interface));
    };
    for (const auto& vip : config.vips) look_for(vip.interface, title_of(vip));
    for (const auto& route : config.routes) look_for(route.interface, title_of(route));
    if (missing.empty()) return Ok{};
    return Error{fmt::format("{}; it has: {}", fmt::join(missing, "; "), names(inventory))};
}

}  // namespace komainu
