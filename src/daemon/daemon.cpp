#include "daemon/daemon.h"

#include <signal.h>

#include "base/overload.h"
#include "conf/settings_digests.h"
#include "daemon/words.h"
#include "io/log.h"

namespace komainu {

namespace {

Settings settings_of(const Config& config, Incarnation incarnation) {
    Settings settings;
    settings.self = config.self;
    settings.incarnation = incarnation;
    settings.quorum = config.quorum;
    settings.on_quorum_loss = config.on_quorum_loss;
    settings.interval = config.heartbeat.interval;
    settings.deadtime = config.heartbeat.deadtime;
    settings.remembered = config.heartbeat.deadtime;
    settings.removal = removal_of(config.guarded());
    settings.digests = settings_digests(config);
    settings.preempt_after = config.preempt_after();
    settings.seed = static_cast<std::uint64_t>(incarnation);
    for (const NodeConfig& node : config.nodes)
        settings.members.push_back({node.id, node.priority, node.witness});
    return settings;
}

/// In the order in which the links and the core have them.
std::map<NodeId, std::size_t> places_of_peers(const Config& config) {
    std::map<NodeId, std::size_t> places;
    for (const NodeConfig& node : config.nodes)
        if (node.id != config.self) places.emplace(node.id, places.size());
    return places;
}

LogEvent event_of(PeerNews news) {
    switch (news) {
        case PeerNews::up:
            return LogEvent::peer_heard;
        case PeerNews::down:
            return LogEvent::peer_lost;
        case PeerNews::restarted:
            return LogEvent::peer_restarted;
        case PeerNews::left:
            return LogEvent::peer_left;
    }
    return LogEvent::peer_heard;
}

/// Far more than a scheduler's usual delay, and enough to endanger a lease.
Duration pause_min(const Config& config) {
    return std::max<Duration>(config.heartbeat.deadtime / 4, 10ms);
}

}  // namespace

Daemon::Daemon(Loop& loop, Outfit outfit)
    : loop_(loop),
      config_(outfit.config),
      loaded_(std::move(outfit.loaded)),
      keys_(std::move(outfit.keys)),
      datagrams_(cluster_hash(config_.cluster_name), *keys_),
      signals_(std::move(outfit.signals)),
      place_of_peer_(places_of_peers(config_)),
      node_(settings_of(config_, outfit.incarnation), loop.now()),
      link_book_({config_.self, outfit.incarnation}, outfit.links.size(), place_of_peer_.size(),
                 {config_.heartbeat.interval, config_.heartbeat.deadtime}),
      arrivals_(place_of_peer_.size()),
      links_(loop, std::move(outfit.links),
             [this](std::size_t link, Bytes bytes, const Endpoint& source) {
                 on_datagram(link, bytes, source);
             }),
      tracking_(config_.lifecheck.track_delay),
      fence_(std::move(outfit.fence)),
      announcements_(std::move(outfit.announcements)),
      runner_(loop, std::move(outfit.runner)),
      reload_(loop, runner_, config_,
              {[this](const NewConfig& wanted) { return ask_guard(wanted); },
               [this](NewConfig wanted) { take_over(std::move(wanted)); },
               [this](const std::string& why, const std::vector<std::string>& problems) {
                   reload_refused(why, problems);
               }}),
      hooks_(config_, runner_),
      command_vips_(loop, runner_, config_),
      services_(
          loop, runner_, config_.services, config_.lifecheck.require,
          [this] { services_may_have_changed(); }, log_service),
      outside_(loop, runner_, config_,
               [this](NodeId node, bool reached, const std::string& why) {
                   reach_changed(node, reached, why);
               }),
      control_(
          loop, std::move(outfit.control),
          [this](ClientId client, std::string_view line) { on_request(client, line); },
          outfit.lookers),
      rivals_(config_.vips.size()),
      streams_(loop, config_, {outfit.incarnation, std::move(outfit.host_name)}, *keys_,
               std::move(outfit.listeners), refusals_, stream_handlers()),
      status_line_(config_),
      supervisor_(
          loop, std::move(outfit.supervisor), outfit.watchdog,
          [this] { return status_line_.compose(node_, fitness_.reason(), runner_.trouble()); }),
      judgement_(loop, [this] { judge(); }),
      probe_again_(loop, [this] { order_start_probe(); }),
      track_(loop, [this] { interfaces_may_have_changed(); }),
      pgpool_silence_(loop, [this] { set_pgpool_trouble("the link to pgpool-II is silent"); }),
      signal_watch_(loop.watch(signals_.fd(), EPOLLIN, [this](std::uint32_t) { on_signal(); })) {
    for (const CarrierReport& carrier : outfit.carriers)
        tracking_.enter(carrier.interface, carrier.carrier, loop.now());
    fitness_.set_interfaces(tracking_.trouble());
    if (outfit.ledger)
        backends_.emplace(loop, config_, runner_, streams_, std::move(*outfit.ledger),
                          static_cast<std::uint64_t>(outfit.incarnation),
                          Backends::Handlers{
                              [this](const BackendEvent& event) { tell_backend(event); },
                              [this](int backend) { services_.pardon(backend); },
                              [this](ClientId client, std::string line) {
                                  control_.reply(client, std::move(line));
                              },
                          });
    if (config_.pgpool && !config_.node(config_.self).witness)
        fitness_.set_pgpool("the link to pgpool-II has not reported yet");
    if (!outfit.echo_sockets.empty()) watch_trusted_servers(std::move(outfit.echo_sockets));
    if (!outfit.guard) return;
    set_fence_trouble(fence_.trouble);
    guard_.emplace(loop, config_, std::move(*outfit.guard), std::move(outfit.lease_page),
                   GuardLink::Handlers{
                       [this](const GuardReport& report) { on_guard_report(report); },
                       [this](std::string_view trouble) { on_guard_trouble(trouble); },
                       [this](Term term) { guard_dropped(term); },
                   });
    gate_.emplace(loop, *guard_, hooks_);
}

int Daemon::run() {
    fitness_.set_services(services_.healthy(), services_.reason());
    if (guard_) begin_start_probe();
    services_.start();
    outside_.start();
    if (trusted_) trusted_->start();
    fitness_may_have_changed();
    priority_may_have_changed();
    judgement_.set(node_.deadline());
    links_.start();
    streams_.start();
    supervisor_.ready();
    loop_.run();
    runner_.say_farewell();
    return exit_status_;
}

// --- The core ------------------------------------------------------------------------------------

/// An event that an action brings about is taken in after all actions of its step.
void Daemon::step(const Event& event) {
    if (stepping_) return consequences_.push_back(event);
    stepping_ = true;
    run_step(event);
    for (std::size_t i = 0; i < consequences_.size(); ++i) run_step(consequences_[i]);
    consequences_.clear();
    stepping_ = false;
    judge_start();
    follow_active();
    log_quorum();
    // Due in this wake-up, even if it became due after the loop read the clock: a peer that never
    // falls silent must not put the judgement off.
    const Instant due = node_.deadline();
    judgement_.set(due <= now() ? loop_.now() : due);
}

void Daemon::run_step(const Event& event) {
    actions_.clear();
    node_.step(now(), event, actions_);
    for (const Action& action : actions_) perform(action);
    tell_when_moved();
}

/// Streams run between the active and each of the others.
void Daemon::follow_active() {
    const bool active = node_.role() == Role::active;
    streams_.set_active(active);
    const NodeId followed = active ? no_node : node_.active().term.node;
    streams_.follow(followed);
    if (backends_) backends_->active_is(active ? config_.self : followed);
}

PeerStreams::Handlers Daemon::stream_handlers() {
    return {
        .up =
            [this](NodeId node) {
                if (backends_) backends_->step(StreamUp{node});
            },
        .down =
            [this](NodeId node) {
                if (backends_) backends_->step(StreamDown{node});
            },
        .heard =
            [this](NodeId node, const LedgerMessage& message) {
                if (backends_) backends_->step(LedgerHeard{node, message});
            },
        .refused =
            [this](const std::string& reason) {
                fitness_.set_refused(reason);
                fitness_may_have_changed();
            },
        .proven =
            [this](NodeId node) {
                const Peer* peer = std::as_const(node_).find(node);
                return peer ? peer->incarnation() : no_incarnation;
            },
    };
}

/// Runs after everything that was received in this wake-up, at the newest reading of the clock.
void Daemon::judge() {
    const Duration late = loop_.lateness();
    lateness_.note(late);
    step(TimerExpired{});
    if (late >= pause_min(config_)) recover_from_pause(late);
}

/// Who was away may have missed that another held the VIPs meanwhile, or that caches have
/// forgotten.
void Daemon::recover_from_pause(Duration late) {
    counters_.add_pause();
    log_event(LogEvent::pause_detected,
              "I was not scheduled for {} ms: this host is overloaded, or was suspended",
              late / 1ms);
    if (node_.vips_held()) guard_->announce();
}

void Daemon::perform(const Action& action) {
    std::visit(Overload{
                   [&](const HoldVips& a) {
                       counters_.lease_begins(a.lease_until);
                       gate_->hold(a.term, a.lease_until, last_will(a.term),
                                   move_facts(HookEvent::active, a.term, Cause::elected));
                   },
                   [&](const ExtendLease& a) {
                       counters_.lease_extended(a.until, now(), config_.heartbeat.deadtime);
                       gate_->extend(a.until);
                   },
                   [&](const DropVips& a) {
                       gate_->drop(a, move_facts(HookEvent::standby, a.term, a.cause));
                   },
                   [&](const AnnounceVips&) { guard_->announce(); },
                   [&](const AskArbiter& a) { ask_arbiter(a); },
                   [&](const HeldWithoutQuorum& a) { log_hold(a); },
                   [&](const Broadcast& a) { transmit(a.sequence, a.message, no_node); },
                   [&](const SendTo& a) { transmit(a.sequence, a.message, a.to); },
                   [&](const RoleChanged& a) { log_role(a); },
                   [&](const ActiveChanged& a) { log_active(a); },
                   [&](const PeerChanged& a) {
                       log_event(event_of(a.news), {.peer = a.peer}, "node {} {}", number(a.peer),
                                 sentence(a.news));
                       tell_peer(a);
                       const Peer* const peer = std::as_const(node_).find(a.peer);
                       if (backends_) backends_->step(PeerIs{a.peer, peer && peer->alive()});
                   },
                   [&](const MaintenanceChanged& a) {
                       log_event(a.paused ? LogEvent::paused : LogEvent::resumed, {.peer = a.node},
                                 "maintenance: node {} {} the cluster", number(a.node),
                                 a.paused ? "paused" : "resumed");
                   },
                   [&](const Preempting& a) { log_preemption(a); },
                   [&](const AnswerSwitchover& a) { answer_switchover(a); },
                   [&](const AnswerOrder& a) { answer_standby(a); },
                   [&](const Exit&) { loop_.stop(); },
               },
               action);
}

// --- Its end -------------------------------------------------------------------------------------

void Daemon::on_signal() {
    while (const auto signal = signals_.next()) {
        if (*signal == SIGTERM || *signal == SIGINT)
            stop();
        else if (*signal == SIGHUP)
            start_reload({});
    }
}

void Daemon::stop() {
    log_event(LogEvent::stopping, "stopping");
    supervisor_.stopping();
    step(StopAsked{});
}

}  // namespace komainu
