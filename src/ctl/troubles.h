// What is wrong in a cluster, in plain words.
#pragma once

#include <string>
#include <vector>

#include "ctl/cluster_view.h"

namespace komainu {

/// Sentences, the worst first; none when all is well.
std::vector<std::string> troubles_of(const ClusterView& cluster);

/// Parts of that: who is active, one node, and what is neither that nor a stream.
std::vector<std::string> troubles_of_leadership(const ClusterView& cluster);
std::vector<std::string> troubles_of_node(const ClusterView& cluster, const NodeView& node);
std::vector<std::string> troubles_beside(const ClusterView& cluster);

}  // namespace komainu
