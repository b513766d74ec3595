// Where the fence stands: at both hooks of each interface that carries VIPs, and nowhere else, for
// as long as the guard lives, whether it holds the VIPs or not. Killed, the guard leaves it there,
// shut by the clock; the next guard puts its own in exchange.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "guard/fence.h"
#include "guard/interfaces.h"
#include "netlink/filter_socket.h"

namespace komainu {

class FencePosts {
public:
    /// Without programs, nothing is put anywhere.
    FencePosts(FilterSocket socket, std::optional<FencePrograms> programs,
               const InterfaceTable& interfaces);

    bool has_programs() const { return programs_.has_value(); }

    /// Removes what an earlier run has left on other interfaces than those that carry VIPs now, and
    /// where there are no programs, on these as well: else it would shut us out when we hold them.
    Status sweep(const Inventory& inventory);

    /// The interface's name means another kernel interface, or none: leaves the old one, and puts
    /// the fence on the new one.
    void follow(std::size_t interface);

    /// Puts the fence where it is missing, as somebody else has taken it away or it could not be
    /// put there before. Returns where it stands again.
    std::vector<std::string> put_back();

    /// Why the fence does not stand on every interface; empty when it does.
    std::string trouble() const;

    /// Before other VIPs are there, or others of their interfaces: enters them, and puts the fence
    /// on the interfaces that have none yet. Those that there were stay until keep_only() is
    /// called, with the new ones when the change is done, with the old ones when it came to
    /// nothing.
    /// An error where the fence is required and cannot stand on a new one.
    Status extend(const Config& wanted, const InterfaceTable& interfaces);
    void keep_only(const std::vector<VipConfig>& vips, const InterfaceTable& interfaces);

    /// What was dropped so far.
    FenceDrops drops() const { return programs_ ? programs_->counters->read() : FenceDrops{}; }

    /// To be called when no VIP is there any more.
    Status take_down();

private:
    struct Post {
        InterfaceIndex on = no_interface;
        std::string trouble;
    };

    Status put(InterfaceIndex interface);
    Status remove(InterfaceIndex interface);
    bool is_there(InterfaceIndex interface);
    bool carries_vips(InterfaceIndex interface) const;
    void fence(const VipInterface& interface);

    FilterSocket socket_;
    std::optional<FencePrograms> programs_;
    const InterfaceTable& interfaces_;
    std::map<std::string, Post> posts_;  ///< by interface
};

}  // namespace komainu
