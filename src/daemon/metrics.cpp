#include "daemon/metrics.h"

#include "conf/names.h"
#include "daemon/metric_rows.h"
#include "daemon/words.h"

namespace komainu {

namespace {

using nlohmann::json;

double seconds(Duration duration) { return static_cast<double>(duration / 1us) / 1e6; }

double seconds(std::uint64_t wall_clock_ms) { return static_cast<double>(wall_clock_ms) / 1e3; }

void add_cluster(const StatusSources& s, json& metrics) {
    const Node& node = s.node;
    const auto& cluster = s.config.cluster_name;
    const bool active = node.role() == Role::active;
    add_row(metrics, "build_info", KOMAINU_VERSION, cluster, number(s.config.self), 1);
    add_row(metrics, "start_time_seconds", seconds(started_ms(node.settings().incarnation)));
    add_row(metrics, "active", cluster, number(s.config.self), active ? 1 : 0);
    add_row(metrics, "active_node", cluster, number(node.active().term.node));
    for (const Role role : {Role::active, Role::standby, Role::witness})
        add_row(metrics, "role", word(role), node.role() == role ? 1 : 0);
    add_row(metrics, "term", node.highest_term().round);
    add_row(metrics, "quorum", node.has_quorum() ? 1 : 0);
    add_row(metrics, "votes_heard", node.votes_within_earshot());
    add_row(metrics, "votes_needed", node.votes_needed());
    add_row(metrics, "interval_seconds", seconds(s.config.heartbeat.interval));
    add_row(metrics, "deadtime_seconds", seconds(s.config.heartbeat.deadtime));
    const auto lease_until = node.lease_until();
    add_row(metrics, "lease_seconds",
            lease_until ? seconds(std::max(Duration{0}, *lease_until - s.now)) : 0.0);
    add_row(metrics, "lease_extensions_total", s.counters.extensions());
    add_row(metrics, "lease_short_total", s.counters.short_leases());
}

void add_node(const StatusSources& s, json& metrics) {
    const Node& node = s.node;
    add_row(metrics, "healthy", s.fitness.healthy() ? 1 : 0);
    add_row(metrics, "quarantined", node.quarantined() ? 1 : 0);
    add_row(metrics, "stale", node.stale() ? 1 : 0);
    add_row(metrics, "paused", node.paused() ? 1 : 0);
    add_row(metrics, "on_standby", node.on_standby() ? 1 : 0);
    add_row(metrics, "priority", node.member().priority);
    add_row(metrics, "takeovers_total", "none_known", s.counters.takeovers(Vacancy::none_known));
    add_row(metrics, "takeovers_total", "silent", s.counters.takeovers(Vacancy::silent));
    add_row(metrics, "takeovers_total", "released", s.counters.takeovers(Vacancy::released));
    add_row(metrics, "takeovers_total", "own", s.counters.takeovers(Vacancy::own));
    add_row(metrics, "followed_total", s.counters.followed());
    for (std::size_t i = 0; i < causes; ++i) {
        const Cause cause{static_cast<std::uint8_t>(i)};
        if (cause != Cause::elected)
            add_row(metrics, "active_losses_total", word(cause), s.counters.losses(cause));
    }
    add_row(metrics, "loop_lateness_max_seconds", seconds(s.lateness.most()));
    add_histogram(metrics, "loop_lateness_seconds", s.lateness);
    add_row(metrics, "loop_pauses_total", s.counters.pauses());
}

void add_vips(const StatusSources& s, json& metrics) {
    for (const char* name : {"vip_held", "vip_claims_total", "vip_claimed_timestamp_seconds"})
        rows_of(metrics, name);
    for (std::size_t i = 0; i < s.config.vips.size(); ++i) {
        const VipConfig& vip = s.config.vips[i];
        add_row(metrics, "vip_held", vip.name, vip.interface, s.node.vips_held() ? 1 : 0);
        const RivalBook::Entry& rival = s.rivals.entries()[i];
        add_row(metrics, "vip_claims_total", vip.name, vip.interface, rival.times);
        if (rival.times > 0)
            add_row(metrics, "vip_claimed_timestamp_seconds", vip.name, vip.interface,
                    to_string(rival.mac), seconds(rival.last_ms));
    }
    for (std::size_t i = 0; i < s.config.command_vips.size(); ++i) {
        const VipConfig& vip = s.config.command_vips[i];
        add_row(metrics, "vip_held", vip.name, vip.interface, s.command_vips.is_up(i) ? 1 : 0);
    }
    add_row(metrics, "vips_put_back_total", s.counters.put_backs());
}

void add_interfaces(const StatusSources& s, json& metrics) {
    for (const char* name : {"interface_up", "announcements_total"}) rows_of(metrics, name);
    for (const auto& [name, interface] : s.tracking.interfaces())
        add_row(metrics, "interface_up", name, interface.counts() ? 1 : 0);
    if (s.announcements)
        s.announcements->for_each(
            [&](std::string_view name, AnnouncementPage::Protocol protocol, std::uint64_t frames) {
                const bool arp = protocol == AnnouncementPage::Protocol::arp;
                add_row(metrics, "announcements_total", name, arp ? "arp" : "ndp", frames);
            });
    add_row(metrics, "announcements_refused_total",
            s.announcements ? s.announcements->refused() : 0);
}

void add_fence(const StatusSources& s, json& metrics) {
    const FenceDrops drops = s.fence.counters ? s.fence.counters->read() : FenceDrops{};
    add_row(metrics, "fence_wanted", s.fence.mode == FenceMode::off ? 0 : 1);
    add_row(metrics, "fence_armed", s.fence.is_armed() ? 1 : 0);
    add_row(metrics, "fence_dropped_packets_total", "packets_in", drops.packets_in);
    add_row(metrics, "fence_dropped_packets_total", "packets_out", drops.packets_out);
    add_row(metrics, "fence_dropped_packets_total", "answers", drops.answers);
    add_row(metrics, "fence_dropped_packets_total", "questions", drops.questions);
}

void add_services(const StatusSources& s, json& metrics) {
    for (const char* name : {"service_healthy", "service_doubts", "service_changes_total",
                             "check_results_total", "trusted_server_up"})
        rows_of(metrics, name);
    for (const auto& service : s.services) {
        const ServiceSet::Tally& tally = service.tally;
        add_row(metrics, "service_healthy", service.name, name_of(check_kinds, service.check),
                service.health == Health::healthy ? 1 : 0);
        add_row(metrics, "service_doubts", service.name, service.doubts);
        add_row(metrics, "service_changes_total", service.name, tally.turns);
        add_row(metrics, "check_results_total", service.name, "passed", tally.passed);
        add_row(metrics, "check_results_total", service.name, "failed", tally.failed);
        add_row(metrics, "check_results_total", service.name, "timed_out", tally.timed_out);
        add_row(metrics, "check_results_total", service.name, "died", tally.died);
    }
    for (const auto& server : s.trusted)
        add_row(metrics, "trusted_server_up", to_string(server.address), server.answers ? 1 : 0);
    add_row(metrics, "runner_up", s.runner_trouble.empty() ? 1 : 0);
}

void add_runs(const RunTally& runs, const char* name, json& metrics) {
    add_row(metrics, name, "succeeded", runs.succeeded());
    add_row(metrics, name, "failed", runs.count(Ending::exited));
    add_row(metrics, name, "killed", runs.count(Ending::killed));
    add_row(metrics, name, "timed_out", runs.count(Ending::timed_out));
    add_row(metrics, name, "stopped", runs.count(Ending::stopped));
    add_row(metrics, name, "not_started", runs.count(Ending::not_started));
}

constexpr std::array of_backends{
    "backend_up",           "backend_quarantined",    "backend_primary",
    "backend_events_total", "backend_commands_total", "backend_commands_pending",
    "backend_table_index",  "backend_table_pending",  "backend_table_agreed",
    "backend_table_lost",   "backend_table_stored",
};

void add_backends(const StatusSources& s, json& metrics) {
    for (const char* name : of_backends) rows_of(metrics, name);
    if (!s.backends) return;
    const Ledger& ledger = s.backends->ledger();
    const BackendStates states = ledger.states();
    for (const BackendConfig& config : s.config.backend_list) {
        const Backend& backend = states.backends[static_cast<std::size_t>(config.id)];
        const bool seen_down = (ledger.seen_down() >> config.id & 1) != 0;
        add_row(metrics, "backend_up", config.id, backend.up ? 1 : 0);
        add_row(metrics, "backend_quarantined", config.id, backend.up && seen_down ? 1 : 0);
        add_row(metrics, "backend_primary", config.id, backend.primary ? 1 : 0);
    }
    for (std::size_t i = 0; i < backend_event_kinds; ++i) {
        const BackendEventKind kind{static_cast<std::uint8_t>(i)};
        add_row(metrics, "backend_events_total", word(kind), s.backends->applied(kind));
    }
    add_runs(s.backends->runs(), "backend_commands_total", metrics);
    add_row(metrics, "backend_commands_pending", ledger.table().commands_pending());
    add_row(metrics, "backend_table_index", ledger.committed());
    add_row(metrics, "backend_table_pending", ledger.table().index() - ledger.committed());
    add_row(metrics, "backend_table_agreed", ledger.agreed() ? 1 : 0);
    add_row(metrics, "backend_table_lost", ledger.is_lost() ? 1 : 0);
    add_row(metrics, "backend_table_stored", s.backends->disk_trouble().empty() ? 1 : 0);
}

}  // namespace

json metrics_json(const StatusSources& s) {
    json metrics = json::object();
    add_cluster(s, metrics);
    add_node(s, metrics);
    add_vips(s, metrics);
    add_interfaces(s, metrics);
    add_fence(s, metrics);
    add_services(s, metrics);
    add_runs(s.hooks.runs(), "hook_runs_total", metrics);
    add_link_metrics(s, metrics);
    add_backends(s, metrics);
    return metrics;
}

}  // namespace komainu
