// What libnl reads in a message about a route or a rule: another hand than the one that made it
// up, though not another library.
#pragma once

#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "netlink/route_records.h"

namespace komainu {

/// Texts as ip(8) has them; empty, or 0, where the message has none.
struct SeenRouteMessage {
    int type = 0;  ///< RTM_…
    int flags = 0;
    std::string destination, gateway, source;  ///< of a rule: to, (nothing), from
    std::string interface;                     ///< of a rule its name, of a route its number
    std::uint32_t table = 0;
    std::uint32_t priority = 0;  ///< of a route its metric
    int proto = 0;
    int scope = 0;

    bool is_removal() const { return type == RTM_DELROUTE || type == RTM_DELRULE; }
    /// By what the kernel finds it.
    std::string place() const {
        const bool is_rule = type == RTM_NEWRULE || type == RTM_DELRULE;
        return (is_rule ? "rule " + source + " " + destination + " " + interface : "route " + destination) +
               " table " + std::to_string(table) + " at " + std::to_string(priority);
    }
};

inline std::string text_of(nl_addr* address) {
    char text[64];
    return address == nullptr ? "" : nl_addr2str(address, text, sizeof text);
}

inline void see(rtnl_route* route, SeenRouteMessage& seen) {
    seen.destination = text_of(rtnl_route_get_dst(route));
    seen.source = text_of(rtnl_route_get_pref_src(route));
    seen.table = rtnl_route_get_table(route);
    seen.priority = rtnl_route_get_priority(route);
    seen.proto = rtnl_route_get_protocol(route);
    seen.scope = rtnl_route_get_scope(route);
    if (rtnl_route_get_nnexthops(route) != 1) return;
    rtnl_nexthop* hop = rtnl_route_nexthop_n(route, 0);
    seen.gateway = text_of(rtnl_route_nh_get_gateway(hop));
    seen.interface = std::to_string(rtnl_route_nh_get_ifindex(hop));
}

inline void see(rtnl_rule* rule, SeenRouteMessage& seen) {
    std::uint8_t proto = 0;
    rtnl_rule_get_protocol(rule, &proto);
    seen.destination = text_of(rtnl_rule_get_dst(rule));
    seen.source = text_of(rtnl_rule_get_src(rule));
    const char* interface = rtnl_rule_get_iif(rule);
    seen.interface = interface == nullptr ? "" : interface;
    seen.table = rtnl_rule_get_table(rule);
    seen.priority = rtnl_rule_get_prio(rule);
    seen.proto = proto;
}

inline SeenRouteMessage seen_in(std::span<const std::byte> bytes) {
    SeenRouteMessage seen;
    RouteMessage copy(bytes.begin(), bytes.end());
    auto* header = static_cast<nlmsghdr*>(static_cast<void*>(copy.data()));
    seen.type = header->nlmsg_type;
    seen.flags = header->nlmsg_flags;
    const std::unique_ptr<nl_msg, decltype(&nlmsg_free)> message(nlmsg_convert(header), nlmsg_free);
    nlmsg_set_proto(message.get(), NETLINK_ROUTE);
    const auto take = [](nl_object* object, void* into) {
        auto& found = *static_cast<SeenRouteMessage*>(into);
        void* const plain = object;
        if (std::strcmp(nl_object_get_type(object), "route/route") == 0)
            see(static_cast<rtnl_route*>(plain), found);
        else
            see(static_cast<rtnl_rule*>(plain), found);
    };
    nl_msg_parse(message.get(), take, &seen);
    return seen;
}

}  // namespace komainu
