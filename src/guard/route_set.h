// The routes and rules of the configuration, which come and go with the VIPs: put on all or none,
// put back, removed, and found again when an earlier run left them behind.
//
// Nothing keeps them there but the kernel, and it drops routes by itself: when an interface is set
// down, or the address goes that is their source. Its notifications would tell, but of every route
// of this host, which may be hundreds of thousands. So they are just put on again from time to time
// and whenever there is a reason: what is there already stays as it is.
//
// All messages are made beforehand, and anew when an interface's name means another one. Knows the
// kernel only by the two functions that it is given, and decides nothing.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conf/config.h"
#include "guard/interfaces.h"
#include "netlink/route_records.h"

namespace komainu {

/// RouteSocket::apply and list_marked_routes, or a test's kernel.
struct RouteKernel {
    std::function<Status(std::span<RouteRequest>)> apply;
    std::function<Result<std::vector<RouteMessage>>()> list_marked;
};

class RouteSet {
public:
    RouteSet(const Config& config, RouteKernel kernel);

    /// Puts all of them on, once the VIPs are there, which may be their sources. When one cannot be
    /// put on, those that were are removed again and the error says which and why. One that is
    /// there already and is not ours is such a reason.
    Status hold();

    /// Removes all of them; what is not there counts as removed. After an error some may still be
    /// there: to be called again.
    Status drop();

    struct PutBack {
        std::vector<std::string> back;  ///< the titles of what was gone
        Status done = Ok{};             ///< or why some are still missing
    };
    PutBack put_back();

    /// A VIP was gone and is back. The kernel has kept the IPv6 routes whose source it was, and has
    /// made them forget it: they are removed, for put_back() to put them on as they were.
    void source_was_gone(const IpAddress& source);

    /// Follows the kernel.
    void follow(const LinkRecord& link) { interfaces_.follow(link); }
    void forget(InterfaceIndex removed) { interfaces_.forget(removed); }
    void follow_all(const Inventory& inventory) { interfaces_.follow_all(inventory); }

    /// Acts on what was followed. Whether there is a reason to put back.
    bool settle();

    struct Swept {
        std::size_t routes = 0;
        std::size_t rules = 0;
    };
    /// Removes whatever has our mark.
    Result<Swept> sweep();

private:
    /// A route or a rule. The order is that in which they are put on.
    struct Item {
        std::string title;
        const RouteConfig* route = nullptr;  ///< else a rule
        const RuleConfig* rule = nullptr;
        std::size_t interface = 0;  ///< of a route: position in the table
        RouteMessage add = {};      ///< of a route whose interface is not there: empty
        RouteMessage removal = {};
    };

    void make_messages(Item& item);
    Status refuse_unfit() const;
    Status replace_existing();
    Status first_refusal() const;
    Status remove_all_of(const std::function<bool(const Item&)>& is_wanted);

    InterfaceTable interfaces_;
    RouteKernel kernel_;
    std::vector<Item> items_;
    std::vector<RouteRequest> requests_;  ///< one for each item, so that its room is there already
    bool held_ = false;
};

}  // namespace komainu
