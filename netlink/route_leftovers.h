// The routes and rules with our mark, in all tables of this network namespace: asked for at the
// start, when nobody holds anything, and at the end.
#pragma once

#include <vector>

#include "base/result.h"
#include "netlink/route_records.h"

namespace komainu {

/// Their removals. The kernel itself looks for the mark (Linux 5.0), so that a host with hundreds
/// of thousands of routes does not have to be told all of them. Needs no privilege.
Result<std::vector<RouteMessage>> list_marked_routes();

}  // namespace komainu
