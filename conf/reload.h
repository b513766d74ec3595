// Which differences between the running configuration and a new one a daemon can take over, and
// which need a restart.
//
// Taken over are those that move nothing by themselves: services and hooks, priorities, preemption,
// the rule for rivals, the keys, and the times, which the nodes tell one another. What the nodes
// must agree on to tell who may hold a VIP (the nodes, the quorum and what its loss means, their
// links), and what was opened while there were privileges for it, stays until a restart.
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

}  // namespace komainu
