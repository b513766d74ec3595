// How the VIPs of a running guard become others (see VipSet::change_to).
#include <map>

#include "base/assert.h"
#include "guard/vip_refusal.h"
#include "guard/vip_set.h"

namespace komainu {

Result<VipSet::Change> VipSet::change_to(const Config& wanted, const InterfaceTable& interfaces) {
    const auto inventory = kernel_.take_inventory();
    if (!inventory) return inventory.error();
    Plan change = plan(wanted, interfaces);
    if (Status fit = refuse_unfit(change, inventory.value()); !fit) return fit.error();
    if (held_)
        if (Status there = put_on(change); !there) return there.error();
    Change changed{std::move(change.former), {}};
    if (held_)
        if (const Status removed = remove(change.removed); !removed)
            changed.left_behind = removed.error().what;
    // News of the old one's removal may still come.
    for (std::size_t i = 0; i < change.replaced.size(); ++i) {
        const Vip& old = *change.replaced[i];
        Vip& present = *change.replacements[i];
        if (old.on == present.on && old.config.address == present.config.address)
            present.removals_to_come += old.removals_to_come;
    }
    vips_ = std::move(change.next);
    foreign_.clear();
    for (const AddressRecord& address : inventory->addresses) address_added(address);
    return changed;
}

VipSet::Plan VipSet::plan(const Config& wanted, const InterfaceTable& interfaces) {
    KOMAINU_ASSERT(vips_.size() == config_.vips.size());
    Plan plan{.former = former_places(config_.vips, wanted.vips),
              .next = {},
              .added = {},
              .replacements = {},
              .replaced = {},
              .removed = {}};
    std::map<IpAddress, Vip*> leaving;
    for (Vip& vip : vips_) leaving[vip.config.address.address] = &vip;
    for (const auto& place : plan.former)
        if (place) leaving.erase(vips_[*place].config.address.address);
    plan.next.reserve(wanted.vips.size());
    for (std::size_t i = 0; i < wanted.vips.size(); ++i) {
        const auto& former = plan.former[i];
        Vip& vip = plan.next.emplace_back(former ? vips_[*former] : Vip{});
        vip.config = wanted.vips[i];
        vip.interface = interfaces.position(vip.config.interface);
        if (former) continue;
        if (const auto& link = interfaces[vip.interface].link) vip.on = link->interface;
        const auto old = leaving.extract(vip.config.address.address);
        if (old) plan.replaced.push_back(old.mapped());
        (old ? plan.replacements : plan.added).push_back(&vip);
    }
    for (Vip& vip : vips_) {
        if (leaving.contains(vip.config.address.address)) plan.removed.push_back(&vip);
    }
    return plan;
}

/// Only what is new must be fit: what was there may be in trouble already.
Status VipSet::refuse_unfit(const Plan& plan, const Inventory& inventory) {
    std::vector<AddressRecord> foreign;
    for (const AddressRecord& address : inventory.addresses) {
        const bool ours = address.origin() == AddressOrigin::ours ||
                          (held_ && at(address.interface, address.address));
        if (!ours) foreign.push_back(address);
    }
    for (const Vips* vips : {&plan.added, &plan.replacements}) {
        for (const Vip* vip : *vips)
            if (vip->on == no_interface) return no_interface_for(vip->config);
        if (Status fit = refuse_foreign(*vips, foreign); !fit) return fit;
    }
    return Ok{};
}

/// What is more likely to be refused comes first, while nothing else has been touched.
Status VipSet::put_on(const Plan& plan) {
    if (Status added = add(plan.added); !added) return added;
    Status replaced = remove(plan.replaced);
    if (replaced) replaced = add(plan.replacements);
    if (replaced) return replaced;
    for (Vip* vip : plan.replaced) vip->missing = true;
    put_back();
    // Nobody can do more about an error here: the addresses' lifetime is finite.
    static_cast<void>(remove(plan.added));
    return replaced;
}

}  // namespace komainu
