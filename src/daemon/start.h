// From a checked configuration to running processes: main, runner, and guard where the node may
// hold VIPs. Everything that can go wrong is tried before anything on the system is changed:
// sockets and locks first, then the guard, which checks its interfaces before it sweeps; privileges
// go before the first datagram is read.
#pragma once

#include "conf/load.h"

namespace komainu {

/// The life of a node. The exit status. Takes the keys, to keep one copy of them and no other. The
/// source is where a reload finds what the configuration came from.
int run_node(const ConfigSource& source, LoadedConfig loaded);

}  // namespace komainu
