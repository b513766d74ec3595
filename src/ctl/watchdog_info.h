// What pcp_watchdog_info of pgpool-II 4.3 prints, told of a komainu cluster: for scripts that read
// it.
#pragma once

#include <string>

#include "ctl/cluster_view.h"

namespace komainu {

enum class Detail { brief, verbose };

/// `service_port` stands for pgpool's own port, which komainu need not know.
std::string watchdog_info(const ClusterView& cluster, int service_port, Detail detail);

}  // namespace komainu
