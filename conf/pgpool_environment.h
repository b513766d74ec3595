// What komainu-pgpool is told, by the environment. Both ends are here, the writer for whoever
// starts the program and the reader for the program.
#pragma once

#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/environment.h"

namespace komainu {

/// What komainu-pgpool goes by.
struct PgpoolSettings {
    PgpoolConfig pgpool;
    std::string control_socket;  ///< of the komainud beside it
    int node = 0;                ///< of the cluster, for its log
    bool operator==(const PgpoolSettings&) const = default;
};

/// "NAME=value" each, of a configuration with [pgpool].
std::vector<std::string> pgpool_environment(const Config& config);

/// The error names the variable.
Result<PgpoolSettings> read_pgpool_environment(const Lookup& lookup);

}  // namespace komainu
