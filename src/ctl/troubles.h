// What is wrong in a cluster, in plain words.
#pragma once

#include <string>
#include <vector>

#include "ctl/cluster_view.h"

namespace komainu {

/// Sentences, the worst first; none when all is well.
std::vector<std::string> troubles_of(const ClusterView& cluster);

}  // namespace komainu
