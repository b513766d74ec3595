// From a checked configuration to two running processes. Everything that can go wrong is tried
// before anything on the system is changed: sockets and locks first, then the guard, which checks
// its interfaces before it sweeps; privileges go before the first datagram is read.
#pragma once

#include <span>

#include "base/key.h"
#include "conf/config.h"

namespace komainu {

/// The life of a node. The exit status.
int run_node(const Config& config, std::span<const Key> keys);

}  // namespace komainu
