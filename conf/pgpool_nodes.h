// The nodes of a pgpool.conf, and the networks on which they hear one another. From 4.2 on one file
// names all nodes (hostname0, hostname1, ...). Before, each has a file of its own, which names
// itself (wd_hostname) and the others (other_pgpool_hostname0, ...).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/address.h"
#include "conf/pgpool_draft.h"
#include "conf/pgpool_watchdog.h"

namespace komainu {

/// A name or address, or an interface, that a parameter gives.
struct PgpoolHost {
    std::string text;
    const PgpoolParameter* from = nullptr;
    std::string also_from =
        {};  ///< the names of others that give the same, with commas before them
};

/// What becomes a link: a host of each node, by the node's number in komainu, and the interface.
struct PgpoolNetwork {
    std::map<int, PgpoolHost> hosts;
    std::map<int, PgpoolHost> devices;
};

struct PgpoolNodes {
    bool each_has_a_file = false;         ///< as before 4.2; node 1 is then who has this one
    std::vector<int> numbers;             ///< of the nodes in komainu, ascending
    std::vector<PgpoolNetwork> networks;  ///< at least one

    bool has_address(const IpAddress& address) const;
};

/// What cannot be a link or a node is left out, with the reason.
PgpoolNodes read_pgpool_nodes(PgpoolWatchdog& watchdog, PgpoolDraft& draft);

}  // namespace komainu
