// What is done about a request on the control socket.
#include <nlohmann/json.hpp>

#include "base/overload.h"
#include "daemon/control_request.h"
#include "daemon/daemon.h"
#include "daemon/metrics.h"
#include "daemon/words.h"
#include "io/log.h"

namespace komainu {

using nlohmann::json;

void Daemon::on_request(ClientId client, std::string_view line) {
    const auto request = read_control_request(line);
    if (!request) return control_.reply(client, refusal_line(request.error().what));
    if (control_.may_only_look(client) && !only_looks(request.value()))
        return control_.reply(
            client, refusal_line(fmt::format("the group {} may only look; this is for root and the "
                                             "user or group of komainud",
                                             config_.control.monitor_group)));
    std::visit(Overload{
                   [&](const AskStatus&) { answer_status(client); },
                   [&](const AskMetrics&) { answer_metrics(client); },
                   [&](const AskSwitchover& asked) { start_switchover(client, asked.target); },
                   [&](const AskPause& asked) { set_pause(client, asked); },
                   [&](const AskStandby& asked) { start_standby(client, asked.standby); },
                   [&](const AskReload&) { start_reload(client); },
                   [&](const AskReport& asked) { take_report(client, asked); },
                   [&](const AskPgpool& asked) { take_pgpool_verdict(client, asked); },
                   [&](const auto&) { on_backend_request(client, request.value()); },
               },
               request.value());
}

StatusSources Daemon::sources() const {
    return {config_,
            loaded_,
            node_,
            fitness_,
            fence_,
            story_,
            refusals_,
            rivals_,
            links_,
            link_book_,
            arrivals_,
            loop_.now(),
            trusted_ ? trusted_->view() : std::vector<TrustedServers::View>{},
            lateness_,
            services_.view(),
            runner_.trouble(),
            pgpool_caution_,
            tracking_,
            command_vips_,
            outside_,
            streams_,
            backends_ ? &*backends_ : nullptr,
            counters_,
            hooks_,
            announcements_.get()};
}

void Daemon::answer_status(ClientId client) {
    control_.reply(client, answer_line({{"ok", true}, {"status", status_json(sources())}}));
}

void Daemon::answer_metrics(ClientId client) {
    control_.reply(client, answer_line({{"ok", true}, {"metrics", metrics_json(sources())}}));
}

void Daemon::start_switchover(ClientId client, NodeId target) {
    const std::uint64_t request = ++requests_;
    switchovers_[request] = {client, target, loop_.now()};
    step(SwitchoverAsked{RequestId{request}, target});
}

void Daemon::answer_switchover(const AnswerSwitchover& answer) {
    const auto waiting = switchovers_.extract(static_cast<std::uint64_t>(answer.request));
    if (waiting.empty()) return;
    const auto& [client, target, since] = waiting.mapped();
    if (answer.outcome != SwitchoverOutcome::done)
        return control_.reply(client, refusal_line(sentence(answer.outcome, target)));
    const double elapsed_ms = static_cast<double>((loop_.now() - since) / 1us) / 1000.0;
    control_.reply(
        client,
        answer_line({{"ok", true}, {"active", number(answer.active)}, {"elapsed_ms", elapsed_ms}}));
}

void Daemon::set_pause(ClientId client, const AskPause& asked) {
    if (asked.scope == PauseScope::node)
        log_event(asked.paused ? LogEvent::paused : LogEvent::resumed, {.peer = config_.self},
                  "maintenance: this node is {}", asked.paused ? "paused" : "resumed");
    step(PauseAsked{asked.scope, asked.paused});
    const int nodes = asked.scope == PauseScope::node ? 1 : node_.votes_within_earshot();
    control_.reply(client,
                   answer_line({{"ok", true}, {"paused", node_.paused()}, {"nodes", nodes}}));
}

void Daemon::take_report(ClientId client, const AskReport& asked) {
    if (config_.lifecheck.method != LifecheckMethod::external)
        return control_.reply(client, refusal_line("nobody is to report here: [lifecheck] has no "
                                                   "method = external"));
    if (!std::ranges::count(config_.nodes, asked.node, &NodeConfig::id))
        return control_.reply(
            client,
            refusal_line(fmt::format("node {} is not in the configuration", number(asked.node))));
    outside_.report(asked.node, asked.alive);
    control_.reply(client, answer_line({{"ok", true}}));
}

void Daemon::on_backend_request(ClientId client, const ControlRequest& request) {
    if (!backends_)
        return control_.reply(client, refusal_line("there are no backends; write [backend.0] with "
                                                   "its address, and restart komainud"));
    if (const auto* asked = std::get_if<AskBackend>(&request))
        backends_->submit(client, *asked);
    else if (const auto* list = std::get_if<AskBackends>(&request))
        backends_->list(client, *list);
    else
        backends_->history(client);
}

void Daemon::take_pgpool_verdict(ClientId client, const AskPgpool& asked) {
    constexpr Duration silence_max = 3s;
    if (!config_.pgpool)
        return control_.reply(client, refusal_line("there is no [pgpool] in the configuration"));
    pgpool_silence_.set(loop_.now() + silence_max);
    set_pgpool_trouble(asked.trouble);
    pgpool_caution_ = asked.caution;
    control_.reply(client, answer_line({{"ok", true}}));
}

void Daemon::set_pgpool_trouble(const std::string& trouble) {
    fitness_.set_pgpool(trouble.empty() ? "" : "pgpool-II: " + trouble);
    fitness_may_have_changed();
}

void Daemon::start_standby(ClientId client, bool standby) {
    const std::uint64_t request = ++requests_;
    standbys_[request] = client;
    log_event(standby ? LogEvent::standby_asked : LogEvent::standby_ended, "the operator {}",
              standby ? "puts this node on standby" : "ends the standby");
    step(StandbyAsked{RequestId{request}, standby});
}

void Daemon::answer_standby(const AnswerOrder& answer) {
    const auto waiting = standbys_.extract(static_cast<std::uint64_t>(answer.request));
    if (waiting.empty()) return;
    if (answer.outcome == OrderOutcome::done)
        return control_.reply(waiting.mapped(), answer_line({{"ok", true}}));
    log_event(LogEvent::standby_refused,
              "refused: this node is active, and nobody could take over");
    control_.reply(waiting.mapped(),
                   refusal_line("this node is active, and no other node could take over"));
}

}  // namespace komainu
