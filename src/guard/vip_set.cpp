#include "guard/vip_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/assert.h"
#include "guard/vip_refusal.h"

namespace komainu {

namespace {

/// Addresses of others that equal a VIP. One of them is enough to refuse.
constexpr std::size_t foreign_max = 64;

using Verb = AddressRequest::Verb;

bool same_place(const AddressRecord& a, const AddressRecord& b) {
    return a.interface == b.interface && a.address == b.address;
}

bool knows_marks(const Inventory& inventory) {
    return std::ranges::any_of(inventory.addresses,
                               [](const AddressRecord& a) { return a.proto != 0; });
}

bool is_vip_in_its_place(const Config& config, const Inventory& inventory,
                         const AddressRecord& address) {
    return std::ranges::any_of(config.vips, [&](const VipConfig& vip) {
        const LinkRecord* link = inventory.link(vip.interface);
        return link && link->interface == address.interface && vip.address == address.address;
    });
}

/// What is in the place of a VIP.
bool is_ours(const Inventory& inventory, const AddressRecord& place) {
    const bool marked = knows_marks(inventory);
    return std::ranges::any_of(inventory.addresses, [&](const AddressRecord& a) {
        return same_place(a, place) &&
               (a.origin() == AddressOrigin::ours || (!marked && a.valid_seconds != valid_forever));
    });
}

std::string interface_name(const Inventory& inventory, InterfaceIndex index) {
    const auto found = std::ranges::find(inventory.links, index, &LinkRecord::interface);
    return found == inventory.links.end() ? "another interface" : found->name;
}

/// A host prefix has no network. The kernel would give one of IPv6 a route to itself all the same,
/// and leave it there until the lifetime is over, even when the address is removed before.
bool brings_route(const VipConfig& vip) { return !vip.noprefixroute && !vip.address.is_host(); }

}  // namespace

std::chrono::seconds vip_lifetime(Duration deadtime) {
    return std::max(std::chrono::seconds(2),
                    std::chrono::ceil<std::chrono::seconds>(deadtime) + 1s);
}

std::vector<AddressRecord> leftovers(const Config& config, const Inventory& inventory) {
    const bool marked = knows_marks(inventory);
    std::vector<AddressRecord> found;
    for (const auto& address : inventory.addresses) {
        const bool unmarked_ours = !marked && address.valid_seconds != valid_forever &&
                                   is_vip_in_its_place(config, inventory, address);
        if (address.origin() == AddressOrigin::ours || unmarked_ours) found.push_back(address);
    }
    return found;
}

VipSet::VipSet(const Config& config, const InterfaceTable& interfaces, AddressKernel kernel)
    : config_(config),
      interfaces_(interfaces),
      kernel_(std::move(kernel)),
      valid_seconds_(static_cast<std::uint32_t>(vip_lifetime(config.heartbeat.deadtime).count())) {
    for (const auto& vip : config.vips)
        vips_.push_back({.config = vip, .interface = interfaces.position(vip.interface)});
}

std::vector<VipSet::InTheWay> VipSet::in_the_way() const {
    std::vector<InTheWay> found;
    auto inventory = kernel_.take_inventory();
    if (!inventory) return found;
    for (const Vip& vip : vips_)
        for (const auto& address : inventory->addresses)
            if (address.address.address == vip.config.address.address) {
                auto place = interface_name(*inventory, address.interface);
                auto sentence = not_ours(vip.config, place).what;
                found.push_back({vip.config.name, std::move(place), std::move(sentence)});
            }
    return found;
}

Status VipSet::hold() {
    KOMAINU_ASSERT(!held_);
    Vips all;
    for (Vip& vip : vips_) {
        if (index_of(vip) == no_interface) return no_interface_for(vip.config);
        all.push_back(&vip);
    }
    if (Status fit = refuse_foreign(all, foreign_); !fit) return fit;
    for (Vip* vip : all) vip->on = index_of(*vip);
    Status added = add(all);
    held_ = static_cast<bool>(added);
    return added;
}

/// All or none.
Status VipSet::add(const Vips& vips) {
    std::vector<AddressRequest> requests;
    for (Vip* vip : vips) {
        vip->missing = false;
        requests.push_back(request(Verb::add, *vip));
    }
    Status added = kernel_.apply(requests);
    if (added) added = replace_existing(vips, requests);
    if (added) added = first_refusal(vips, requests);
    if (!added) roll_back(requests);
    return added;
}

// The kernel itself refuses an IPv4 address only if it is on the same interface with the same
// prefix length; anywhere else on this host it would go on answering when the VIP is long gone.
Status VipSet::refuse_foreign(const Vips& vips, std::span<const AddressRecord> foreign) const {
    for (const Vip* vip : vips) {
        const auto equal = [&](const AddressRecord& a) {
            return a.address.address == vip->config.address.address;
        };
        const auto found = std::ranges::find_if(foreign, equal);
        if (found == foreign.end()) continue;
        const auto inventory = kernel_.take_inventory();
        return not_ours(vip->config, inventory ? interface_name(inventory.value(), found->interface)
                                               : "this host");
    }
    return Ok{};
}

// EEXIST: an address of an earlier run of ours makes room for the new one. It may have another
// label, scope or route, which a renewal would leave as they are.
Status VipSet::replace_existing(const Vips& vips, std::span<AddressRequest> requests) {
    const auto exists = [](const AddressRequest& r) { return r.error == EEXIST; };
    if (std::ranges::none_of(requests, exists)) return Ok{};
    auto inventory = kernel_.take_inventory();
    if (!inventory) return inventory.error();
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (!exists(requests[i])) continue;
        if (!is_ours(*inventory, {requests[i].interface, requests[i].address}))
            return not_ours(vips[i]->config, interface_name(*inventory, requests[i].interface));
        AddressRequest removal = request(Verb::remove, *vips[i]);
        if (Status removed = kernel_.apply({&removal, 1}); !removed) return removed;
        if (removal.error == 0) ++vips[i]->removals_to_come;
        if (Status added = kernel_.apply(requests.subspan(i, 1)); !added) return added;
    }
    return Ok{};
}

Status VipSet::first_refusal(const Vips& vips, std::span<const AddressRequest> requests) {
    for (std::size_t i = 0; i < requests.size(); ++i)
        if (!requests[i].fulfilled()) return refusal(vips[i]->config, requests[i].error);
    return Ok{};
}

// Removes all but what is not ours; also what has no answer, since it may have been added.
void VipSet::roll_back(std::span<const AddressRequest> requests) {
    std::vector<AddressRequest> removals;
    for (const auto& added : requests)
        if (added.error != EEXIST)
            removals.push_back({Verb::remove, added.interface, added.address});
    // Nobody can do more about an error here: the addresses' lifetime is finite.
    [[maybe_unused]] const Status removed = kernel_.apply(removals);
    expect_removals(removals);
}

Status VipSet::drop() {
    held_ = false;
    Vips all;
    for (Vip& vip : vips_) {
        vip.missing = false;
        all.push_back(&vip);
    }
    return remove(all);
}

// The last first: when the first IPv4 address of a subnet goes, the kernel makes all the others
// anew, which takes it a few milliseconds for a thousand.
Status VipSet::remove(const Vips& vips) {
    std::vector<AddressRequest> removals;
    for (auto vip = vips.rbegin(); vip != vips.rend(); ++vip)
        if ((*vip)->on != no_interface) removals.push_back(request(Verb::remove, **vip));
    Status removed = kernel_.apply(removals);
    expect_removals(removals);
    if (!removed) return removed;
    for (const auto& removal : removals)
        if (!removal.fulfilled())
            return Error::from_errno("cannot remove " + to_string(removal.address), removal.error);
    return Ok{};
}

Status VipSet::renew() {
    Vips present;
    std::vector<AddressRequest> renewals;
    for (Vip& vip : vips_) {
        if (!held_ || vip.missing) continue;
        present.push_back(&vip);
        renewals.push_back(request(Verb::renew, vip));
    }
    if (Status renewed = kernel_.apply(renewals); !renewed) return renewed;
    return first_refusal(present, renewals);
}

std::vector<std::size_t> VipSet::put_back() {
    std::vector<std::size_t> missing;
    std::vector<AddressRequest> requests;
    for (std::size_t i = 0; i < vips_.size(); ++i) {
        if (!can_be_put_back(vips_[i])) continue;
        vips_[i].on = index_of(vips_[i]);
        missing.push_back(i);
        requests.push_back(request(Verb::renew, vips_[i]));
    }
    // Those without an answer carry an error, and stay missing until the next time.
    [[maybe_unused]] const Status applied = kernel_.apply(requests);
    std::vector<std::size_t> back;
    for (std::size_t i = 0; i < missing.size(); ++i) {
        if (!requests[i].fulfilled()) continue;
        vips_[missing[i]].missing = false;
        back.push_back(missing[i]);
    }
    return back;
}

bool VipSet::any_missing() const {
    return std::ranges::any_of(vips_, [&](const Vip& vip) { return can_be_put_back(vip); });
}

bool VipSet::can_be_put_back(const Vip& vip) const {
    return held_ && vip.missing && index_of(vip) != no_interface;
}

void VipSet::interface_replaced(std::size_t interface) {
    std::vector<AddressRequest> removals;
    for (Vip& vip : vips_) {
        if (!held_ || vip.interface != interface) continue;
        if (vip.on != no_interface) removals.push_back(request(Verb::remove, vip));
        vip.on = index_of(vip);
        vip.missing = true;
        vip.removals_to_come = 0;
    }
    // The old interface may be gone, and its addresses with it.
    [[maybe_unused]] const Status removed = kernel_.apply(removals);
}

void VipSet::address_added(const AddressRecord& address) {
    forget_foreign(address);
    if (is_foreign_vip(address) && foreign_.size() < foreign_max) foreign_.push_back(address);
}

void VipSet::address_removed(const AddressRecord& address) {
    forget_foreign(address);
    Vip* const vip = at(address.interface, address.address);
    if (!vip) return;
    if (vip->removals_to_come > 0)
        --vip->removals_to_come;
    else if (held_)
        vip->missing = true;
}

void VipSet::follow_all(const Inventory& inventory) {
    foreign_.clear();
    for (const auto& address : inventory.addresses) address_added(address);
    for (Vip& vip : vips_) {
        vip.removals_to_come = 0;
        const AddressRecord place{vip.on, vip.config.address};
        const auto is_here = [&](const AddressRecord& a) { return same_place(a, place); };
        vip.missing = held_ && std::ranges::none_of(inventory.addresses, is_here);
    }
}

Result<std::vector<AddressRecord>> VipSet::sweep() {
    auto inventory = kernel_.take_inventory();
    if (!inventory) return inventory.error();
    const auto found = leftovers(config_, *inventory);
    std::vector<AddressRequest> removals;
    for (auto address = found.rbegin(); address != found.rend(); ++address)
        removals.push_back({Verb::remove, address->interface, address->address});
    if (Status removed = kernel_.apply(removals); !removed) return removed.error();
    for (const auto& removal : removals)
        if (!removal.fulfilled())
            return Error::from_errno(
                fmt::format("cannot remove {} from {}", to_string(removal.address),
                            interface_name(*inventory, removal.interface)),
                removal.error);
    return found;
}

// A kernel without marks shows our own addresses like those of others: while the VIPs are held,
// what is in their places is ours.
bool VipSet::is_foreign_vip(const AddressRecord& address) {
    if (address.origin() == AddressOrigin::ours) return false;
    if (held_ && at(address.interface, address.address)) return false;
    return std::ranges::any_of(vips_, [&](const Vip& vip) {
        return vip.config.address.address == address.address.address;
    });
}

void VipSet::forget_foreign(const AddressRecord& address) {
    std::erase_if(foreign_, [&](const AddressRecord& a) { return same_place(a, address); });
}

void VipSet::expect_removals(std::span<const AddressRequest> removals) {
    for (const auto& removal : removals)
        if (Vip* const vip = at(removal.interface, removal.address); vip && removal.error == 0)
            ++vip->removals_to_come;
}

VipSet::Vip* VipSet::at(InterfaceIndex interface, const Prefix& address) {
    const auto is_here = [&](const Vip& vip) {
        return vip.on == interface && vip.config.address == address;
    };
    const auto found = std::ranges::find_if(vips_, is_here);
    return found == vips_.end() ? nullptr : &*found;
}

InterfaceIndex VipSet::index_of(const Vip& vip) const {
    const auto& link = interfaces_[vip.interface].link;
    return link ? link->interface : no_interface;
}

AddressRequest VipSet::request(Verb verb, const Vip& vip) const {
    return {.verb = verb,
            .interface = vip.on,
            .address = vip.config.address,
            .valid_seconds = valid_seconds_,
            .label = vip.config.label,
            .scope = vip.config.scope,
            .prefix_route = brings_route(vip.config)};
}

}  // namespace komainu
