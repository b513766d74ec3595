// Whether the parts of a configuration fit together. What a single value may be is the reader's
// business (conf/keys.cpp); here stands what takes two of them, or the host's own addresses.
#pragma once

#include <optional>
#include <span>

#include "base/local_address.h"
#include "conf/config.h"
#include "conf/problem.h"

namespace komainu {

/// Whether the removal of so many VIPs, routes and rules leaves most of the deadtime for the lease.
bool leaves_time_for_lease(Duration deadtime, std::size_t guarded);

/// What the file alone tells: the same on every node.
void check(const Config& config, const Lines& lines, Problems& problems);

/// Finds out which node this host is: by the option --node-id, else by node_id in the file, else
/// by the one node with an address of this host. Sets config.self, or reports why it cannot, with
/// the severity that it has for the caller.
void find_self(Config& config, std::optional<NodeId> option, std::span<const LocalAddress> local,
               Severity severity, const Lines& lines, Problems& problems);

/// Warns of a VIP that is on no network of its interface. To be asked for a node that may hold
/// VIPs; whether the interface exists at all is seen when the VIP is to be added.
void check_vip_networks(const Config& config, std::span<const LocalAddress> local,
                        const Lines& lines, Problems& problems);

}  // namespace komainu
