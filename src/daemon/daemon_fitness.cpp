// What makes this node fit to be active, or not: its services, its interfaces, the trusted servers,
// and what others find of it.
#include "daemon/daemon.h"
#include "io/log.h"

namespace komainu {

void Daemon::watch_trusted_servers(std::vector<EchoSocket> sockets) {
    trusted_.emplace(loop_, std::move(sockets), config_.trusted_servers,
                     [this](bool reachable) { trusted_servers_changed(reachable); });
    fitness_.set_trusted(trusted_->reason());
    arbiter_.emplace(loop_, *trusted_,
                     Arbiter::Handlers{
                         [this](std::uint64_t question) { return probe_for_arbiter(question); },
                         [this](const ArbiterAnswered& answer) { step(answer); },
                     });
}

void Daemon::trusted_servers_changed(bool reachable) {
    fitness_.set_trusted(reachable ? "" : trusted_->reason());
    step(TrustedServersChanged{reachable});
    fitness_may_have_changed();
}

/// The core asks only while a trusted server answers, so there is an arbiter.
void Daemon::ask_arbiter(const AskArbiter& ask) { arbiter_->ask(ask); }

void Daemon::services_may_have_changed() {
    fitness_.set_services(services_.healthy(), services_.reason());
    if (backends_) backends_->step(BackendsSeenHere{services_.backends_down()});
    fitness_may_have_changed();
    priority_may_have_changed();
}

/// What happens to a node that is down is told by its heartbeats.
void Daemon::reach_changed(NodeId node, bool reached, const std::string& why) {
    if (node == config_.self) {
        fitness_.set_reported(why);
        return fitness_may_have_changed();
    }
    const Peer* peer = std::as_const(node_).find(node);
    if (reached)
        log_event(LogEvent::service_reached, {.peer = node}, "node {}'s service is reached again",
                  number(node));
    else if (peer && peer->alive())
        log_event(LogEvent::service_out_of_reach, {.peer = node},
                  "node {}'s service is out of reach: {}", number(node), why);
    step(ReachChanged{node, reached});
}

void Daemon::interfaces_may_have_changed() {
    tracking_.judge(loop_.now());
    track_.clear();
    if (const auto at = tracking_.deadline()) track_.set(*at);
    fitness_.set_interfaces(tracking_.trouble());
    fitness_may_have_changed();
}

bool Daemon::vip_interfaces_are_up() const {
    return std::ranges::all_of(
        config_.vips, [this](const VipConfig& vip) { return tracking_.is_up(vip.interface); });
}

void Daemon::priority_may_have_changed() {
    const int left = config_.node(config_.self).priority - services_.penalty();
    const auto priority = static_cast<std::uint16_t>(std::max(left, 0));
    const std::uint16_t before = node_.member().priority;
    if (priority == before) return;
    const std::string why = services_.penalty_reason();
    log_event(LogEvent::priority_changed, "priority {} -> {}{}{}", before, priority,
              why.empty() ? "" : ": ", why);
    step(PriorityChanged{priority});
}

void Daemon::fitness_may_have_changed() {
    const HealthChanged health{fitness_.healthy(), fitness_.excusable()};
    if (health == node_.reported_health()) return;
    const bool ignored = node_.paused() && node_.healthy() && health.excusable;
    if (health.healthy)
        log_event(LogEvent::healthy, "healthy: this node may become active");
    else
        log_event(LogEvent::unhealthy, "unhealthy: {}{}", fitness_.reason(),
                  ignored ? " (paused for maintenance, so it does not count)" : "");
    step(health);
    if (!health.healthy) tell_fault();
}

}  // namespace komainu
