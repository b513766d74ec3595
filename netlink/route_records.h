// Routes and rules as values, and the requests that are made of them. These know nothing of the
// kernel's byte layout (netlink/route_messages.h does).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "netlink/records.h"

namespace komainu {

/// The mark on every route (rtm_protocol) and every rule (FRA_PROTOCOL, Linux 4.17) that we put
/// there: 'k', as on addresses. Nobody else's in /etc/iproute2/rt_protos and linux/rtnetlink.h.
inline constexpr std::uint8_t komainu_route_proto = 0x6b;

struct RouteRecord {
    Prefix destination;
    std::optional<IpAddress> gateway;  ///< nothing: the interface's own network
    InterfaceIndex interface = no_interface;
    std::optional<IpAddress> source;
    std::uint32_t table = 0;
    std::uint32_t metric = 0;
};

struct RuleRecord {
    Family family = Family::ipv4;
    std::optional<Prefix> from;
    std::optional<Prefix> to;
    std::string interface;  ///< by which a packet came in; empty: any, or none
    std::uint32_t table = 0;
    std::uint32_t priority = 0;
};

enum class RouteVerb : std::uint8_t {
    add,     ///< EEXIST when its place is taken, whoever took it
    remove,  ///< what is in its place and has our mark, and nothing else
};

/// A request as the kernel takes it, but for its sequence number.
using RouteMessage = std::vector<std::byte>;

/// A message to be sent, and what the kernel said to it.
struct RouteRequest {
    RouteVerb verb = RouteVerb::add;
    std::span<const std::byte> message;
    int error = 0;  ///< 0 or an errno

    /// Whether it now is as it was wished. What is not there needs no removing.
    bool fulfilled() const;
};

}  // namespace komainu
