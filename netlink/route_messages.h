// Messages about single routes and rules, made by libnl's objects. They are made beforehand:
// nothing here is on the takeover path.
#pragma once

#include <optional>
#include <span>

#include "netlink/route_records.h"

namespace komainu {

/// A removal goes by destination, table, metric and our mark: so it also fits a route that an
/// earlier run has put there by another gateway. Of an IPv4 route without a metric the kernel does
/// not compare that, and takes the lowest of ours.
RouteMessage build_route_message(RouteVerb verb, const RouteRecord& route);
RouteMessage build_rule_message(RouteVerb verb, const RuleRecord& rule);

/// The removal of what a message of a dump tells of; nothing when that has not our mark.
std::optional<RouteMessage> removal_of_marked(std::span<const std::byte> message);

/// Whether the message is about a rule, and not a route.
bool is_about_rule(std::span<const std::byte> message);

}  // namespace komainu
