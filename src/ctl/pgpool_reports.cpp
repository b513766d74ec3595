#include "ctl/pgpool_reports.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace komainu {

namespace {

using nlohmann::json;

// States of pgpool-II's watchdog (WD_STATES): of what is not there.
constexpr int dead = 0, lost = 8, shut_down = 10;

// Of WD_LIFECHECK_NODE_STATUS.
constexpr int status_dead = 1, status_alive = 2;

constexpr int all_nodes = -1;

bool is_gone(int state) { return state == dead || state == lost || state == shut_down; }

const NodeView* node_of(const ClusterView& cluster, int pgpool_node_id) {
    const auto found = std::ranges::find(cluster.nodes, pgpool_node_id + 1, &NodeView::id);
    return found == cluster.nodes.end() ? nullptr : &*found;
}

/// What the node is, if that has to be said: what pgpool-II does not believe. One that has shut
/// down or was never there comes by itself, and need not be called alive.
std::optional<bool> to_say(const NodeView& node, int state) {
    if (!node.alive) return {};
    if (*node.alive && state == lost) return true;
    if (!*node.alive && node.started_ms && !is_gone(state)) return false;
    return {};
}

json with_key(json body, const std::string& key) {
    if (!key.empty()) body["IPCAuthKey"] = key;
    return body;
}

}  // namespace

std::optional<std::vector<PgpoolNode>> other_pgpool_nodes(const json& list) {
    if (!list.is_object() || !list.contains("WatchdogNodes")) return {};
    const json& all = list["WatchdogNodes"];
    if (!all.is_array() || all.empty()) return {};
    std::vector<PgpoolNode> nodes;
    for (auto node = all.begin() + 1; node != all.end(); ++node) {
        if (!node->is_object()) return {};
        const auto id = node->find("ID"), state = node->find("State");
        if (id == node->end() || !id->is_number_integer()) return {};
        if (state == node->end() || !state->is_number_integer()) return {};
        nodes.push_back({id->get<int>(), state->get<int>()});
    }
    return nodes;
}

std::string body_of(const PgpoolReport& report, const std::string& key) {
    const json body{{"NodeID", report.id},
                    {"NodeStatus", report.alive ? status_alive : status_dead},
                    {"Message", report.alive ? "komainu hears it" : "komainu no longer hears it"}};
    return with_key(body, key).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string body_of_list_request(const std::string& key) {
    return with_key({{"NodeID", all_nodes}}, key)
        .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<PgpoolReport> PgpoolReporter::due(const ClusterView& cluster,
                                              const std::vector<PgpoolNode>& nodes, Instant now) {
    std::vector<PgpoolReport> reports;
    for (const auto& [id, state] : nodes) {
        const NodeView* const node = node_of(cluster, id);
        const auto alive = node ? to_say(*node, state) : std::nullopt;
        if (!alive) continue;
        const auto before = said_.find(id);
        if (before != said_.end() && before->second.alive == *alive &&
            now - before->second.at < say_again_after)
            continue;
        said_[id] = {*alive, now};
        reports.push_back({id, *alive});
    }
    return reports;
}

}  // namespace komainu
