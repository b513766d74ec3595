// What speaks against the cluster as this node sees it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "ctl/doctor.h"
#include "ctl/peer_trouble.h"
#include "ctl/status_text.h"
#include "ctl/troubles.h"

namespace komainu {

namespace {

std::string check_of(const NodeView& node) { return fmt::format("node {}", node.id); }

int votes_needed(const ClusterView& cluster) {
    return cluster.votes_needed != 0 ? cluster.votes_needed
                                     : static_cast<int>(cluster.nodes.size()) / 2 + 1;
}

/// How many of those that are heard may be lost.
void judge_spare(const ClusterView& cluster, Diagnoses& findings) {
    const int nodes = static_cast<int>(cluster.nodes.size());
    const int spare = cluster.votes_heard - votes_needed(cluster);
    if (spare < 0) return;
    if (nodes == 1)
        return findings.push_back({"spare", Judgement::warning,
                                   "the cluster is this node alone: nobody takes over from it",
                                   "add a second node and a third, which may be a witness"});
    if (spare == 0)
        return findings.push_back(
            {"spare", Judgement::warning,
             "no further node may be lost: then there is no quorum, and nobody is active",
             cluster.votes_heard < nodes
                 ? "bring back the nodes that are down"
                 : "add a node, it may be a witness (witness = yes): three nodes bear the loss of "
                   "one, five of two"});
    const std::string what =
        fmt::format("{} more node{} may be lost", spare, spare == 1 ? "" : "s");
    const bool by_majority = votes_needed(cluster) == nodes / 2 + 1;
    if (by_majority && nodes % 2 == 0 && cluster.votes_heard == nodes)
        return findings.push_back(
            {"spare", Judgement::ok,
             fmt::format("{}; {} nodes bear no more than {} do", what, nodes, nodes - 1), ""});
    findings.push_back({"spare", Judgement::ok, what, ""});
}

std::string advice_for_links(const DoctorFacts& facts, const NodeView& node) {
    const auto& cluster = *facts.cluster;
    if (node.id == cluster.node_id)
        return fmt::format(
            "is this host node {}? Give it node_id = N under [cluster], or bring "
            "up the interface with its address",
            node.id);
    return "komainuctl doctor there says more";
}

/// Who is alive, but not well in some way.
std::string advice_for(const DoctorFacts& facts, const NodeView& node) {
    const auto& cluster = *facts.cluster;
    if (!node.refused.empty())
        return "give it the same VIPs, routes, rules and backends, then: komainuctl reload there";
    if (!node.other_settings.empty())
        return fmt::format("copy {} from one node to the others, then: komainuctl reload there",
                           cluster.config_file.empty() ? "the file" : cluster.config_file);
    if (node.on_standby) return "komainuctl unstandby there, when it may become active again";
    if (node.paused) return "komainuctl resume, when the maintenance is over";
    if (!node.healthy.value_or(true) && node.id != cluster.node_id)
        return "only its own daemon knows why: komainuctl doctor there";
    return advice_for_links(facts, node);
}

/// What an operator has asked for is no problem.
Judgement as_bad_as(const NodeView& node) {
    const bool wanted = node.healthy.value_or(true) && node.refused.empty() &&
                        node.other_settings.empty() && (node.on_standby || node.paused);
    return wanted ? Judgement::warning : Judgement::problem;
}

/// A link that is silent beside one that works.
void judge_links(const DoctorFacts& facts, const NodeView& node, Diagnoses& findings) {
    const auto& cluster = *facts.cluster;
    for (const auto& link : node.links) {
        if (node.id == cluster.node_id || link.alive.value_or(true)) continue;
        const auto why = why_unheard(cluster, node, link);
        findings.push_back({check_of(node), Judgement::warning,
                            fmt::format("it is not heard at {}, only by another link{}{}",
                                        link.address, why ? ": " : "", why ? why->what : ""),
                            why ? why->advice : "look at that network"});
    }
    for (const auto& link : node.links)
        if (link.alive.value_or(false) && link.loss_percent.value_or(0) >= 10)
            findings.push_back({check_of(node), Judgement::warning,
                                fmt::format("{} % of what it sends is lost on the way from {}",
                                            *link.loss_percent, link.address),
                                "look at the cable, the switch and the load of both hosts"});
}

/// Between the active and each of the others there is to be one.
bool lacks_stream(const ClusterView& cluster, int peer) {
    if (cluster.active == 0) return false;
    const auto node = std::ranges::find(cluster.nodes, peer, &NodeView::id);
    if (node == cluster.nodes.end() || !node->alive.value_or(false)) return false;
    if (cluster.active == cluster.node_id) return !node->has_stream && node->refused.empty();
    return peer == cluster.active && !node->has_stream;
}

void judge_stream(const DoctorFacts& facts, const NodeView& node, Diagnoses& findings) {
    const auto& cluster = *facts.cluster;
    const bool self_active = cluster.active != 0 && cluster.active == cluster.node_id;
    // A stream may just be opened: only what is still missing a moment later is missing.
    if (!facts.later || !lacks_stream(cluster, node.id) || !lacks_stream(*facts.later, node.id))
        return;
    const auto reason =
        cluster.stream_trouble.empty() ? std::string() : ": " + cluster.stream_trouble;
    const auto own = node.links.empty()
                         ? std::string()
                         : own_address_beside(cluster, node, node.links.front().address);
    const auto other = node.links.empty() ? std::string() : node.links.front().address;
    findings.push_back(
        {check_of(node), Judgement::problem,
         fmt::format("it is heard, but there is no stream to it{}", reason),
         fmt::format("let TCP port {} pass the firewalls, from {} to {} and back", cluster.port,
                     self_active ? other : own, self_active ? own : other)});
}

/// Whether it hears another that this node hears, too.
bool is_deaf_to(const ClusterView& cluster, int listener, const NodeView& other) {
    const auto node = std::ranges::find(cluster.nodes, listener, &NodeView::id);
    return node != cluster.nodes.end() && other.alive.value_or(false) && node->hears &&
           std::ranges::count(*node->hears, other.id) == 0;
}

/// Between two others the network may be cut where this node sees nothing of it.
void judge_hearing(const DoctorFacts& facts, const NodeView& node, Diagnoses& findings) {
    if (!facts.later) return;
    for (const auto& other : facts.later->nodes) {
        if (other.id == node.id || other.id == facts.cluster->node_id || other.links.empty() ||
            node.links.empty() || !is_deaf_to(*facts.cluster, node.id, other) ||
            !is_deaf_to(*facts.later, node.id, other))
            continue;
        findings.push_back(
            {check_of(node), Judgement::warning,
             fmt::format("it does not hear node {}, which this node hears", other.id),
             fmt::format("let UDP port {} from {} to {} pass the firewalls between them",
                         facts.cluster->port, other.links.front().address,
                         node.links.front().address)});
    }
}

void judge_alive(const DoctorFacts& facts, const NodeView& node, Diagnoses& findings) {
    const std::size_t before = findings.size();
    const auto& cluster = *facts.cluster;
    NodeView without_links = node;
    if (node.id != cluster.node_id) without_links.links.clear();
    for (const auto& trouble : troubles_of_node(cluster, without_links))
        findings.push_back({check_of(node), as_bad_as(node), trouble, advice_for(facts, node)});
    judge_links(facts, node, findings);
    if (node.id != cluster.node_id) {
        judge_stream(facts, node, findings);
        judge_hearing(facts, node, findings);
    }
    if (findings.size() != before) return;
    const auto& role = node.role.empty() ? "alive" : node.role;
    findings.push_back(
        {check_of(node), Judgement::ok,
         fmt::format("{}{}", role, node.id == cluster.node_id ? ", this node" : ", is heard"), ""});
}

void judge_dead(const DoctorFacts& facts, const NodeView& node, Diagnoses& findings) {
    const auto why = why_unheard(*facts.cluster, node);
    findings.push_back({check_of(node), Judgement::problem,
                        why ? "is down: " + why->what : "is down",
                        why ? why->advice
                            : fmt::format("is its komainud running, and does a firewall let UDP "
                                          "port {} pass?",
                                          facts.cluster->port)});
}

std::int64_t received(const NodeView& node) {
    std::int64_t sum = 0;
    for (const auto& link : node.links) sum += link.received.value_or(0);
    return sum;
}

/// Two hosts that say they are the same node: what the second sends is never fresh.
void judge_doubles(const DoctorFacts& facts, const NodeView& node, Diagnoses& findings) {
    // Nothing of a node that does not hear this one is proven to be fresh.
    const auto& cluster = *facts.cluster;
    if (!facts.later || (!node.alive.value_or(true) && why_unheard(cluster, node))) return;
    constexpr std::int64_t many = 3;
    for (const auto& later : facts.later->nodes)
        if (later.id == node.id && later.stale - node.stale >= many &&
            4 * (later.stale - node.stale) >= received(later) - received(node) &&
            later.started_ms == node.started_ms)
            findings.push_back(
                {check_of(node), Judgement::problem,
                 "two runs of komainud say that they are this node, or old datagrams are replayed",
                 fmt::format("give every host its own address and node_id; on one that has not {}: "
                             "systemctl stop komainu",
                             node.links.empty() ? "its" : node.links.front().address)});
}

void judge_datagrams(const DoctorFacts& facts, Diagnoses& findings) {
    if (!facts.later) return;
    const auto& before = facts.cluster->datagrams;
    const auto& after = facts.later->datagrams;
    if (after.forbidden > before.forbidden)
        findings.push_back({"sending", Judgement::problem,
                            "a packet filter of this host forbids komainud to send",
                            fmt::format("let UDP port {} out: nft list ruleset shows the rules",
                                        facts.cluster->port)});
    if (after.unreachable > before.unreachable)
        findings.push_back({"sending", Judgement::warning,
                            "there is no route to a node, or its network is down",
                            "ip route get ADDRESS, with the addresses of the nodes"});
    if (after.dropped > before.dropped)
        findings.push_back(
            {"strangers", Judgement::warning,
             fmt::format("datagrams for UDP port {} come that are of no node's address",
                         facts.cluster->port),
             "is a node at another address than the file says, or another cluster at this port?"});
}

}  // namespace

void judge_quorum(const DoctorFacts& facts, Diagnoses& findings) {
    if (!facts.cluster) return;
    const auto& cluster = *facts.cluster;
    const auto troubles = troubles_of_leadership(cluster);
    for (const auto& trouble : troubles) {
        const bool wanted = cluster.paused && cluster.active != 0;
        findings.push_back({"quorum", wanted ? Judgement::warning : Judgement::problem, trouble,
                            cluster.paused ? "komainuctl resume, when the maintenance is over"
                                           : "what follows says why"});
    }
    if (troubles.empty())
        findings.push_back({"quorum", Judgement::ok,
                            fmt::format("node {} is active, and {} of {} votes are heard",
                                        cluster.active, cluster.votes_heard, cluster.nodes.size()),
                            ""});
    judge_spare(cluster, findings);
    if (cluster.nodes.size() > 1 && cluster.nodes.front().links.size() == 1)
        findings.push_back({"links", Judgement::warning,
                            "the nodes hear one another by one network alone",
                            "give every node a second address line, on another network"});
}

void judge_peers(const DoctorFacts& facts, Diagnoses& findings) {
    if (!facts.cluster) return;
    for (const auto& node : facts.cluster->nodes) {
        if (node.alive.value_or(true))
            judge_alive(facts, node, findings);
        else
            judge_dead(facts, node, findings);
        judge_doubles(facts, node, findings);
    }
    judge_datagrams(facts, findings);
    for (const auto& trouble : troubles_beside(*facts.cluster))
        findings.push_back({"status", Judgement::problem, trouble,
                            "komainuctl(8), STATUS, says what to do about it"});
}

// Heartbeats carry no time of day. A start that lies ahead tells that a clock is ahead; one that
// is behind cannot be told from a node that was started earlier.
void judge_clocks(const DoctorFacts& facts, Diagnoses& findings) {
    constexpr std::int64_t tolerated_ms = 2000;
    const std::size_t before = findings.size();
    if (facts.cluster)
        for (const auto& node : facts.cluster->nodes)
            if (node.alive.value_or(false) && node.started_ms &&
                *node.started_ms - facts.now_ms > tolerated_ms)
                findings.push_back(
                    {"clock", Judgement::warning,
                     fmt::format(
                         "node {} says that it was started {} from now: its clock is ahead, "
                         "or this one behind",
                         node.id, age_text(*node.started_ms - facts.now_ms)),
                     "set the clocks by NTP: no lease depends on them, but among equal priorities "
                     "the earliest start is preferred, and times are shown"});
    if (!facts.clock_synchronized && findings.size() == before)
        findings.push_back(
            {"clock", Judgement::warning, "the kernel does not take its clock to be synchronized",
             "let chrony or systemd-timesyncd run: no lease depends on the clock, but the times in "
             "logs do, and which of two nodes was started earlier"});
    if (findings.size() == before)
        findings.push_back({"clock", Judgement::ok, "no clock is seen to be ahead", ""});
}

}  // namespace komainu
