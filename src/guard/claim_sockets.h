// The guard's ears: a socket for each family that a VIP has, which hears who else claims one.
#pragma once

#include <vector>

#include "conf/config.h"
#include "packet/claim_socket.h"

namespace komainu {

/// None for a family that no VIP has: an IPv6 socket costs a little for each packet received.
Result<std::vector<ClaimSocket>> open_claim_sockets(const Config& config);

}  // namespace komainu
