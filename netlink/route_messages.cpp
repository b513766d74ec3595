#include "netlink/route_messages.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/assert.h"

namespace komainu {

namespace {

struct FreeObject {
    void operator()(nl_addr* address) const { nl_addr_put(address); }
    void operator()(nl_msg* message) const { nlmsg_free(message); }
    void operator()(rtnl_route* route) const { rtnl_route_put(route); }
    void operator()(rtnl_rule* rule) const { rtnl_rule_put(rule); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeObject>;

constexpr int request_flags = NLM_F_REQUEST | NLM_F_ACK;
constexpr int add_flags = request_flags | NLM_F_CREATE | NLM_F_EXCL;

int kernel_family(Family family) { return family == Family::ipv4 ? AF_INET : AF_INET6; }

/// What fails here is either no memory or a mistake of ours.
void must(int error) { KOMAINU_ASSERT(error >= 0); }

/// All of a family has no bytes.
Owned<nl_addr> libnl_address(const Prefix& prefix) {
    const auto& [address, length] = prefix;
    Owned<nl_addr> made(nl_addr_build(kernel_family(address.family), address.bytes.data(),
                                      length == 0 ? 0 : address.size()));
    KOMAINU_ASSERT(made);
    nl_addr_set_prefixlen(made.get(), length);
    return made;
}

Owned<nl_addr> libnl_address(const IpAddress& address) {
    return libnl_address(Prefix{address, static_cast<std::uint8_t>(address.size() * 8)});
}

RouteMessage bytes_of(int error, nl_msg* built) {
    must(error);
    const Owned<nl_msg> message(built);
    const nlmsghdr* header = nlmsg_hdr(message.get());
    const auto* bytes = static_cast<const std::byte*>(static_cast<const void*>(header));
    return {bytes, bytes + NLMSG_ALIGN(header->nlmsg_len)};
}

/// By what the kernel finds a route.
Owned<rtnl_route> libnl_place(const RouteRecord& route) {
    Owned<rtnl_route> made(rtnl_route_alloc());
    KOMAINU_ASSERT(made);
    must(rtnl_route_set_family(
        made.get(), static_cast<std::uint8_t>(kernel_family(route.destination.address.family))));
    must(rtnl_route_set_dst(made.get(), libnl_address(route.destination).get()));
    rtnl_route_set_table(made.get(), route.table);
    rtnl_route_set_protocol(made.get(), komainu_route_proto);
    if (route.metric != 0) rtnl_route_set_priority(made.get(), route.metric);
    return made;
}

void set_properties(rtnl_route* made, const RouteRecord& route) {
    must(rtnl_route_set_type(made, RTN_UNICAST));
    rtnl_route_set_scope(made, route.gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
    if (route.source) must(rtnl_route_set_pref_src(made, libnl_address(*route.source).get()));
    rtnl_nexthop* hop = rtnl_route_nh_alloc();
    KOMAINU_ASSERT(hop);
    rtnl_route_nh_set_ifindex(hop, static_cast<int>(route.interface));
    if (route.gateway) rtnl_route_nh_set_gateway(hop, libnl_address(*route.gateway).get());
    rtnl_route_add_nexthop(made, hop);  // which is its owner from now on
}

/// Of a rule for all of a family the kernel wants no address.
template <class Set>
void set_prefix(rtnl_rule* rule, Set set, const std::optional<Prefix>& prefix) {
    if (prefix && prefix->length != 0) must(set(rule, libnl_address(*prefix).get()));
}

Owned<rtnl_rule> libnl_rule(const RuleRecord& rule) {
    Owned<rtnl_rule> made(rtnl_rule_alloc());
    KOMAINU_ASSERT(made);
    rtnl_rule_set_family(made.get(), kernel_family(rule.family));
    rtnl_rule_set_action(made.get(), FR_ACT_TO_TBL);
    rtnl_rule_set_table(made.get(), rule.table);
    rtnl_rule_set_prio(made.get(), rule.priority);
    must(rtnl_rule_set_protocol(made.get(), komainu_route_proto));
    set_prefix(made.get(), rtnl_rule_set_src, rule.from);
    set_prefix(made.get(), rtnl_rule_set_dst, rule.to);
    if (!rule.interface.empty()) must(rtnl_rule_set_iif(made.get(), rule.interface.c_str()));
    return made;
}

/// The protocol of a route or rule that a dump tells of; nothing for other messages.
std::optional<std::uint8_t> proto_of(nlmsghdr* header) {
    if (header->nlmsg_type == RTM_NEWROUTE && nlmsg_valid_hdr(header, sizeof(rtmsg)))
        return static_cast<const rtmsg*>(nlmsg_data(header))->rtm_protocol;
    if (header->nlmsg_type != RTM_NEWRULE || !nlmsg_valid_hdr(header, sizeof(fib_rule_hdr)))
        return {};
    const nlattr* proto = nlmsg_find_attr(header, sizeof(fib_rule_hdr), FRA_PROTOCOL);
    if (proto == nullptr || nla_len(proto) < 1) return {};
    return nla_get_u8(proto);
}

}  // namespace

bool RouteRequest::fulfilled() const {
    if (verb == RouteVerb::add) return error == 0;
    // ESRCH: no such route. ENOENT: no such rule. The others: a host without IPv6.
    return error == 0 || error == ESRCH || error == ENOENT || error == EAFNOSUPPORT ||
           error == EOPNOTSUPP;
}

RouteMessage build_route_message(RouteVerb verb, const RouteRecord& route) {
    const auto made = libnl_place(route);
    nl_msg* message = nullptr;
    if (verb == RouteVerb::add) {
        set_properties(made.get(), route);
        const int error = rtnl_route_build_add_request(made.get(), add_flags, &message);
        return bytes_of(error, message);
    }
    must(rtnl_route_set_type(made.get(), RTN_UNSPEC));
    rtnl_route_set_scope(made.get(), RT_SCOPE_NOWHERE);
    const int error = rtnl_route_build_del_request(made.get(), request_flags, &message);
    return bytes_of(error, message);
}

RouteMessage build_rule_message(RouteVerb verb, const RuleRecord& rule) {
    const auto made = libnl_rule(rule);
    nl_msg* message = nullptr;
    const int error = verb == RouteVerb::add
                          ? rtnl_rule_build_add_request(made.get(), add_flags, &message)
                          : rtnl_rule_build_delete_request(made.get(), request_flags, &message);
    return bytes_of(error, message);
}

// The kernel takes what it tells of a route or rule for the description of one to be removed.
std::optional<RouteMessage> removal_of_marked(std::span<const std::byte> message) {
    RouteMessage removal(message.begin(), message.end());
    nlmsghdr header;
    if (removal.size() < sizeof header) return {};
    std::memcpy(&header, removal.data(), sizeof header);
    if (header.nlmsg_len != removal.size()) return {};
    if (proto_of(static_cast<nlmsghdr*>(static_cast<void*>(removal.data()))) != komainu_route_proto)
        return {};
    header.nlmsg_type = header.nlmsg_type == RTM_NEWROUTE ? RTM_DELROUTE : RTM_DELRULE;
    header.nlmsg_flags = request_flags;
    header.nlmsg_pid = 0;
    std::memcpy(removal.data(), &header, sizeof header);
    removal.resize(NLMSG_ALIGN(removal.size()));
    return removal;
}

bool is_about_rule(std::span<const std::byte> message) {
    nlmsghdr header{};
    std::memcpy(&header, message.data(), std::min(message.size(), sizeof header));
    return header.nlmsg_type == RTM_NEWRULE || header.nlmsg_type == RTM_DELRULE;
}

}  // namespace komainu
