#include "test/sim/ledger_run.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>

#include "core/quorum.h"
#include "test/sim/ledger_host.h"

namespace komainu::sim {

namespace {

constexpr std::string_view everyone_knows = "P5 everyone knows";
constexpr int faults_min = 10;
constexpr int faults_spread = 60;
constexpr int backends_drawn = 4;

class LedgerRun {
public:
    LedgerRun(std::uint64_t seed, Telling telling)
        : random_(seed), story_(telling == Telling::told) {
        const int nodes = 1 + static_cast<int>(random_.below(7));
        for (int i = 1; i <= nodes; ++i) add_host(i, nodes);
        message_takes_ = random_.below(4) == 0 ? 200ms : 2ms;
        if (one_in(3))
            for (const auto& host : hosts_) host->set_disk_takes(400ms);
    }

    Outcome go() {
        for (const auto& host : hosts_) start(*host);
        const int faults = faults_min + static_cast<int>(random_.below(faults_spread));
        for (int i = 0; i < faults && violation_.empty(); ++i) {
            strike();
            ++outcome_.faults;
            pass(random_.below(5) == 0 ? random_.below(8s) : random_.below(200ms));
        }
        if (violation_.empty()) agree();
        outcome_.violation = violation_;
        outcome_.simulated = agenda_.now() - Instant{1h};
        outcome_.story = story_.lines();
        return std::move(outcome_);
    }

private:
    struct Stream {
        std::uint64_t life = 0;  ///< counts the beginnings and ends
        bool is_up = false;
        bool is_cut = false;
        std::array<Instant, 2> delivered{};       ///< the last to the lower, and to the higher
        std::array<std::uint64_t, 2> believed{};  ///< whose life the lower, the higher knows of
    };

    void add_host(int i, int nodes) {
        LedgerSettings settings{.self = NodeId{static_cast<std::uint8_t>(i)},
                                .nodes = nodes,
                                .votes_needed = votes_needed(QuorumRule::majority, nodes),
                                .reports_needed = nodes / 2 + 1};
        settings.has_command[static_cast<std::size_t>(BackendEventKind::detach)] = true;
        settings.has_command[static_cast<std::size_t>(BackendEventKind::promote)] = true;
        const Clock clock(static_cast<int>(random_.below(19'000)) - 9'500, random_.below(100h));
        hosts_.push_back(std::make_unique<LedgerHost>(
            agenda_, story_, settings, clock, random_.next(),
            LedgerOutlets{[this](LedgerHost& from, NodeId to, const LedgerMessage& message) {
                              deliver(from.id(), to, LedgerHeard{from.id(), message});
                          },
                          [this](const LedgerHost& host, const LedgerAction& action) {
                              judge(host, action);
                          }}));
        applied_.push_back(0);
        is_active_.push_back(no_node);
    }

    LedgerHost& host(NodeId id) { return *hosts_[static_cast<std::size_t>(number(id) - 1)]; }
    LedgerHost& any() { return *hosts_[random_.below(hosts_.size())]; }
    bool one_in(std::uint64_t n) { return random_.below(n) == 0; }
    std::size_t place(const LedgerHost& h) const {
        return static_cast<std::size_t>(number(h.id()) - 1);
    }
    // --- Streams
    // ------------------------------------------------------------------------------------

    Stream& between(NodeId a, NodeId b) { return streams_[{std::min(a, b), std::max(a, b)}]; }

    static std::size_t end_of(NodeId at, NodeId other) { return at < other ? 0 : 1; }

    void open_later(NodeId a, NodeId b) {
        agenda_.later(random_.below(100ms), [this, a, b] {
            Stream& stream = between(a, b);
            if (stream.is_up || stream.is_cut || !host(a).ledger() || !host(b).ledger()) return;
            stream.is_up = true;
            ++stream.life;
            stream.delivered = {};
            for (const auto& [at, other] : {std::pair{a, b}, std::pair{b, a}}) {
                learn_of_end(at, other, stream.believed[end_of(at, other)]);
                stream.believed[end_of(at, other)] = stream.life;
                host(at).step(StreamUp{other});
            }
        });
    }

    void learn_of_end(NodeId at, NodeId other, std::uint64_t life) {
        std::uint64_t& believed = between(at, other).believed[end_of(at, other)];
        if (life == 0 || believed != life) return;
        believed = 0;
        host(at).step(StreamDown{other});
    }

    /// Either end learns of it when it looks, which may be long after.
    void end(NodeId a, NodeId b) {
        Stream& stream = between(a, b);
        if (!std::exchange(stream.is_up, false)) return;
        for (const auto& ends : {std::pair{a, b}, std::pair{b, a}})
            agenda_.later(random_.below(3s), [this, ends, life = stream.life] {
                learn_of_end(ends.first, ends.second, life);
            });
        ++stream.life;
        open_later(a, b);
    }

    void deliver(NodeId from, NodeId to, const LedgerEvent& event) {
        Stream& stream = between(from, to);
        if (!stream.is_up || stream.believed[end_of(from, to)] != stream.life) return;
        Instant& last = stream.delivered[end_of(to, from)];
        last = std::max(last + 1ns, agenda_.now() + random_.below(message_takes_));
        agenda_.at(last, [this, from, to, event, life = stream.life] {
            if (between(from, to).life == life) host(to).step(event);
        });
    }

    void set_cut(NodeId a, NodeId b, bool cut) {
        if (a == b) return;
        between(a, b).is_cut = cut;
        cut ? end(a, b) : open_later(a, b);
    }

    void isolate(NodeId id) {
        story_.tell(agenda_.now(), id, "is cut off");
        for (const auto& other : hosts_) set_cut(id, other->id(), true);
    }

    // --- Processes -------------------------------------------------------------------------------

    void start(LedgerHost& h) {
        if (h.ledger()) kill(h);
        applied_[place(h)] = h.disk().record.applied;
        h.start();
        for (const auto& other : hosts_)
            if (other->id() != h.id()) open_later(h.id(), other->id());
        for (const auto& other : hosts_) h.step(PeerIs{other->id(), other->ledger() != nullptr});
        tell_active(h,
                    is_active_[place(h)] == h.id() && one_in(2) ? no_node : is_active_[place(h)]);
    }

    void kill(LedgerHost& h) {
        h.kill();
        for (const auto& other : hosts_) {
            if (other->id() == h.id()) continue;
            between(h.id(), other->id()).believed[end_of(h.id(), other->id())] = 0;
            end(h.id(), other->id());
        }
    }

    void tell_active(LedgerHost& h, NodeId active) {
        is_active_[place(h)] = active;
        if (h.ledger()) story_.tell(agenda_.now(), h.id(), "active is node {}", number(active));
        h.step(ActiveIs{active});
    }

    void all_follow(NodeId active) {
        for (const auto& h : hosts_) tell_active(*h, active);
    }

    void ask(LedgerHost& h) {
        h.ask(BackendEventKind{static_cast<std::uint8_t>(random_.below(5))},
              static_cast<std::uint8_t>(random_.below(backends_drawn)), random_.below(10s));
    }

    /// Fewer have lost their record at a time than make a quorum impossible.
    void damage(LedgerHost& h) {
        const auto lost =
            std::ranges::count_if(hosts_, [](const auto& other) { return other->disk().is_lost; });
        if (2 * static_cast<std::size_t>(lost + 1) >= hosts_.size()) return;
        kill(h);
        h.damage_disk();
        story_.tell(agenda_.now(), h.id(), "loses its record");
        if (one_in(2)) start(h);
    }

    /// Somebody is asked for a promise, and loses what it may have given.
    void lose_promise() {
        tell_active(any(), any().id());
        LedgerHost& candidate = any();
        tell_active(candidate, candidate.id());
        pass(random_.below(20ms));
        LedgerHost& promiser = any();
        if (one_in(2)) return start(promiser);
        damage(promiser);
    }

    /// Somebody leads by the votes of others, and is active again when it knows nothing of that.
    void forget_ballot() {
        LedgerHost& forgetful = any();
        forgetful.set_disk_takes(1s);
        all_follow(forgetful.id());
        for (int i = 0; i < backends_drawn; ++i) ask(forgetful);
        pass(random_.below(10ms + 2 * message_takes_));
        start(forgetful);
        all_follow(forgetful.id());
        for (int i = 0; i < backends_drawn; ++i) ask(forgetful);
        pass(random_.below(300ms));
    }

    void strike() {
        switch (random_.below(24)) {
            case 0:
                return kill(any());
            case 1:
            case 2:
                return start(any());
            case 3:
            case 4:
                return set_cut(any().id(), any().id(), true);
            case 5:
                return isolate(any().id());
            case 6:
                for (const auto& a : hosts_)
                    for (const auto& b : hosts_)
                        if (a->id() < b->id()) set_cut(a->id(), b->id(), false);
                return;
            case 7:
            case 8:
            case 9:
                return all_follow(any().id());
            case 10:
            case 11:
                return tell_active(any(), any().id());
            case 12:
                return any().set_disk_refuses(true);
            case 13:
                return any().set_disk_refuses(false);
            case 14:
                return any().set_disk_takes(one_in(2) ? 1s : 5ms);
            case 15:
                return damage(any());
            case 16:
                return any().pause(random_.below(one_in(3) ? 12s : 300ms));
            case 17:
                return any().step(BackendsSeenHere{random_.below(1 << backends_drawn)});
            case 19:
            case 20:
            case 21:
                return lose_promise();
            case 22:
                return forget_ballot();
            case 18:
                return any().step(PeerIs{any().id(), one_in(2)});
            default:
                for (auto times = 1 + random_.below(40); times > 0; --times) {
                    one_in(6) ? any().ask_again() : ask(any());
                    if (one_in(2)) pass(random_.below(20ms));
                }
        }
    }

    // --- What must hold
    // ---------------------------------------------------------------------------

    void violated(const std::string& what) {
        if (!violation_.empty()) return;
        violation_ = fmt::format("{}: {}", everyone_knows, what);
        story_.tell(agenda_.now(), no_node, "=== {}", violation_);
    }

    void judge(const LedgerHost& h, const LedgerAction& action) {
        const int id = number(h.id());
        if (const auto* a = std::get_if<ApplyEntry>(&action)) {
            if (a->index != applied_[place(h)] + 1)
                violated(
                    fmt::format("node {} applies {} after {}", id, a->index, applied_[place(h)]));
            applied_[place(h)] = a->index;
            const auto [same, is_new] = agreed_.try_emplace(a->index, a->entry);
            if (!(same->second == a->entry))
                violated(fmt::format("node {} applies another entry {} than others", id, a->index));
            if (is_new &&
                !events_.insert({number(a->entry.event.id.origin), a->entry.event.id.number})
                     .second)
                violated(fmt::format("entry {} is an event that was entered before", a->index));
        }
        if (const auto* a = std::get_if<EntriesMissed>(&action)) {
            if (a->from != applied_[place(h)] || a->to < a->from)
                violated(fmt::format("node {} goes back from {} to {}", id, a->from, a->to));
            applied_[place(h)] = a->to;
        }
        if (const auto* a = std::get_if<AnswerEvent>(&action)) {
            const auto found = agreed_.find(a->index);
            if (a->outcome == EventOutcome::done &&
                (found == agreed_.end() || !(found->second.event.id == a->id)))
                violated(fmt::format("node {} says that event {} is done", id, a->id.number));
        }
        if (const auto* a = std::get_if<RunCommand>(&action)) {
            const auto found = agreed_.find(a->index);
            if (found == agreed_.end() || !(found->second == a->entry))
                violated(fmt::format("node {} runs a command of {}, which does not count", id,
                                     a->index));
        }
    }

    /// The faults end, for a majority, or for all when one of them has lost its record; one of them
    /// is active.
    void agree() {
        story_.tell(agenda_.now(), no_node, "=== the faults end");
        const bool lost =
            std::ranges::any_of(hosts_, [](const auto& h) { return h->disk().is_lost; });
        const std::size_t least = hosts_.size() / 2 + 1;
        const std::size_t count =
            lost ? hosts_.size() : least + random_.below(hosts_.size() - least + 1);
        const std::size_t first = random_.below(hosts_.size());
        std::vector<LedgerHost*> healed;
        for (std::size_t i = 0; i < hosts_.size(); ++i) {
            LedgerHost& h = *hosts_[(first + i) % hosts_.size()];
            if (i >= count) {
                kill(h);
                continue;
            }
            healed.push_back(&h);
            h.set_disk_refuses(false);
            h.set_disk_takes(5ms);
            if (!h.ledger()) start(h);
        }
        message_takes_ = 2ms;
        pass(12s);  // whoever is paused goes on
        for (LedgerHost* a : healed) {
            for (LedgerHost* b : healed)
                if (a->id() < b->id()) set_cut(a->id(), b->id(), false);
            for (const auto& other : hosts_)
                a->step(PeerIs{other->id(), std::ranges::count(healed, other.get()) != 0});
            a->step(BackendsSeenHere{0});
        }
        LedgerHost& active = *healed[random_.below(healed.size())];
        all_follow(active.id());
        pass(12s);  // who has lost its record holds still; commands run
        ask(*healed.front());
        pass(12s);
        for (const LedgerHost* h : healed) tell_of(*h);
        const Ledger& said = *active.ledger();
        for (const LedgerHost* h : healed) {
            const Ledger& ledger = *h->ledger();
            if (!ledger.agreed() || !(ledger.table() == said.table()) ||
                ledger.committed() != said.table().index() ||
                ledger.record().applied != said.table().index() || ledger.is_lost())
                return violated(fmt::format("nodes {} and {} do not know the same", number(h->id()),
                                            number(active.id())));
        }
        if (said.table().commands_pending() != 0) violated("a command was not run");
        for (const auto& [index, entry] : agreed_) {
            if (index > said.table().index()) return violated("what was applied is not there");
            if (index > said.table().base_index() && !(said.table().entry(index) == entry))
                return violated("something else is there than was applied");
        }
        for (const Backend& backend : said.states().backends)
            if (backend.recovered_by != no_node && !host(backend.recovered_by).ledger())
                violated("a node that is dead recovers a backend");
    }

    /// What a node knows, for whoever looks for the reason.
    void tell_of(const LedgerHost& h) {
        const Ledger& ledger = *h.ledger();
        const LedgerRecord& record = ledger.record();
        story_.tell(agenda_.now(), h.id(),
                    "{}promised {}.{}, table {}.{}, index {}, committed {}, applied {}{}{}",
                    ledger.leads() ? "leads, " : "", record.promised.round,
                    number(record.promised.node), record.table.ballot.round,
                    number(record.table.ballot.node), record.table.index(), ledger.committed(),
                    record.applied, ledger.is_lost() ? ", lost" : "",
                    ledger.disk_refuses() ? ", its disk refuses" : "");
    }

    void pass(Duration time) {
        const Instant end = agenda_.now() + time;
        while (violation_.empty() && agenda_.next(end)) {
        }
    }

    Random random_;
    Story story_;
    Agenda agenda_;
    Outcome outcome_;
    std::string violation_;
    Duration message_takes_{};
    std::vector<std::unique_ptr<LedgerHost>> hosts_;
    std::map<std::pair<NodeId, NodeId>, Stream> streams_;
    std::vector<NodeId> is_active_;       ///< as each has been told
    std::vector<std::uint64_t> applied_;  ///< by each
    std::map<std::uint64_t, Entry> agreed_;
    std::set<std::pair<int, std::uint64_t>> events_;  ///< those that were applied
};

}  // namespace

Outcome run_ledger_seed(std::uint64_t seed, Telling telling) {
    return LedgerRun(seed, telling).go();
}

}  // namespace komainu::sim
