#include "ctl/watchdog_info.h"

#include <fmt/format.h>

#include <algorithm>

namespace komainu {

namespace {

/// A state of pgpool-II's watchdog (WD_STATES).
struct State {
    int number;
    const char* name;
};

// A witness is a standby to whoever reads this: it votes, and holds nothing.
State state_of(const NodeView& node) {
    if (node.alive.value_or(false))
        return node.role == "active" ? State{4, "LEADER"} : State{7, "STANDBY"};
    return node.started_ms ? State{8, "LOST"} : State{0, "DEAD"};
}

constexpr const char* no_leader = "Not Set";
constexpr const char* never_heard = "Not_Set";  // in place of what a node tells of itself

std::string host_of(const NodeView& node) {
    return node.links.empty() ? never_heard : node.links.front().address;
}

/// Three words, as pgpool-II has it: the host with its port, the system, and the system's name.
std::string name_of(const NodeView& node, int service_port) {
    if (!node.started_ms) return never_heard;
    return fmt::format("{}:{} Linux node{}", host_of(node), service_port, node.id);
}

std::string delegate_ip(const NodeView& node, const ClusterView& cluster) {
    if (cluster.vips.empty() || !node.started_ms) return never_heard;
    const auto& address = cluster.vips.front().address;
    return address.substr(0, address.find('/'));
}

const NodeView* leader_of(const ClusterView& cluster) {
    const auto found = std::ranges::find(cluster.nodes, cluster.active, &NodeView::id);
    return found == cluster.nodes.end() ? nullptr : &*found;
}

bool is_escalated(const ClusterView& cluster) {
    return cluster.active == cluster.node_id && cluster.active != 0;
}

const char* quorum_text(const ClusterView& cluster) {
    if (cluster.active == 0) return "NO LEADER NODE";
    return cluster.quorum.value_or(false) ? "QUORUM EXIST" : "QUORUM ABSENT";
}

class Printer {
public:
    Printer(const ClusterView& cluster, int service_port)
        : cluster_(cluster), service_port_(service_port), leader_(leader_of(cluster)) {
        // The node that was asked comes first.
        for (const auto& node : cluster.nodes)
            if (node.id == cluster.node_id) nodes_.push_back(&node);
        for (const auto& node : cluster.nodes)
            if (node.id != cluster.node_id) nodes_.push_back(&node);
    }

    std::string brief() const {
        auto text = fmt::format("{0} {0} {1} {2} {3}\n\n", nodes_.size(), escalation(),
                                leader_name(), leader_host());
        for (const NodeView* node : nodes_)
            text += fmt::format("{} {} {} {} {} {} 0 MEMBER\n", name_of(*node, service_port_),
                                host_of(*node), service_port_, cluster_.port,
                                state_of(*node).number, state_of(*node).name);
        return text;
    }

    std::string verbose() const {
        const auto others = nodes_.size() - std::min<std::size_t>(nodes_.size(), 1);
        auto text = fmt::format(
            "Watchdog Cluster Information \n"
            "Total Nodes              : {}\n"
            "Remote Nodes             : {}\n"
            "Member Remote Nodes      : {}\n"
            "Alive Remote Nodes       : {}\n"
            "Nodes required for quorum: {}\n"
            "Quorum state             : {}\n"
            "Local node escalation    : {}\n"
            "Leader Node Name         : {}\n"
            "Leader Host Name         : {}\n\n"
            "Watchdog Node Information \n",
            nodes_.size(), others, others, alive_others(), cluster_.votes_needed,
            quorum_text(cluster_), escalation(), leader_name(), leader_host());
        for (const NodeView* node : nodes_) text += verbose(*node);
        return text;
    }

private:
    std::string verbose(const NodeView& node) const {
        return fmt::format(
            "Node Name         : {}\n"
            "Host Name         : {}\n"
            "Delegate IP       : {}\n"
            "Pgpool port       : {}\n"
            "Watchdog port     : {}\n"
            "Node priority     : {}\n"
            "Status            : {}\n"
            "Status Name       : {}\n"
            "Membership Status : MEMBER\n\n",
            name_of(node, service_port_), host_of(node), delegate_ip(node, cluster_), service_port_,
            cluster_.port, node.priority.value_or(0), state_of(node).number, state_of(node).name);
    }

    const char* escalation() const { return is_escalated(cluster_) ? "YES" : "NO"; }
    std::string leader_name() const {
        return leader_ ? name_of(*leader_, service_port_) : no_leader;
    }
    std::string leader_host() const { return leader_ ? host_of(*leader_) : no_leader; }

    std::ptrdiff_t alive_others() const {
        return std::ranges::count_if(nodes_, [&](const NodeView* node) {
            return node->id != cluster_.node_id && node->alive.value_or(false);
        });
    }

    const ClusterView& cluster_;
    int service_port_;
    const NodeView* leader_;
    std::vector<const NodeView*> nodes_;
};

}  // namespace

std::string watchdog_info(const ClusterView& cluster, int service_port, Detail detail) {
    const Printer printer(cluster, service_port);
    return detail == Detail::verbose ? printer.verbose() : printer.brief();
}

}  // namespace komainu
