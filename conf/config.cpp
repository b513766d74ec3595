#include "conf/config.h"

#include <algorithm>

#include "base/assert.h"

namespace komainu {

const NodeConfig& Config::node(NodeId id) const {
    const auto found = std::ranges::find(nodes, id, &NodeConfig::id);
    KOMAINU_ASSERT(found != nodes.end());
    return *found;
}

}  // namespace komainu
