#include "pgpool/reconciler.h"

#include <fmt/format.h>

#include <algorithm>

namespace komainu {

namespace {

std::optional<int> primary_of(const std::vector<PcpNode>& nodes) {
    for (std::size_t id = 0; id < nodes.size(); ++id)
        if (nodes[id].primary && nodes[id].is_attached()) return static_cast<int>(id);
    return {};
}

PgpoolEvent event_for(bool attached) {
    return attached ? PgpoolEvent::attach : PgpoolEvent::detach;
}

std::string_view state_name(bool attached) { return attached ? "attached" : "detached"; }

}  // namespace

void Reconciler::want(const WantedBackends& wanted) {
    wanted_ = wanted;
    for (Track& track : tracks_)
        if (track.event && track.event->accepted) ++track.event->tables_since;
    if (primary_event_ && primary_event_->accepted) ++primary_event_->tables_since;
}

void Reconciler::forget() {
    tracks_.clear();
    agreed_primary_.reset();
    primary_event_.reset();
    promotion_.reset();
    promoted_.reset();
    primary_differs_since_.reset();
}

Steps Reconciler::observe(Instant now, const std::vector<PcpNode>& nodes) {
    Steps steps;
    trouble_.clear();
    primary_trouble_.clear();
    if (!wanted_.agreed || await_promotion(now, primary_of(nodes))) return steps;
    for (const WantedBackend& wanted : wanted_.list)
        if (static_cast<std::size_t>(wanted.id) < nodes.size())
            reconcile(now, wanted, nodes[static_cast<std::size_t>(wanted.id)].is_attached(), steps);
    if (trouble_.empty())
        reconcile_primary(now, primary_of(nodes), steps);
    else
        primary_differs_since_.reset();
    return steps;
}

void Reconciler::submitted(Instant now, const Submission& submission, bool accepted) {
    const auto answer = [&](std::optional<Event>& event) {
        if (!event || event->submission.id != submission.id) return;
        event->under_way = false;
        event->accepted = accepted;
        event->submit_again_at_ = now + submission_pause;
    };
    for (Track& track : tracks_) answer(track.event);
    answer(primary_event_);
}

// --- One backend ---------------------------------------------------------------------------------

void Reconciler::reconcile(Instant now, const WantedBackend& backend, bool attached, Steps& steps) {
    const bool wanted = backend.attached_here();
    Track& own = track(backend.id);
    if (attached != wanted)
        trouble_ = fmt::format("backend {} is {} in pgpool-II and should be {}", backend.id,
                               state_name(attached), state_name(wanted));
    if (command_is_pending(now, own, backend.id, wanted, attached, steps)) return;
    if (attached == wanted) {
        own.agreed = wanted;
        own.event.reset();
        return;
    }
    if (own.event) {
        const bool entered = own.event->submission.event == PgpoolEvent::attach;
        if (event_is_pending(now, own.event, steps)) return;
        own.agreed = entered;
        own.event.reset();
    }
    const bool pgpool_moved = own.agreed == wanted;
    // Of what the cluster has as pgpool has it there is nothing to tell: it is just not for here.
    if (pgpool_moved && mode_ == PgpoolMode::mirror && backend.up != attached)
        own.event = submit(event_for(attached), backend.id, steps);
    else
        give(now, own, backend.id, wanted, steps);
}

/// True: there is nothing to be decided before its effect has shown.
bool Reconciler::command_is_pending(Instant now, Track& own, int id, bool wanted, bool attached,
                                    Steps& steps) {
    if (!own.command) return false;
    if (attached == own.command->attach) {
        own.agreed = attached;  // it is ours, whatever the table says by now
        own.command.reset();
        return false;
    }
    if (now - own.command->given >= command_lifetime) {
        own.command.reset();
        return false;
    }
    if (wanted == own.command->attach && now >= own.command->give_again_at_) {
        own.command->give_again_at_ = now + command_patience;
        steps.commands.push_back({wanted ? PcpCommand::attach : PcpCommand::detach, id});
    }
    return true;
}

void Reconciler::give(Instant now, Track& own, int id, bool attach, Steps& steps) {
    own.event.reset();
    own.command = Command{attach, now, now + command_patience};
    steps.commands.push_back({attach ? PcpCommand::attach : PcpCommand::detach, id});
}

// --- Events --------------------------------------------------------------------------------------

Reconciler::Event Reconciler::submit(PgpoolEvent event, int backend, Steps& steps) {
    const Submission submission{++submissions_, event, backend};
    steps.submissions.push_back(submission);
    return {submission, true, false, 0, {}};
}

/// True: the cluster has not taken it yet, or its table from afterwards has not come.
bool Reconciler::event_is_pending(Instant now, std::optional<Event>& event, Steps& steps) {
    constexpr int asked_for_since = 2;
    if (event->accepted) return event->tables_since < asked_for_since;
    if (!event->under_way && now >= event->submit_again_at_) {
        event->under_way = true;
        steps.submissions.push_back(event->submission);
    }
    return true;
}

// --- The primary ---------------------------------------------------------------------------------

/// Everything that pgpool detaches meanwhile comes of it.
bool Reconciler::await_promotion(Instant now, std::optional<int> primary) {
    if (!promotion_) return false;
    if (primary != promotion_->to && now - promotion_->ordered < promotion_patience) {
        trouble_ = fmt::format("pgpool-II is to take backend {} for the primary", promotion_->to);
        return true;
    }
    const auto promoted = promotion_->to;
    forget();
    promoted_ = promoted;
    return false;
}

void Reconciler::reconcile_primary(Instant now, std::optional<int> observed, Steps& steps) {
    const auto wanted = wanted_primary();
    if (promoted_ != wanted) promoted_.reset();
    if (observed == wanted) {
        if (observed) agreed_primary_ = observed;
        primary_event_.reset();
        primary_differs_since_.reset();
        return;
    }
    if (!primary_differs_since_) primary_differs_since_ = now;
    if (!observed) {
        primary_event_.reset();
        if (now - *primary_differs_since_ >= primary_patience)
            primary_trouble_ =
                fmt::format("pgpool-II finds no primary, and the cluster has backend {}", *wanted);
        return;
    }
    if (primary_event_) {
        const int entered = primary_event_->submission.backend;
        if (entered == *observed && event_is_pending(now, primary_event_, steps)) return;
        if (primary_event_->accepted) agreed_primary_ = entered;
        primary_event_.reset();
    }
    settle_primary_difference(now, wanted, *observed, steps);
}

// A table that knows of none yet learns it from pgpool in any mode. PostgreSQL itself has told
// pgpool: where the two have never agreed, pgpool is believed, after a while in which it may change
// its mind.
void Reconciler::settle_primary_difference(Instant now, std::optional<int> wanted, int observed,
                                           Steps& steps) {
    const bool is_old = now - *primary_differs_since_ >= primary_patience;
    const bool pgpool_moved = agreed_primary_ && agreed_primary_ != observed;
    const bool pgpool_is_right = mode_ == PgpoolMode::mirror && agreed_primary_ != observed;
    if (!wanted || (pgpool_is_right && (pgpool_moved || is_old))) {
        primary_event_ = submit(PgpoolEvent::promote, observed, steps);
        return;
    }
    if (!is_old) return;
    primary_trouble_ =
        fmt::format("pgpool-II takes backend {} for the primary, and the cluster backend {}",
                    observed, *wanted);
    if (agreed_primary_ != observed || promoted_ == wanted) return;
    promotion_ = {*wanted, now};
    steps.commands.push_back({PcpCommand::promote, *wanted});
}

std::optional<int> Reconciler::wanted_primary() const {
    for (const WantedBackend& wanted : wanted_.list)
        if (wanted.primary && wanted.up) return wanted.id;
    return {};
}

Reconciler::Track& Reconciler::track(int id) {
    const auto index = static_cast<std::size_t>(id);
    if (tracks_.size() <= index) tracks_.resize(index + 1);
    return tracks_[index];
}

}  // namespace komainu
