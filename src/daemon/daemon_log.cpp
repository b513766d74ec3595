// What main says of each change of role, and keeps for the status: who took over from whom, and
// why.
#include <utility>

#include "daemon/daemon.h"
#include "daemon/words.h"
#include "io/clock.h"
#include "io/log.h"

namespace komainu {

/// Behind the words that there is no active any more, or here.
const char* Daemon::pause_told() const {
    return node_.maintenance().paused
               ? "; paused for maintenance: nobody else takes over until komainuctl resume"
               : "";
}

void Daemon::log_role(const RoleChanged& change) {
    counters_.add(change);
    std::string why{sentence(change.cause)};
    if (change.cause == Cause::unhealthy) why += ": " + fitness_.reason();
    if (change.to == Role::active) {
        if (!story_.why_lost.empty()) why += ", " + story_.why_lost;
        story_.takeover = Takeover{change.term, story_.last_active, why, wall_clock_ms()};
        story_.last_active = config_.self;
    } else {
        story_.why_lost = "node " + std::to_string(number(config_.self)) + ": " + why;
    }
    log_event(change.to == Role::active ? LogEvent::became_active : LogEvent::became_standby,
              {.term = change.term.round, .role = word(change.to), .cause = word(change.cause)},
              "{} -> {}, term {}: {}{}", word(change.from), word(change.to), change.term.round, why,
              change.from == Role::active ? pause_told() : "");
    tell_role(change, why);
}

/// The loudest line that there is: nobody may overlook that one holder is not promised any more.
void Daemon::log_hold(const HeldWithoutQuorum& hold) {
    log_event(
        LogEvent::held_without_quorum, {.term = hold.term.round},
        "STALE: the lease of term {} lapsed, too few nodes acknowledged in time; the VIPs are kept "
        "without a quorum (on_quorum_loss = hold), and another node may hold them as well",
        hold.term.round);
}

void Daemon::log_preemption(const Preempting& preempting) {
    const Peer* const active = std::as_const(node_).find(preempting.term.node);
    log_event(LogEvent::preempting, {.term = preempting.term.round, .peer = preempting.term.node},
              "priority {} is higher than the {} of node {}, which is active: asks it to hand over",
              node_.member().priority, active ? active->priority() : 0,
              number(preempting.term.node));
}

void Daemon::log_active(const ActiveChanged& change) {
    counters_.add(change);
    const int active = number(change.term.node);
    switch (change.news) {
        case ActiveNews::followed:
            story_.takeover =
                Takeover{change.term, story_.last_active, story_.why_lost, wall_clock_ms()};
            story_.last_active = change.term.node;
            story_.why_lost.clear();
            return log_event(LogEvent::active_known,
                             {.term = change.term.round, .peer = change.term.node},
                             "node {} is active, term {}", active, change.term.round);
        case ActiveNews::lost_silent:
            story_.why_lost = fmt::format("node {} was silent for the deadtime", active);
            break;
        case ActiveNews::lost_released:
            story_.why_lost = fmt::format("node {} released term {}", active, change.term.round);
            break;
    }
    log_event(LogEvent::active_lost, {.term = change.term.round, .peer = change.term.node},
              "no active: {}{}", story_.why_lost, pause_told());
}

void Daemon::log_quorum() {
    if (node_.has_quorum() == quorum_told_) return;
    quorum_told_ = !quorum_told_;
    log_event(quorum_told_ ? LogEvent::quorum_regained : LogEvent::quorum_lost,
              "{}: {} of {} nodes within earshot", quorum_told_ ? "there is a quorum" : "no quorum",
              node_.votes_within_earshot(), config_.nodes.size());
}

void log_service(const ServiceSet::View& service) {
    const LogFacts facts{.service = service.name};
    if (service.health == Health::healthy)
        return log_event(LogEvent::service_recovered, facts, "service.{}: its check passes",
                         service.name);
    log_event(LogEvent::service_failed, facts, "service.{}: its check failed: {}", service.name,
              service.reason);
}

void Daemon::log_link(std::size_t peer, const LinkNews& news) {
    const NodeId id = node_.peers()[peer].id();
    const int node = number(id);
    const LogFacts facts{.peer = id, .link = news.link + 1};
    if (news.state == LinkState::works)
        return log_event(LogEvent::peer_link_back, facts, "node {} link {} works again", node,
                         news.link + 1);
    std::string others;
    for (std::size_t link = 0; link < links_.size(); ++link)
        if (link_book_.works(peer, link))
            others += fmt::format("{}link {}", others.empty() ? "" : " and ", link + 1);
    log_event(LogEvent::peer_link_lost, facts, "node {} link {} is silent; it is heard by {}", node,
              news.link + 1, others);
}

}  // namespace komainu
