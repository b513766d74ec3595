// Whether pgpool-II and the cluster mean the same servers by their backends' numbers. Pure.
#pragma once

#include <string>
#include <vector>

#include "pgpool/pcp.h"
#include "pgpool/reconciler.h"

namespace komainu {

/// The first difference between the two lists of servers, as a sentence; empty: each backend is the
/// same server to both. A host that pgpool has by its name, or by the directory of a Unix socket,
/// is only compared by its port.
std::string difference_of_servers(const WantedBackends& wanted, const std::vector<PcpNode>& nodes);

}  // namespace komainu
