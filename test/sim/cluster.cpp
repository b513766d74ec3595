#include "test/sim/cluster.h"

#include <algorithm>
#include <utility>

#include "base/overload.h"
#include "daemon/words.h"

namespace komainu::sim {

namespace {

constexpr std::size_t recording_max = 4096;
constexpr std::size_t story_max = 2000;

const std::array<Key, 1> sim_key{Key{{std::byte{1}, std::byte{2}, std::byte{3}}, 7}};

}  // namespace

std::vector<Member> members(int n) {
    std::vector<Member> all;
    for (int i = 1; i <= n; ++i) all.push_back({NodeId{static_cast<std::uint8_t>(i)}, 100, false});
    return all;
}

struct Cluster::Host {
    NodeId id = no_node;
    double rate = 1;
    Duration offset{};
    Random random{0};

    // main
    std::unique_ptr<Node> node;
    Incarnation incarnation = no_incarnation;
    bool paused = false;
    bool gone = false;  ///< left orderly
    std::vector<Event> inbox;
    std::uint64_t armed = 0;

    // the guard and the page it shares with main
    bool guard = false;
    Instant lease_until;  ///< local time
    bool lease_open = false;
    Term held;
    std::uint64_t tenure = 0;  ///< counts the holds, so that late happenings know they are late
    bool answering = false;
    bool fail_hold = false;

    // what the arbiter of quorum = half asks
    bool trusted = true;
    std::optional<bool> lan_silent;
};

Cluster::Cluster(Options options)
    : options_(std::move(options)),
      random_(options_.seed),
      keys_(sim_key),
      datagrams_(cluster_hash("sim"), keys_) {
    for (const Member& member : options_.members) {
        auto host = std::make_unique<Host>();
        host->id = member.id;
        host->random = Random(random_.next());
        const auto drift = static_cast<std::uint64_t>(options_.drift_per_mille) * 1000;
        const double off =
            static_cast<double>(random_.below(2 * drift + 1)) - static_cast<double>(drift);
        host->rate = 1 + off / 1e6;
        host->offset = random_.below(Duration{1h});
        hosts_[member.id] = std::move(host);
    }
    changes_.push_back({now_, 0});
}

Cluster::~Cluster() = default;

Cluster::Host& Cluster::host(NodeId id) const { return *hosts_.at(id); }
const Node* Cluster::node(NodeId id) const { return exited(id) ? nullptr : host(id).node.get(); }
bool Cluster::answers(NodeId id) const { return host(id).answering; }
bool Cluster::exited(NodeId id) const { return host(id).gone; }

Instant Cluster::local(const Host& h) const {
    const auto elapsed = static_cast<double>(nanoseconds(now_)) * h.rate;
    return Instant{Duration{static_cast<Duration::rep>(elapsed)}} + h.offset;
}

Duration Cluster::to_true(const Host& h, Duration local_time) const {
    return Duration{static_cast<Duration::rep>(static_cast<double>(local_time.count()) / h.rate)} +
           1ns;
}

void Cluster::later(Duration delay, std::function<void()> happen) {
    agenda_.push({now_ + std::max(delay, Duration{0}), ++order_, std::move(happen)});
}

void Cluster::run(Duration time) {
    run_until([] { return false; }, time);
}

bool Cluster::run_until(const std::function<bool()>& condition, Duration limit) {
    const Instant end = now_ + limit;
    while (!condition()) {
        if (agenda_.empty() || agenda_.top().at > end) {
            now_ = end;
            return condition();
        }
        const Happening next = agenda_.top();
        agenda_.pop();
        now_ = next.at;
        next.happen();
    }
    return true;
}

// --- Processes
// ---------------------------------------------------------------------------------------

void Cluster::start(NodeId id) {
    Host& h = host(id);
    // The first act of a guard is to sweep what an earlier one has left.
    set_answering(h, false);
    h.incarnation = make_incarnation(static_cast<std::uint64_t>(nanoseconds(now_) / 1'000'000),
                                     h.random.next());
    h.guard = true;
    h.paused = h.gone = h.lease_open = false;
    h.inbox.clear();
    ++h.tenure;
    h.node = std::make_unique<Node>(Settings{.self = id,
                                             .incarnation = h.incarnation,
                                             .members = options_.members,
                                             .quorum = options_.quorum,
                                             .on_quorum_loss = options_.on_quorum_loss,
                                             .interval = options_.interval,
                                             .deadtime = options_.deadtime,
                                             .lease_margin = lease_margin(options_.deadtime, 1),
                                             .seed = h.random.next()},
                                    local(h));
    tell(id, "starts");
    set_trusted(id, h.trusted);
    set_healthy(id, true);
}

void Cluster::start_all() {
    for (const auto& [id, host] : hosts_) start(id);
}

void Cluster::stop(NodeId id) { step(host(id), StopAsked{}); }

void Cluster::kill_main(NodeId id) {
    Host& h = host(id);
    if (!h.node) return;
    tell(id, "main killed");
    h.node.reset();
    if (std::exchange(h.lease_open, false)) lower(h, h.held, true);
    h.guard = false;
}

void Cluster::kill_both(NodeId id) {
    Host& h = host(id);
    tell(id, "both killed");
    h.node.reset();
    h.guard = false;
    // The fence reads the page: it shuts at the expiry, whoever lives.
    if (!h.lease_open) return set_answering(h, false);
    later(to_true(h, h.lease_until - local(h)), [this, &h, tenure = h.tenure] {
        if (h.tenure == tenure) set_answering(h, false);
    });
}

void Cluster::pause_main(NodeId id) {
    tell(id, "main paused");
    host(id).paused = true;
}

void Cluster::resume_main(NodeId id) {
    Host& h = host(id);
    if (!h.paused) return;
    tell(id, "main resumed");
    h.paused = false;
    if (h.node) wake(h);
}

void Cluster::set_healthy(NodeId id, bool healthy) {
    Host& h = host(id);
    if (h.node) step(h, HealthChanged{healthy});
}

void Cluster::switchover(NodeId asked, NodeId target) {
    step(host(asked), SwitchoverAsked{RequestId{1}, target});
}

void Cluster::set_trusted(NodeId id, bool reachable) {
    Host& h = host(id);
    h.trusted = reachable;
    if (h.node) step(h, TrustedServersChanged{reachable});
}

void Cluster::set_lan_silent(NodeId id, bool silent) { host(id).lan_silent = silent; }

void Cluster::see_rival(NodeId id) { step(host(id), RivalSeen{}); }

void Cluster::fail_next_hold(NodeId id) { host(id).fail_hold = true; }

void Cluster::lose_vips(NodeId id) {
    Host& h = host(id);
    if (!h.guard || !h.node || !std::exchange(h.lease_open, false)) return;
    tell(id, "guard: lost the VIP");
    lower(h, h.held, true);
}

// --- The joint: as the daemon's, in small
// ----------------------------------------------------------------

void Cluster::step(Host& h, const Event& event) {
    if (!h.node) return;
    if (h.paused) {
        h.inbox.push_back(event);
        return;
    }
    ActionList actions;
    h.node->step(local(h), event, actions);
    for (const Action& action : actions) perform(h, action);
    arm(h);
}

/// After a pause: everything that came in meanwhile, and only then the deadlines.
void Cluster::wake(Host& h) {
    const auto inbox = std::move(h.inbox);
    h.inbox.clear();
    for (const Event& event : inbox) step(h, event);
    if (h.node && h.node->deadline() <= local(h)) step(h, TimerExpired{});
    arm(h);
}

void Cluster::arm(Host& h) {
    if (!h.node || h.gone) return;
    const auto armed = ++h.armed;
    const Duration wait = std::max(h.node->deadline(), local(h)) - local(h);
    later(to_true(h, wait), [this, &h, armed] {
        if (h.armed != armed || !h.node || h.paused || h.gone) return;
        if (h.node->deadline() <= local(h))
            step(h, TimerExpired{});
        else
            arm(h);
    });
}

void Cluster::perform(Host& h, const Action& action) {
    std::visit(Overload{
                   [&](const HoldVips& a) { hold(h, a); },
                   [&](const ExtendLease& a) {
                       if (h.lease_open)
                           h.lease_until = a.until;
                       else
                           later(0ns, [this, &h, term = h.held] { step(h, VipsDropped{term}); });
                   },
                   [&](const DropVips& a) {
                       tell(h.id, "orders the VIP down");
                       later(options_.guard_latency, [this, &h, a, tenure = h.tenure] {
                           if (h.tenure != tenure || !h.guard) return;
                           h.lease_open = false;
                           lower(h, a.term, false);
                       });
                   },
                   [](const AnnounceVips&) {},
                   [&](const AskArbiter& a) {
                       tell(h.id, "asks the arbiter");
                       later(options_.probe_time, [this, &h, a] {
                           step(h, ArbiterAnswered{a.question, arbiter_agrees(h)});
                       });
                   },
                   [&](const HeldWithoutQuorum&) { tell(h.id, "holds without a quorum"); },
                   [&](const Broadcast& a) {
                       const auto datagram = seal(h, a.sequence, embolden(a.message));
                       for (const auto& [id, peer] : hosts_)
                           if (id != h.id) transmit(h.id, id, datagram);
                   },
                   [&](const SendTo& a) { transmit(h.id, a.to, seal(h, a.sequence, a.message)); },
                   [&](const RoleChanged& a) {
                       tell(h.id, std::string(word(a.from)) + " -> " + std::string(word(a.to)) +
                                      ", term " + std::to_string(a.term.round) + ": " +
                                      std::string(sentence(a.cause)));
                   },
                   [&](const ActiveChanged& a) {
                       const auto who = std::to_string(number(a.term.node));
                       tell(h.id, a.news == ActiveNews::followed ? "follows " + who
                                                                 : "lost active " + who);
                   },
                   [&](const PeerChanged&) {},
                   [&](const AnswerSwitchover& a) { answers_.push_back(a); },
                   [&](const Exit&) {
                       tell(h.id, "exits");
                       h.gone = true;
                       later(0ns, [&h] {
                           if (h.gone) h.node.reset();
                       });
                   },
               },
               action);
}

// --- The guard
// ---------------------------------------------------------------------------------------------

void Cluster::hold(Host& h, const HoldVips& order) {
    h.lease_until = order.lease_until;
    h.lease_open = true;
    h.held = order.term;
    const auto tenure = ++h.tenure;
    later(options_.guard_latency, [this, &h, tenure, term = order.term] {
        if (h.tenure != tenure || !h.guard || !h.lease_open) return;
        if (std::exchange(h.fail_hold, false)) {
            h.lease_open = false;
            return step(h, HoldFailed{term});
        }
        if (local(h) >= h.lease_until) {
            h.lease_open = false;
            return lower(h, term, false);
        }
        set_answering(h, true);
        step(h, VipsHeld{term});
    });
    watch_lease(h, tenure);
}

bool Cluster::arbiter_agrees(const Host& h) const {
    const auto answers_here = [&](const auto& entry) {
        return entry.second->answering && !cuts_.contains({h.id, entry.first}) &&
               !cuts_.contains({entry.first, h.id});
    };
    const bool silent = h.lan_silent.value_or(std::ranges::none_of(hosts_, answers_here));
    return h.trusted && silent;
}

/// The guard sleeps until the expiry, wakes up late, reads the page again.
void Cluster::watch_lease(Host& h, std::uint64_t tenure) {
    const Duration oversleep = h.random.below(options_.guard_oversleep + 1ns);
    later(to_true(h, h.lease_until - local(h)) + oversleep, [this, &h, tenure] {
        if (h.tenure != tenure || !h.lease_open || !h.guard) return;
        if (local(h) < h.lease_until) return watch_lease(h, tenure);
        h.lease_open = false;
        tell(h.id, "guard: the lease has expired");
        lower(h, h.held, true);
    });
}

void Cluster::lower(Host& h, Term term, bool will) {
    set_answering(h, false);
    if (will) send_will(h, term);
    step(h, VipsDropped{term});
}

void Cluster::send_will(Host& h, Term term) {
    const auto datagram = seal(h, 1, Release{term.round, no_node});
    for (const auto& [id, peer] : hosts_)
        if (id != h.id) transmit(h.id, id, datagram);
}

// --- The network
// ---------------------------------------------------------------------------------------------

std::vector<std::byte> Cluster::seal(Host& h, std::uint64_t sequence, const Message& message) {
    std::array<std::byte, datagram_bytes_max> room;
    const Bytes bytes = datagrams_.seal({h.id, h.incarnation, sequence, 0}, message, room);
    return {bytes.begin(), bytes.end()};
}

/// Whether a peer is free is only advice on when to stand: it must not matter if it is wrong.
Message Cluster::embolden(Message message) {
    if (auto* heartbeat = std::get_if<Heartbeat>(&message))
        if (static_cast<int>(random_.below(1000)) < options_.bold_per_mille)
            heartbeat->conditions.free = true;
    return message;
}

void Cluster::transmit(NodeId from, NodeId to, const std::vector<std::byte>& datagram) {
    if (recording_.size() == recording_max) recording_.pop_front();
    recording_.push_back({to, datagram});
    if (cuts_.contains({from, to})) return;
    const auto happens = [this](int per_mille) {
        return static_cast<int>(random_.below(1000)) < per_mille;
    };
    if (happens(options_.loss_per_mille)) return;
    const int copies = happens(options_.duplicates_per_mille) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
        const bool straggles = happens(options_.stragglers_per_mille);
        const Duration slowest = straggles ? options_.straggle_max : options_.delay_max;
        const Duration spread = slowest - options_.delay_min;
        later(options_.delay_min + random_.below(spread + 1ns),
              [this, to, datagram] { deliver(to, datagram); });
    }
}

void Cluster::deliver(NodeId to, const std::vector<std::byte>& datagram) {
    Received received;
    const auto refusal = datagrams_.open(datagram, received.envelope, received.message);
    if (refusal) violation_ = "a sealed datagram was refused";
    step(host(to), received);
}

void Cluster::replay(int count) {
    for (int i = 0; i < count && !recording_.empty(); ++i) {
        const Recorded& old = recording_[random_.below(recording_.size())];
        const auto to = options_.members[random_.below(options_.members.size())].id;
        deliver(random_.below(2) == 0 ? old.to : to, std::vector<std::byte>(old.datagram));
    }
}

void Cluster::cut(NodeId from, NodeId to) { cuts_.insert({from, to}); }

void Cluster::isolate(NodeId id) {
    tell(id, "isolated");
    for (const auto& [other, host] : hosts_) {
        cut(id, other);
        cut(other, id);
    }
}

void Cluster::heal() { cuts_.clear(); }

void Cluster::calm() {
    const Options quiet;
    options_.delay_max = quiet.delay_max;
    options_.loss_per_mille = options_.duplicates_per_mille = options_.stragglers_per_mille =
        options_.bold_per_mille = 0;
    for (const auto& [id, host] : hosts_) host->fail_hold = false;
}

// --- Watching
// --------------------------------------------------------------------------------------------------

void Cluster::set_answering(Host& h, bool answering) {
    if (h.answering == answering) return;
    h.answering = answering;
    tell(h.id, answering ? "answers for the VIP" : "no longer answers");
    changes_.push_back({now_, holders()});
    if (holders() > 1 && violation_.empty())
        violation_ =
            "two nodes answer for the VIP at " + std::to_string(nanoseconds(now_) / 1000) + " us";
}

int Cluster::holders() const {
    return static_cast<int>(
        std::ranges::count_if(hosts_, [](const auto& e) { return e.second->answering; }));
}

NodeId Cluster::holder() const {
    for (const auto& [id, host] : hosts_)
        if (host->answering) return id;
    return no_node;
}

Duration Cluster::without_holder_since(Instant mark) const {
    Duration without{0};
    for (std::size_t i = 0; i < changes_.size(); ++i) {
        const Instant begin = std::max(changes_[i].at, mark);
        const Instant end = i + 1 < changes_.size() ? changes_[i + 1].at : now_;
        if (changes_[i].holders == 0 && end > begin) without += end - begin;
    }
    return without;
}

void Cluster::tell(NodeId id, const std::string& what) {
    if (story_.size() == story_max) story_.erase(story_.begin(), story_.begin() + story_max / 2);
    story_.push_back(std::to_string(nanoseconds(now_) / 1000) + " us node " +
                     std::to_string(number(id)) + ": " + what);
}

}  // namespace komainu::sim
