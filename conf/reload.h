// Which differences between the running configuration and a new one a daemon can take over, and
// which need a restart.
//
// Taken over are those that move nothing by themselves: services and hooks, VIPs and the interfaces
// that are tracked, priorities, preemption, the rule for rivals, the keys, and the times, which the
// nodes tell one another. What the nodes must agree on to tell who may hold the VIPs (the nodes,
// the quorum and what its loss means, their links), what was opened while there were privileges for
// it, and VIPs that commands move stay until a restart.
#pragma once

#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/problem.h"

namespace komainu {

/// What changes: "service.pgpool", "cluster.preempt", …; sections by their names. For each
/// difference that needs a restart an error is added instead, at its place in the new file.
std::vector<std::string> plan_reload(const Config& running, const Config& wanted,
                                     const Lines& lines, Problems& problems);

/// Whether there are other VIPs or interfaces to look after than before, in whatever order: then it
/// takes the guard's consent.
bool concerns_guard(const Config& running, const Config& wanted);

}  // namespace komainu
