#include "ctl/peer_trouble.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ctl/status_text.h"

namespace komainu {

namespace {

bool is_recent(const ClusterView& cluster, std::optional<std::int64_t> ms_ago) {
    return ms_ago && *ms_ago <= recent_ms(cluster);
}

bool contains(const std::optional<std::vector<int>>& nodes, int id) {
    return nodes && std::ranges::count(*nodes, id) > 0;
}

/// The other peers that hear it, and are alive.
std::vector<int> hearers_of(const ClusterView& cluster, int peer) {
    std::vector<int> nodes;
    for (const auto& other : cluster.nodes)
        if (other.id != peer && other.id != cluster.node_id && other.alive.value_or(false) &&
            contains(other.hears, peer))
            nodes.push_back(other.id);
    return nodes;
}

std::string way(const std::string& from, const std::string& to, int port) {
    return fmt::format("UDP port {} from {} to {}", port, from, to);
}

Complaint refused(const ClusterView& cluster, const NodeView& peer, const LinkView& link) {
    const auto& why = link.refused_why;
    const auto comes = "what comes from " + link.address + " ";
    if (why == "unknown_key")
        return {
            comes + "is signed with a key that this node has not",
            fmt::format("give both the same key file, and: komainuctl reload on node {}", peer.id)};
    if (why == "foreign_cluster")
        return {comes + "has the name of another cluster",
                "write the same name under [cluster] on all nodes, and restart komainud there"};
    if (why == "unknown_version")
        return {comes + "is of another version of the protocol",
                "bring all nodes to one version of komainu"};
    if (why == "own_id")
        return {fmt::format("the host at {} says that it is node {}, as this one", link.address,
                            cluster.node_id),
                "give every host a node_id of its own, or none: then its address tells"};
    if (why == "other_node")
        return {fmt::format("the host at {} says that it is another node", link.address),
                fmt::format("give all nodes the same file, and the host at {} node_id = {}",
                            link.address, peer.id)};
    if (why == "bad_tag")
        return {comes + "is forged, or damaged on the way",
                "look for what changes datagrams between the two, such as a router with NAT"};
    return {comes + "is no datagram of komainu's",
            fmt::format("look which program there sends to UDP port {}", cluster.port)};
}

Complaint deaf(const ClusterView& cluster, const NodeView& peer, const LinkView& link) {
    const auto own = own_address_beside(cluster, peer, link.address);
    return {"its datagrams come from " + link.address + ", but it does not hear this node",
            fmt::format("let {} pass the firewalls here and there; komainuctl doctor on node {} "
                        "says whether it refuses them",
                        way(own, link.address, cluster.port), peer.id)};
}

Complaint silent(const ClusterView& cluster, const NodeView& peer, const LinkView& link) {
    const auto own = own_address_beside(cluster, peer, link.address);
    const auto hearers = hearers_of(cluster, peer.id);
    const auto since = link.received_ms_ago ? "for " + age_text(*link.received_ms_ago)
                                            : std::string("since komainud was started here");
    const auto seen =
        hearers.empty() ? ""
                        : fmt::format("; node{} {} hear{} it", hearers.size() == 1 ? "" : "s",
                                      fmt::join(hearers, " and "), hearers.size() == 1 ? "s" : "");
    const auto pass = way(link.address, own, cluster.port);
    return {
        fmt::format("no datagram has come from {} {}{}", link.address, since, seen),
        hearers.empty()
            ? fmt::format("is its komainud running, and does a firewall let {} pass?", pass)
            : fmt::format("it runs, so look at the way here: does a firewall let {} pass?", pass)};
}

}  // namespace

std::int64_t recent_ms(const ClusterView& cluster) {
    constexpr std::int64_t at_least = 1000;
    return std::max(at_least, 2 * cluster.deadtime_ms);
}

std::string own_address_beside(const ClusterView& cluster, const NodeView& peer,
                               const std::string& address) {
    const auto self = std::ranges::find(cluster.nodes, cluster.node_id, &NodeView::id);
    const auto link = std::ranges::find(peer.links, address, &LinkView::address);
    if (self == cluster.nodes.end() || link == peer.links.end()) return "";
    const auto index = static_cast<std::size_t>(link - peer.links.begin());
    return index < self->links.size() ? self->links[index].address : "";
}

std::optional<Complaint> why_unheard(const ClusterView& cluster, const NodeView& peer,
                                     const LinkView& link) {
    if (!link.received) return {};
    if (is_recent(cluster, link.refused_ms_ago)) return refused(cluster, peer, link);
    if (!is_recent(cluster, link.received_ms_ago)) return silent(cluster, peer, link);
    if (peer.hears && !contains(peer.hears, cluster.node_id)) return deaf(cluster, peer, link);
    return {};
}

std::optional<Complaint> why_unheard(const ClusterView& cluster, const NodeView& peer) {
    const LinkView* told = nullptr;
    const auto comes = [&](const LinkView& link) {
        return is_recent(cluster, link.refused_ms_ago)    ? 2
               : is_recent(cluster, link.received_ms_ago) ? 1
                                                          : 0;
    };
    for (const auto& link : peer.links)
        if (!told || comes(link) > comes(*told)) told = &link;
    return told ? why_unheard(cluster, peer, *told) : std::nullopt;
}

}  // namespace komainu
