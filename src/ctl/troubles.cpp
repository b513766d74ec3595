#include "ctl/troubles.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ctl/peer_trouble.h"
#include "ctl/status_text.h"

namespace komainu {

namespace {

/// A command that merely runs is no trouble.
constexpr std::int64_t command_long_ms = 60'000;

bool is_alive(const NodeView& node) { return node.alive.value_or(true); }

bool can_be_active(const NodeView& node) {
    return node.role != "witness" && is_alive(node) && !node.on_standby;
}

std::string votes_of(const ClusterView& cluster) {
    return fmt::format("{} of {} votes", cluster.votes_heard, cluster.nodes.size());
}

std::string why_nobody_is_active(const ClusterView& cluster) {
    if (!cluster.quorum.value_or(true)) return "no quorum (" + votes_of(cluster) + ")";
    const auto fit = [](const NodeView& n) { return can_be_active(n) && n.healthy.value_or(true); };
    if (std::ranges::none_of(cluster.nodes, fit))
        return "no node that could be is alive and healthy";
    if (cluster.paused) return "the cluster is paused for maintenance";
    const auto waits = [&](const NodeView& n) { return !fit(n) || n.quarantined; };
    if (std::ranges::all_of(cluster.nodes, waits))
        return "the nodes have just started and wait for one deadtime";
    // quorum = half; by majority this would be no quorum.
    if (2 * cluster.votes_heard == static_cast<int>(cluster.nodes.size()))
        return "these are half of the votes, so the arbiter must agree; see the log of komainud";
    return "an election is under way";
}

void add_leadership(const ClusterView& cluster, std::vector<std::string>& troubles) {
    if (cluster.stale)
        troubles.push_back(fmt::format(
            "STALE: node {} holds the VIPs without a quorum (on_quorum_loss = hold); another node "
            "may hold them as well",
            cluster.node_id));
    if (cluster.paused)
        troubles.push_back(
            "paused for maintenance: nobody takes over; to end it: komainuctl resume");
    std::vector<int> actives;
    for (const auto& node : cluster.nodes)
        if (node.role == "active" && is_alive(node)) actives.push_back(node.id);
    if (actives.size() > 1)
        troubles.push_back(fmt::format("nodes {} {} say that they are active",
                                       fmt::join(actives, " and "),
                                       actives.size() == 2 ? "both" : "all"));
    if (cluster.active == 0)
        troubles.push_back("no node is active: " + why_nobody_is_active(cluster));
    else if (!cluster.quorum.value_or(true))
        troubles.push_back("there is no quorum (" + votes_of(cluster) + ")");
}

void add_node(const ClusterView& cluster, const NodeView& node,
              std::vector<std::string>& troubles) {
    if (!is_alive(node)) {
        const auto why = why_unheard(cluster, node);
        troubles.push_back(
            fmt::format("node {} is down{}{}", node.id, why ? ": " : "", why ? why->what : ""));
        return;
    }
    if (!node.healthy.value_or(true))
        troubles.push_back(fmt::format("node {} is not healthy{}{}", node.id,
                                       node.reason.empty() ? "" : ": ", node.reason));
    if (node.paused && !cluster.paused)
        troubles.push_back(fmt::format("node {} is paused for maintenance", node.id));
    if (node.on_standby)
        troubles.push_back(fmt::format("node {} was put on standby by its operator", node.id));
    if (!node.out_of_reach_of.empty())
        troubles.push_back(fmt::format(
            "node {}'s service is out of reach of node{} {}{}{}", node.id,
            node.out_of_reach_of.size() == 1 ? "" : "s", fmt::join(node.out_of_reach_of, " and "),
            node.out_of_reach_reason.empty() ? "" : ": ", node.out_of_reach_reason));
    if (!node.version.empty() && !cluster.version.empty() && node.version != cluster.version)
        troubles.push_back(fmt::format("node {} runs komainu {}, and this one {}", node.id,
                                       node.version, cluster.version));
    if (!node.refused.empty())
        troubles.push_back(fmt::format("node {} may not join: {}", node.id, node.refused));
    for (const auto& group : node.other_settings)
        troubles.push_back(
            fmt::format("node {} has other settings than this one: {}; give all nodes the same "
                        "file, and reload",
                        node.id, group));
    for (const auto& link : node.links)
        if (!link.alive.value_or(true))
            troubles.push_back(
                node.id == cluster.node_id
                    ? fmt::format("this node cannot use its address {} (yet): it is on no "
                                  "interface of this host, or on one that is down",
                                  link.address)
                    : fmt::format("node {} is not heard at {}", node.id, link.address));
}

void add_vip(const ClusterView& cluster, const VipView& vip, std::vector<std::string>& troubles) {
    const bool is_active = cluster.active != 0 && cluster.active == cluster.node_id;
    if (is_active && !vip.held.value_or(true))
        troubles.push_back(fmt::format("VIP {} is not held, though this node is active", vip.name));
    if (!is_active && !cluster.stale && vip.held.value_or(false))
        troubles.push_back(fmt::format("VIP {} is held, though this node is not active", vip.name));
}

/// Where the node is unhealthy by its services, its own line has said so.
void add_services(const ClusterView& cluster, std::vector<std::string>& troubles) {
    for (const auto& node : cluster.nodes)
        if (node.id == cluster.node_id && !node.healthy.value_or(true)) return;
    for (const auto& service : cluster.services)
        if (service.state == "ill")
            troubles.push_back(fmt::format("service {} is ill{}{}", service.name,
                                           service.reason.empty() ? "" : ": ", service.reason));
}

void add_backend(const BackendView& backend, std::vector<std::string>& troubles) {
    if (backend.state == "down")
        troubles.push_back(fmt::format("backend {} ({}) is detached", backend.id, backend.address));
    if (backend.state == "quarantined")
        troubles.push_back(fmt::format("backend {} ({}) is in use, though this node finds it down",
                                       backend.id, backend.address));
}

void add_backend_table(const BackendTableView& table, std::vector<std::string>& troubles) {
    if (table.lost)
        troubles.push_back(
            "this node's table of backends is lost, and waits to be made out anew with the others");
    if (!table.disk_trouble.empty())
        troubles.push_back("this node cannot store the table of backends: " + table.disk_trouble);
    if (table.pending > 0)
        troubles.push_back(
            table.pending == 1
                ? "1 event of the backends does not count yet: no quorum is known to have stored it"
                : fmt::format("{} events of the backends do not count yet: no quorum is known to "
                              "have stored them",
                              table.pending));
    if (table.commands_pending > 0 && table.command_ms >= command_long_ms)
        troubles.push_back(
            table.commands_pending == 1
                ? fmt::format("1 command for a backend has not ended for {}",
                              age_text(table.command_ms))
                : fmt::format("{} commands for backends wait, one has not ended for {}",
                              table.commands_pending, age_text(table.command_ms)));
    if (!table.command_failed.empty()) troubles.push_back(table.command_failed);
}

void add_rest(const ClusterView& cluster, std::vector<std::string>& troubles) {
    add_services(cluster, troubles);
    add_backend_table(cluster.backend_table, troubles);
    for (const auto& backend : cluster.backends) add_backend(backend, troubles);
    for (const auto& server : cluster.trusted_servers)
        if (!server.answers.value_or(true))
            troubles.push_back("trusted server " + server.address + " does not answer");
    if (!cluster.runner_trouble.empty()) troubles.push_back(cluster.runner_trouble);
    if (!cluster.pgpool_caution.empty()) troubles.push_back(cluster.pgpool_caution);
}

}  // namespace

std::vector<std::string> troubles_of_leadership(const ClusterView& cluster) {
    std::vector<std::string> troubles;
    add_leadership(cluster, troubles);
    return troubles;
}

std::vector<std::string> troubles_of_node(const ClusterView& cluster, const NodeView& node) {
    std::vector<std::string> troubles;
    add_node(cluster, node, troubles);
    return troubles;
}

std::vector<std::string> troubles_beside(const ClusterView& cluster) {
    std::vector<std::string> troubles;
    for (const auto& vip : cluster.vips) add_vip(cluster, vip, troubles);
    add_rest(cluster, troubles);
    return troubles;
}

std::vector<std::string> troubles_of(const ClusterView& cluster) {
    std::vector<std::string> troubles;
    add_leadership(cluster, troubles);
    for (const auto& vip : cluster.vips) add_vip(cluster, vip, troubles);
    for (const auto& node : cluster.nodes) add_node(cluster, node, troubles);
    add_rest(cluster, troubles);
    if (!cluster.stream_trouble.empty())
        troubles.push_back(fmt::format("there is no stream to node {}: {}", cluster.active,
                                       cluster.stream_trouble));
    return troubles;
}

}  // namespace komainu
