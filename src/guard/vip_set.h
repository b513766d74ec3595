// The VIPs of the configuration on this host's interfaces: added all or none, kept, put back,
// removed, and found again when an earlier run left them behind.
//
// Every address is given a finite lifetime, which renew() starts anew: if nobody lives to remove
// it, the kernel does so (L to L + 0.8 s after the last renewal, measured on Linux 6.18), L being
// lifetime(). That is the last layer of several and therefore coarse.
//
// Knows the kernel only by the two functions that it is given, and decides nothing: it is told when
// the VIPs are to be there.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "conf/config.h"
#include "guard/former_places.h"
#include "guard/interfaces.h"
#include "netlink/inventory.h"
#include "netlink/records.h"

namespace komainu {

/// AddressSocket::apply and take_inventory, or a test's kernel.
struct AddressKernel {
    std::function<Status(std::span<AddressRequest>)> apply;
    std::function<Result<Inventory>()> take_inventory;
};

/// How long the kernel keeps an address that is not renewed: longer than any lease, and at least
/// two seconds, as the kernel counts in whole seconds and renewals come each half of it.
std::chrono::seconds vip_lifetime(Duration deadtime);

/// The addresses that an earlier run of ours has left behind: those with our mark, on whatever
/// interface. A kernel before 5.18 keeps no marks; there, a VIP of the configuration on its own
/// interface with a finite lifetime is taken for ours.
std::vector<AddressRecord> leftovers(const Config& config, const Inventory& inventory);

class VipSet {
public:
    VipSet(const Config& config, const InterfaceTable& interfaces, AddressKernel kernel);

    std::size_t size() const { return vips_.size(); }
    const VipConfig& config(std::size_t vip) const { return vips_[vip].config; }
    std::size_t interface(std::size_t vip) const { return vips_[vip].interface; }
    bool held() const { return held_; }
    /// That of the deadtime at the start.
    std::chrono::seconds lifetime() const { return std::chrono::seconds(valid_seconds_); }

    /// Adds all VIPs. When one cannot be added, those that were are removed again and the error
    /// says which and why. An address that is there already and is not ours is such a reason.
    Status hold();

    /// Removes all VIPs. One that is not there counts as removed. After an error some may still be
    /// there: to be called again.
    Status drop();

    /// Starts the lifetimes anew.
    Status renew();

    /// Follows the kernel. Events about our own doings change nothing.
    void address_added(const AddressRecord& address);
    void address_removed(const AddressRecord& address);
    void follow_all(const Inventory& inventory);

    /// The interface's name means another kernel interface now: its VIPs leave the old one and are
    /// missing on the new one.
    void interface_replaced(std::size_t interface);

    /// Whether somebody else has removed a VIP that is held.
    bool any_missing() const;

    /// Puts the missing VIPs back where that is possible, and returns which are back.
    std::vector<std::size_t> put_back();

    /// What a change has brought.
    struct Change {
        FormerPlaces former;
        std::string left_behind;  ///< what could not be removed, and expires by itself
    };

    /// Has other VIPs from now on. If they are held, the new ones are added, all or none; then
    /// those that are different make room for the new ones in their place, all or none; and at last
    /// the others go. What stays is not touched. After an error everything is as it was.
    ///
    /// Before anything else of this set is called, configuration and table of the constructor are
    /// to become these.
    Result<Change> change_to(const Config& wanted, const InterfaceTable& interfaces);

    /// Removes what leftovers() finds, and returns what is gone.
    Result<std::vector<AddressRecord>> sweep();
    struct InTheWay {
        std::string vip;
        std::string interface;
        std::string sentence;
    };
    /// After the sweep: the VIPs that are on this host all the same.
    std::vector<InTheWay> in_the_way() const;

private:
    struct Vip {
        VipConfig config;
        std::size_t interface = 0;  ///< position in the table
        /// The kernel interface on which it was added last, where it is to be removed.
        InterfaceIndex on = no_interface;
        bool missing = false;      ///< held, but not there
        int removals_to_come = 0;  ///< notifications of removals that were our own
    };

    using Vips = std::vector<Vip*>;

    Status refuse_foreign(const Vips& vips, std::span<const AddressRecord> foreign) const;
    Status add(const Vips& vips);
    Status replace_existing(const Vips& vips, std::span<AddressRequest> requests);
    static Status first_refusal(const Vips& vips, std::span<const AddressRequest> requests);
    void roll_back(std::span<const AddressRequest> requests);
    Status remove(const Vips& vips);

    /// The present VIPs beside those that are wanted.
    struct Plan {
        FormerPlaces former;
        std::vector<Vip> next;
        Vips added;         ///< of next: whose address was nobody's
        Vips replacements;  ///< of next: whose address one has that is different
        Vips replaced;      ///< those, in the same order
        Vips removed;       ///< whose address nobody has any more
    };
    Plan plan(const Config& wanted, const InterfaceTable& interfaces);
    Status refuse_unfit(const Plan& plan, const Inventory& inventory);
    Status put_on(const Plan& plan);
    void expect_removals(std::span<const AddressRequest> removals);
    bool can_be_put_back(const Vip& vip) const;
    bool is_foreign_vip(const AddressRecord& address);
    void forget_foreign(const AddressRecord& address);

    Vip* at(InterfaceIndex interface, const Prefix& address);
    InterfaceIndex index_of(const Vip& vip) const;
    AddressRequest request(AddressRequest::Verb verb, const Vip& vip) const;

    const Config& config_;
    const InterfaceTable& interfaces_;
    AddressKernel kernel_;
    std::uint32_t valid_seconds_;
    std::vector<Vip> vips_;
    std::vector<AddressRecord> foreign_;  ///< addresses equal to a VIP that are not ours
    bool held_ = false;
};

}  // namespace komainu
