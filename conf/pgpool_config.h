// `[pgpool]`: how the pgpool-II beside a komainud is kept in line with what the cluster has agreed
// on about the backends (src/pgpool).
#pragma once

#include <cstdint>
#include <string>

#include "base/address.h"
#include "base/time.h"

namespace komainu {

/// Who decides about the backends.
enum class PgpoolMode : std::uint8_t {
    mirror,     ///< any pgpool: what one does by itself, the others do as well
    consensus,  ///< komainu alone: what a pgpool does by itself is undone
};

/// Where a pgpool-II is asked over PCP.
struct PcpAddress {
    Endpoint endpoint;
    std::string unix_socket = {};  ///< in place of the endpoint, unless it is empty
    bool operator==(const PcpAddress&) const = default;
};

struct PgpoolConfig {
    PcpAddress pcp{{{Family::ipv4, {127, 0, 0, 1}}, 9898}};
    std::string user;
    std::string password_file = "/etc/komainu/pcppass";
    PgpoolMode mode = PgpoolMode::mirror;
    Duration interval = 500ms;
    bool operator==(const PgpoolConfig&) const = default;
};

}  // namespace komainu
