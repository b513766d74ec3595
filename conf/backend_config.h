// The servers behind the watched service whose states the nodes share, and what is to be done when
// one of those changes: `[backends]` and `[backend.N]`.
#pragma once

#include <optional>
#include <string>

#include "base/address.h"
#include "base/time.h"
#include "conf/command.h"

namespace komainu {

/// `[backends]`. The commands are run by the active alone, one at a time, in the order of the
/// events; in their words stand pgpool-II's placeholders (conf/placeholders.h).
struct BackendsConfig {
    Argv failover_command;        ///< when a backend was detached
    Argv failback_command;        ///< when one was attached
    Argv follow_primary_command;  ///< when another is the primary, for each of the rest
    Duration command_timeout = 60s;
    /// So many nodes must find a backend down for it to be detached; unset: a majority.
    std::optional<int> consensus;
    bool operator==(const BackendsConfig&) const = default;
};

/// `[backend.N]`
struct BackendConfig {
    int id = 0;
    Endpoint address;
    std::string data_directory;  ///< for the commands; may be empty
    bool primary = false;        ///< when the cluster is set up; later the nodes agree on that
    bool operator==(const BackendConfig&) const = default;
};

}  // namespace komainu
