#include "conf/reload.h"

#include <algorithm>

#include "conf/check.h"
#include "conf/title.h"
#include "conf/value_text.h"

namespace komainu {

namespace {

class Comparison {
public:
    Comparison(const Lines& lines, Problems& problems) : lines_(lines), problems_(problems) {}

    void take_over(std::string name, bool differs) {
        if (differs) changed_.push_back(std::move(name));
    }

    void refuse(const std::string& section, const char* key, bool differs) {
        if (differs)
            problems_.error(lines_.place(section, key),
                            "cannot change in a running daemon; undo the change, or restart "
                            "komainud");
    }

    /// Sections that are told apart by their names: what is new, different, or gone.
    template <class Section>
    void take_over(const std::vector<Section>& running, const std::vector<Section>& wanted) {
        for (const Section& section : wanted) {
            const auto before = std::ranges::find(running, section.name, &Section::name);
            take_over(title_of(section), before == running.end() || !(*before == section));
        }
        for (const Section& section : running)
            take_over(title_of(section) + " (removed)",
                      std::ranges::find(wanted, section.name, &Section::name) == wanted.end());
    }

    /// The same of sections that take a restart.
    template <class Section, class Name>
    void refuse(const std::vector<Section>& running, const std::vector<Section>& wanted,
                Name Section::*name, const char* key) {
        for (const Section& section : wanted) {
            const auto before = std::ranges::find(running, section.*name, name);
            refuse(title_of(section), key, before == running.end() || !(*before == section));
        }
        for (const Section& section : running)
            refuse(title_of(section), key,
                   std::ranges::find(wanted, section.*name, name) == wanted.end());
    }

    std::vector<std::string> changed() && { return std::move(changed_); }

private:
    const Lines& lines_;
    Problems& problems_;
    std::vector<std::string> changed_;
};

void compare_cluster(Comparison& compare, const Config& running, const Config& wanted) {
    compare.refuse("cluster", "name", running.cluster_name != wanted.cluster_name);
    compare.refuse("cluster", "node_id", running.self != wanted.self);
    compare.refuse("cluster", "quorum", running.quorum != wanted.quorum);
    compare.refuse("cluster", "trusted_servers", running.trusted_servers != wanted.trusted_servers);
    compare.take_over("cluster.key_file", running.key_file != wanted.key_file);
    compare.refuse("cluster", "on_quorum_loss", running.on_quorum_loss != wanted.on_quorum_loss);
    compare.take_over("cluster.conflict", running.conflict != wanted.conflict);
    compare.take_over("cluster.preempt", running.preempt != wanted.preempt);
    compare.take_over("cluster.preempt_delay", running.preempt_delay != wanted.preempt_delay);
}

void compare_nodes(Comparison& compare, const Config& running, const Config& wanted) {
    for (const NodeConfig& node : wanted.nodes) {
        const auto before = std::ranges::find(running.nodes, node.id, &NodeConfig::id);
        if (before == running.nodes.end()) {
            compare.refuse(title_of(node), "address", true);
            continue;
        }
        compare.refuse(title_of(node), "address", before->addresses != node.addresses);
        compare.refuse(title_of(node), "witness", before->witness != node.witness);
        compare.take_over(title_of(node) + ".priority", before->priority != node.priority);
    }
    for (const NodeConfig& node : running.nodes)
        compare.refuse(
            title_of(node), "address",
            std::ranges::find(wanted.nodes, node.id, &NodeConfig::id) == wanted.nodes.end());
}

void compare_heartbeat(Comparison& compare, const Config& running, const Config& wanted) {
    const HeartbeatConfig &before = running.heartbeat, &after = wanted.heartbeat;
    compare.refuse("heartbeat", "mode", before.mode != after.mode);
    compare.refuse("heartbeat", "group", before.group != after.group);
    compare.refuse("heartbeat", "port", before.port != after.port);
    compare.take_over("heartbeat.interval", before.interval != after.interval);
    compare.take_over("heartbeat.deadtime", before.deadtime != after.deadtime);
    compare.refuse(running.links, wanted.links, &LinkConfig::number, "mode");
}

void compare_backends(Comparison& compare, const Config& running, const Config& wanted) {
    const BackendsConfig &before = running.backends, &after = wanted.backends;
    compare.refuse("backends", "failover_command",
                   before.failover_command != after.failover_command);
    compare.refuse("backends", "failback_command",
                   before.failback_command != after.failback_command);
    compare.refuse("backends", "follow_primary_command",
                   before.follow_primary_command != after.follow_primary_command);
    compare.refuse("backends", "command_timeout", before.command_timeout != after.command_timeout);
    compare.refuse("backends", "consensus", before.consensus != after.consensus);
    compare.refuse(running.backend_list, wanted.backend_list, &BackendConfig::id, "address");
}

void compare_pgpool(Comparison& compare, const Config& running, const Config& wanted) {
    const PgpoolConfig before = running.pgpool.value_or(PgpoolConfig{});
    const PgpoolConfig after = wanted.pgpool.value_or(PgpoolConfig{});
    compare.refuse("pgpool", "pcp", before.pcp != after.pcp);
    compare.refuse(
        "pgpool", "user",
        before.user != after.user || running.pgpool.has_value() != wanted.pgpool.has_value());
    compare.refuse("pgpool", "password_file", before.password_file != after.password_file);
    compare.refuse("pgpool", "mode", before.mode != after.mode);
    compare.refuse("pgpool", "interval", before.interval != after.interval);
}

void compare_daemon(Comparison& compare, const Config& running, const Config& wanted) {
    compare.refuse("control", "socket", running.control.socket != wanted.control.socket);
    compare.refuse("control", "state_dir", running.control.state_dir != wanted.control.state_dir);
    compare.refuse("control", "monitor_group",
                   running.control.monitor_group != wanted.control.monitor_group);
    compare.refuse("daemon", "fence", running.daemon.fence != wanted.daemon.fence);
    compare.refuse("daemon", "realtime", running.daemon.realtime != wanted.daemon.realtime);
}

/// The guard has the new VIPs before the new deadtime counts.
void compare_lease(const Lines& lines, Problems& problems, const Config& running,
                   const Config& wanted) {
    const Duration deadtime = running.heartbeat.deadtime;
    if (wanted.vips.size() <= running.vips.size() ||
        leaves_time_for_lease(deadtime, wanted.guarded()))
        return;
    problems.error(lines.place("heartbeat", "deadtime"),
                   "the running deadtime ({}) is too short for {} VIPs, routes and rules; first "
                   "reload with the longer one alone, then with the VIPs",
                   to_string(deadtime), wanted.guarded());
}

/// The kernel would not put such a route on again.
void compare_sources(const Lines& lines, Problems& problems, const Config& running,
                     const Config& wanted) {
    const auto has = [](const std::vector<VipConfig>& vips, const IpAddress& address) {
        return std::ranges::any_of(
            vips, [&](const VipConfig& vip) { return vip.address.address == address; });
    };
    for (const RouteConfig& route : wanted.routes)
        if (route.source && has(running.vips, *route.source) && !has(wanted.vips, *route.source))
            problems.error(lines.place(title_of(route), "source"),
                           "{} would be no VIP any more; undo that, or restart komainud without "
                           "this route",
                           to_string(*route.source));
}

}  // namespace

std::vector<std::string> plan_reload(const Config& running, const Config& wanted,
                                     const Lines& lines, Problems& problems) {
    Comparison compare(lines, problems);
    compare_cluster(compare, running, wanted);
    compare_nodes(compare, running, wanted);
    compare_heartbeat(compare, running, wanted);
    compare.take_over(running.vips, wanted.vips);
    compare_lease(lines, problems, running, wanted);
    compare_sources(lines, problems, running, wanted);
    compare.refuse(running.command_vips, wanted.command_vips, &VipConfig::name, "up_command");
    compare.refuse(running.routes, wanted.routes, &RouteConfig::name, "destination");
    compare.refuse(running.rules, wanted.rules, &RuleConfig::name, "priority");
    const LifecheckConfig &before = running.lifecheck, &after = wanted.lifecheck;
    compare.take_over("lifecheck.method", before.method != after.method);
    compare.take_over("lifecheck.require", before.require != after.require);
    compare.take_over("lifecheck.track_interface", before.track_interface != after.track_interface);
    compare.take_over("lifecheck.track_delay", before.track_delay != after.track_delay);
    compare.take_over(running.services, wanted.services);
    compare.take_over(running.hooks, wanted.hooks);
    compare_backends(compare, running, wanted);
    compare_pgpool(compare, running, wanted);
    compare_daemon(compare, running, wanted);
    return std::move(compare).changed();
}

bool concerns_guard(const Config& running, const Config& wanted) {
    return running.vips != wanted.vips ||
           running.lifecheck.track_interface != wanted.lifecheck.track_interface;
}

}  // namespace komainu
