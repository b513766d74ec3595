// What komainu tells the watchdog of pgpool-II of its nodes, when it stands in for the watchdog's
// own life check (wd_lifecheck_method = 'external'). By what pgpool-II says that it believes, not
// by what it was told before: so either side may be restarted at any time. Nothing here sends.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "ctl/cluster_view.h"

namespace komainu {

/// A node as pgpool-II's watchdog has it.
struct PgpoolNode {
    int id = 0;     ///< pgpool_node_id
    int state = 0;  ///< as pcp_watchdog_info counts them
};

/// The others, from the watchdog's list of nodes, which begins with its own; nothing when it is
/// none.
std::optional<std::vector<PgpoolNode>> other_pgpool_nodes(const nlohmann::json& list);

struct PgpoolReport {
    int id = 0;  ///< pgpool_node_id
    bool alive = false;
};

/// The watchdog's command that says it, as JSON. The key is wd_authkey, if there is one.
std::string body_of(const PgpoolReport& report, const std::string& key);
/// The same for the list of all nodes.
std::string body_of_list_request(const std::string& key);

class PgpoolReporter {
public:
    /// For how long the same is not said again of a node, whatever pgpool-II makes of it.
    static constexpr Duration say_again_after = 5s;

    /// What is to be said now. A node that this daemon has never heard is not called dead: it knows
    /// nothing of it, or has just started.
    std::vector<PgpoolReport> due(const ClusterView& cluster, const std::vector<PgpoolNode>& nodes,
                                  Instant now);

private:
    struct Said {
        bool alive = false;
        Instant at;
    };
    std::map<int, Said> said_;  ///< by pgpool_node_id
};

}  // namespace komainu
