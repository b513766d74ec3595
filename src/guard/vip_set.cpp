#include "guard/vip_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/assert.h"

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

std::string interface_name(const Inventory& inventory, InterfaceIndex index) {
    const auto found = std::ranges::find(inventory.links, index, &LinkRecord::interface);
    return found == inventory.links.end() ? "another interface" : found->name;
}

/// A host prefix has no network. The kernel would give one of IPv6 a route to itself all the same,
/// and leave it there until the lifetime is over, even when the address is removed before.
bool brings_route(const VipConfig& vip) { return !vip.noprefixroute && !vip.address.is_host(); }

std::string_view hint(const VipConfig& vip, int error) {
    if (error == EACCES && !vip.address.address.is_ipv4()) return " (is IPv6 disabled there?)";
    return "";
}

Error refusal(const VipConfig& vip, int error) {
    auto reason = Error::from_errno(
        fmt::format("vip.{}: cannot put {} on {}", vip.name, to_string(vip.address), vip.interface),
        error);
    reason.what += hint(vip, error);
    return reason;
}

Error not_ours(const VipConfig& vip, const std::string& place) {
    return {fmt::format("vip.{}: {} is already on {} and was not put there by komainu; remove it, "
                        "or take another address for the VIP",
                        vip.name, to_string(vip.address.address), place),
            EEXIST};
}

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
        vips_.push_back({.config = &vip, .interface = interfaces.position(vip.interface)});
}

Status VipSet::hold() {
    KOMAINU_ASSERT(!held_);
    if (Status fit = refuse_unfit(); !fit) return fit;
    std::vector<AddressRequest> requests;
    for (Vip& vip : vips_) {
        vip.on = index_of(vip);
        vip.missing = false;
        requests.push_back(request(Verb::add, vip));
    }
    Status added = kernel_.apply(requests);
    if (added) added = replace_existing(requests);
    if (added) added = first_refusal(requests);
    if (!added) roll_back(requests);
    held_ = static_cast<bool>(added);
    return added;
}

// What keeps a VIP from being added without asking the kernel. The kernel itself refuses an IPv4
// address only if it is on the same interface with the same prefix length; anywhere else on this
// host it would go on answering when the VIP is long gone.
Status VipSet::refuse_unfit() const {
    for (const Vip& vip : vips_) {
        if (index_of(vip) == no_interface)
            return Error{fmt::format("vip.{}: there is no interface {} now", vip.config->name,
                                     vip.config->interface)};
        const auto equal = [&](const AddressRecord& a) {
            return a.address.address == vip.config->address.address;
        };
        const auto found = std::ranges::find_if(foreign_, equal);
        if (found == foreign_.end()) continue;
        const auto inventory = kernel_.take_inventory();
        return not_ours(*vip.config, inventory ? interface_name(inventory.value(), found->interface)
                                               : "this host");
    }
    return Ok{};
}

// EEXIST: an address of an earlier run of ours makes room for the new one. It may have another
// label, scope or route, which a renewal would leave as they are.
Status VipSet::replace_existing(std::span<AddressRequest> requests) {
    const auto exists = [](const AddressRequest& r) { return r.error == EEXIST; };
    if (std::ranges::none_of(requests, exists)) return Ok{};
    auto inventory = kernel_.take_inventory();
    if (!inventory) return inventory.error();
    const auto ours = leftovers(config_, *inventory);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (!exists(requests[i])) continue;
        const AddressRecord place{requests[i].interface, requests[i].address};
        const auto is_here = [&](const AddressRecord& a) { return same_place(a, place); };
        if (std::ranges::none_of(ours, is_here))
            return not_ours(*vips_[i].config, interface_name(*inventory, place.interface));
        AddressRequest removal = request(Verb::remove, vips_[i]);
        if (Status removed = kernel_.apply({&removal, 1}); !removed) return removed;
        expect_removals({&removal, 1});
        if (Status added = kernel_.apply(requests.subspan(i, 1)); !added) return added;
    }
    return Ok{};
}

Status VipSet::first_refusal(std::span<const AddressRequest> requests) const {
    for (const auto& request : requests)
        if (!request.fulfilled()) return refusal(config_of(request), request.error);
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
    std::vector<AddressRequest> removals;
    for (Vip& vip : vips_) {
        vip.missing = false;
        if (vip.on != no_interface) removals.push_back(request(Verb::remove, vip));
    }
    Status removed = kernel_.apply(removals);
    expect_removals(removals);
    if (!removed) return removed;
    for (const auto& removal : removals)
        if (!removal.fulfilled())
            return Error::from_errno("cannot remove " + to_string(removal.address), removal.error);
    return Ok{};
}

Status VipSet::renew() {
    std::vector<AddressRequest> renewals;
    for (const Vip& vip : vips_)
        if (held_ && !vip.missing) renewals.push_back(request(Verb::renew, vip));
    if (Status renewed = kernel_.apply(renewals); !renewed) return renewed;
    return first_refusal(renewals);
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
        const AddressRecord place{vip.on, vip.config->address};
        const auto is_here = [&](const AddressRecord& a) { return same_place(a, place); };
        vip.missing = held_ && std::ranges::none_of(inventory.addresses, is_here);
    }
}

Result<std::vector<AddressRecord>> VipSet::sweep() {
    auto inventory = kernel_.take_inventory();
    if (!inventory) return inventory.error();
    const auto found = leftovers(config_, *inventory);
    std::vector<AddressRequest> removals;
    for (const auto& address : found)
        removals.push_back({Verb::remove, address.interface, address.address});
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
        return vip.config->address.address == address.address.address;
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
        return vip.on == interface && vip.config->address == address;
    };
    const auto found = std::ranges::find_if(vips_, is_here);
    return found == vips_.end() ? nullptr : &*found;
}

const VipConfig& VipSet::config_of(const AddressRequest& request) const {
    const auto is_its = [&](const Vip& vip) {
        return vip.on == request.interface && vip.config->address == request.address;
    };
    const auto found = std::ranges::find_if(vips_, is_its);
    KOMAINU_ASSERT(found != vips_.end());
    return *found->config;
}

InterfaceIndex VipSet::index_of(const Vip& vip) const {
    const auto& link = interfaces_[vip.interface].link;
    return link ? link->interface : no_interface;
}

AddressRequest VipSet::request(Verb verb, const Vip& vip) const {
    return {.verb = verb,
            .interface = vip.on,
            .address = vip.config->address,
            .valid_seconds = valid_seconds_,
            .label = vip.config->label,
            .scope = vip.config->scope,
            .prefix_route = brings_route(*vip.config)};
}

}  // namespace komainu
