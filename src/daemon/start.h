// From a checked configuration to running processes: main, guard, and a runner where there is
// anything to run. Everything that can go wrong is tried before anything on the system is changed:
// sockets and locks first, then the guard, which checks its interfaces before it sweeps; privileges
// go before the first datagram is read.
#pragma once

#include "conf/config.h"
#include "conf/key_file.h"

namespace komainu {

/// The life of a node. The exit status. Takes the keys, to keep one copy of them and no other.
int run_node(const Config& config, ClusterKeys keys);

}  // namespace komainu
