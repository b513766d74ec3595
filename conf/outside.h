// What a node asks of the others' services (`[lifecheck] method = query`).
#pragma once

#include <vector>

#include "conf/config.h"

namespace komainu {

/// Whether others can ask for it: it has a TCP port, and counts for its node's health.
bool is_asked_from_outside(const ServiceConfig& service);

/// The node's services as others ask for them: at its address on the first link, at the port and
/// with the question of the node's own check, and well until they fail. Empty where the method is
/// another, and for a witness and this node itself.
std::vector<ServiceConfig> services_from_outside(const Config& config, const NodeConfig& node);

}  // namespace komainu
