#include "conf/summary.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "conf/url.h"
#include "conf/value_text.h"

namespace komainu {

namespace {

std::string describe_quorum(const Config& config) {
    const auto votes = config.nodes.size();
    switch (config.quorum) {
        case QuorumRule::majority:
            return fmt::format("majority ({} of {} votes)", votes / 2 + 1, votes);
        case QuorumRule::half:
            return fmt::format("half ({} of {} votes if the arbiter agrees, else {})",
                               (votes + 1) / 2, votes, votes / 2 + 1);
        case QuorumRule::none:
            return "none (the first started is active; a partition may have one active on each "
                   "side)";
    }
    return {};
}

/// What is only said when it is not the default.
std::string describe_losses(const Config& config) {
    std::string text;
    if (config.on_quorum_loss == QuorumLoss::hold)
        text +=
            "who loses the quorum keeps the VIPs while no other active is heard: two nodes may "
            "hold them\n";
    if (config.trusted_servers.empty()) return text;
    text += "trusted servers";
    for (const auto& server : config.trusted_servers) text += " " + to_string(server);
    return text + ": a node for which none answers is not fit\n";
}

std::string describe(const NodeConfig& node, NodeId self) {
    std::string addresses;
    for (const auto& address : node.addresses)
        addresses += (addresses.empty() ? "" : ", ") + to_string(address);
    return fmt::format("node {} at {}, {}{}\n", number(node.id), addresses,
                       node.witness ? "witness" : fmt::format("priority {}", node.priority),
                       node.id == self ? ", this host" : "");
}

std::string describe(const HeartbeatLink& link) {
    const auto target =
        link.group ? "multicast to " + to_string(*link.group) : "unicast to each peer";
    return fmt::format("{}{}, UDP port {}", target,
                       link.interface.empty() ? "" : " on " + link.interface, link.port);
}

std::string describe_heartbeat(const Config& config) {
    const auto interval = to_string(config.heartbeat.interval);
    const auto deadtime = to_string(config.heartbeat.deadtime);
    if (config.link_count() == 1)
        return fmt::format("heartbeat every {} by {}; who is silent for {} is dead\n", interval,
                           describe(config.link(0)), deadtime);
    auto text = fmt::format("heartbeat every {} on {} links; who is silent on all for {} is dead\n",
                            interval, config.link_count(), deadtime);
    for (std::size_t link = 0; link < config.link_count(); ++link)
        text += fmt::format("link {}: {}\n", link + 1, describe(config.link(link)));
    return text;
}

std::string as_user(const std::string& user) { return user.empty() ? "" : ", as user " + user; }

std::string describe_http(const ServiceConfig& service) {
    return fmt::format("HTTP GET of {}{}, status {}{}", without_user(service.url),
                       service.unix_socket.empty() ? "" : " at " + service.unix_socket,
                       to_string(service.status),
                       service.body ? fmt::format(" and \"{}\" in the body", *service.body) : "");
}

/// Without the connection string, which may hold a password.
std::string describe_query(const ServiceConfig& service) {
    return fmt::format(
        "the SQL query {} answers {}{}", service.query,
        service.expect ? fmt::format("\"{}\"", *service.expect) : std::string("with a row"),
        service.error_answers == ErrorAnswers::well ? ", or with an error" : "");
}

std::string what_is_asked(const ServiceConfig& service) {
    switch (service.check) {
        case CheckKind::process:
            return "the process in " + service.pid_file;
        case CheckKind::tcp:
            return "TCP connect to " + (service.address ? to_string(*service.address) : "");
        case CheckKind::http:
            return describe_http(service);
        case CheckKind::query:
            return describe_query(service);
        case CheckKind::command:
            return "command " + to_string(service.command) + as_user(service.user);
    }
    return {};
}

/// What is only said when it is not the default.
std::string describe_counting(const ServiceConfig& service) {
    std::string text;
    if (service.initial != InitialState::unknown)
        text += fmt::format("; {} until checked", name_of(initial_states, service.initial));
    if (service.backend) text += fmt::format("; of backend {}", *service.backend);
    if (service.weight != 0)
        text += fmt::format("; unhealthy it takes {} from the priority", service.weight);
    return text;
}

std::string describe(const VipConfig& vip) {
    auto text = fmt::format("VIP {}: {} on {}", vip.name, to_string(vip.address), vip.interface);
    if (!vip.label.empty()) text += ", labelled " + vip.label;
    if (vip.scope != AddressScope::global)
        text += fmt::format(", scope {}", name_of(address_scopes, vip.scope));
    if (vip.noprefixroute) text += ", without a route to its network";
    if (vip.has_commands()) text += fmt::format(", moved by {}", fmt::join(vip.up_command, " "));
    return text + "\n";
}

std::string describe(const RouteConfig& route) {
    auto text = fmt::format("route {}: {}", route.name, to_string(route.network()));
    if (route.via) text += " via " + to_string(*route.via);
    text += " on " + route.interface;
    if (route.source) text += ", source " + to_string(*route.source);
    if (route.table != main_table) text += ", table " + table_name(route.table);
    if (route.metric != 0) text += fmt::format(", metric {}", route.metric);
    return text + "\n";
}

std::string describe(const RuleConfig& rule) {
    auto text = fmt::format("rule {}:", rule.name);
    if (rule.from) text += " from " + to_string(*rule.from);
    if (rule.to) text += " to " + to_string(*rule.to);
    if (!rule.interface.empty()) text += " coming in by " + rule.interface;
    return text + fmt::format(", table {}, priority {}\n", table_name(rule.table), rule.priority);
}

std::string describe(const LifecheckConfig& lifecheck) {
    std::string text;
    for (const auto& interface : lifecheck.track_interface)
        text += fmt::format("interface {}: a node on which it is not up is not fit\n", interface);
    if (lifecheck.method == LifecheckMethod::query)
        text +=
            "the nodes ask one another's services; one that most of them cannot reach counts\n"
            "as such\n";
    if (lifecheck.method == LifecheckMethod::external)
        text += "nodes are reported alive or dead by komainuctl report\n";
    if (lifecheck.require == Require::any)
        text += "one healthy service without a weight is enough\n";
    return text;
}

std::string describe(const HookConfig& hook) {
    std::string events;
    for (const HookEvent event : hook.on)
        events += fmt::format("{}{}", events.empty() ? "" : " and ", name_of(hook_events, event));
    return fmt::format("hook {}: {} {}, command {}{}, for at most {}{}\n", hook.name,
                       name_of(hook_moments, hook.when), events, to_string(hook.command),
                       as_user(hook.user), to_string(hook.timeout),
                       hook.wait ? "; the VIPs wait for it" : "");
}

std::string describe(const ServiceConfig& service) {
    return fmt::format(
        "service {}: {}, every {}, waiting at most {}; unhealthy after {} failure{}, healthy after "
        "{} "
        "success{}{}\n",
        service.name, what_is_asked(service), to_string(service.interval),
        to_string(service.timeout), service.fall, service.fall == 1 ? "" : "s", service.rise,
        service.rise == 1 ? "" : "es", describe_counting(service));
}

std::string describe(const BackendConfig& backend) {
    return fmt::format("backend {}: {}{}\n", backend.id, to_string(backend.address),
                       backend.primary ? ", the primary at first" : "");
}

/// Nothing where there are no backends.
std::string describe_backends(const Config& config) {
    std::string text;
    for (const BackendConfig& backend : config.backend_list) text += describe(backend);
    if (text.empty()) return text;
    const auto tell = [&](const char* name, const Argv& command) {
        if (!command.empty())
            text += fmt::format("{} {}, for at most {}\n", name, to_string(command),
                                to_string(config.backends.command_timeout));
    };
    tell("failover command", config.backends.failover_command);
    tell("failback command", config.backends.failback_command);
    tell("follow primary command", config.backends.follow_primary_command);
    return text + fmt::format("a backend that {} of {} nodes find down is detached\n",
                              config.reports_needed(), config.nodes.size());
}

std::string describe(const PgpoolConfig& pgpool) {
    return fmt::format("pgpool-II at {}, asked every {} as user {}: {}\n", to_string(pgpool.pcp),
                       to_string(pgpool.interval), pgpool.user,
                       pgpool.mode == PgpoolMode::mirror
                           ? "what it does with a backend by itself, the others do as well"
                           : "what it does with a backend by itself is undone");
}

}  // namespace

std::string describe(const Config& config) {
    std::string text =
        fmt::format("cluster {}, quorum {}\n", config.cluster_name, describe_quorum(config));
    text += describe_losses(config);
    for (const auto& node : config.nodes) text += describe(node, config.self);
    text += describe_heartbeat(config);
    for (const auto& vip : config.all_vips()) text += describe(vip);
    for (const auto& route : config.routes) text += describe(route);
    for (const auto& rule : config.rules) text += describe(rule);
    text += describe(config.lifecheck);
    for (const auto& service : config.services) text += describe(service);
    for (const auto& hook : config.hooks) text += describe(hook);
    text += describe_backends(config);
    if (config.pgpool) text += describe(*config.pgpool);
    return text + fmt::format("keys in {}\ncontrol socket {}\nstate in {}\nfence {}\n",
                              config.key_file, config.control.socket, config.control.state_dir,
                              name_of(fence_modes, config.daemon.fence));
}

}  // namespace komainu
