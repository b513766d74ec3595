// The agreement about the backends, told as small stories: three ledgers whose messages and disks
// take no time. What chance can do to it is the simulator's (test/sim/ledger_run.h).
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>

#include "core/ledger.h"

namespace komainu {
namespace {

constexpr NodeId a{1}, b{2}, c{3};

struct Heard {
    std::vector<ApplyEntry> applied;
    std::vector<EntriesMissed> missed;
    std::vector<AnswerEvent> answers;
    std::vector<RunCommand> commands;
    int stopped = 0;
};

class Cluster {
public:
    explicit Cluster(int nodes = 3, bool has_command = false, int votes = 0)
        : nodes_(nodes), has_command_(has_command), votes_(votes != 0 ? votes : nodes / 2 + 1) {
        for (int i = 1; i <= nodes; ++i) start(node(i));
        for (int i = 1; i <= nodes; ++i)
            for (int j = 1; j < i; ++j) connect(node(i), node(j));
    }

    static NodeId node(int i) { return NodeId{static_cast<std::uint8_t>(i)}; }

    void start(NodeId id) {
        LedgerSettings settings{
            .self = id, .nodes = nodes_, .votes_needed = votes_, .reports_needed = 2};
        settings.has_command[static_cast<std::size_t>(BackendEventKind::detach)] = has_command_;
        disks[id].storing.reset();
        ledgers_[id] = std::make_unique<Ledger>(settings, disks[id].stored, now_);
        for (int i = 1; i <= nodes_; ++i) step(id, PeerIs{node(i), true});
    }
    void end(NodeId id) {
        for (const auto& [other, ledger] : ledgers_) disconnect(id, other);
        ledgers_.erase(id);
        heard[id] = {};
    }
    void connect(NodeId x, NodeId y) {
        connected_[{x, y}] = connected_[{y, x}] = true;
        queue_.push_back({x, StreamUp{y}});
        step(y, StreamUp{x});
    }
    void disconnect(NodeId x, NodeId y) {
        if (!std::exchange(connected_[{x, y}], false)) return;
        connected_[{y, x}] = false;
        if (ledgers_.contains(x)) step(x, StreamDown{y});
        if (ledgers_.contains(y)) step(y, StreamDown{x});
    }

    void make_active(NodeId id) {
        for (const auto& [other, ledger] : ledgers_) step(other, ActiveIs{id});
    }
    void pass(Duration time) {
        now_ += time;
        for (const auto& [id, ledger] : ledgers_) step(id, LedgerTimer{});
    }
    EventId ask(NodeId at, BackendEventKind kind, int backend, std::uint64_t key = 0) {
        const EventId id{at, key != 0 ? key : ++keys_};
        step(at, EventAsked{{.id = id, .kind = kind, .backend = static_cast<std::uint8_t>(backend)},
                            2s});
        return id;
    }
    /// Happens before what the next step brings about.
    void queue(NodeId id, const LedgerEvent& event) { queue_.push_back({id, event}); }
    void step(NodeId id, const LedgerEvent& event) {
        queue(id, event);
        if (std::exchange(stepping_, true)) return;
        while (!queue_.empty()) {
            const auto [to, next] = queue_.front();
            queue_.pop_front();
            if (!ledgers_.contains(to)) continue;
            LedgerActions actions;
            ledgers_[to]->step(now_, next, actions);
            for (const LedgerAction& action : actions) perform(to, action);
        }
        stepping_ = false;
    }

    /// What a slow disk was given is on it now.
    void finish(NodeId id) {
        if (!disks[id].storing) return;
        disks[id].stored = {*std::exchange(disks[id].storing, {}), false};
        step(id, RecordStored{true});
    }

    Ledger& at(NodeId id) { return *ledgers_[id]; }
    bool up(NodeId id, int backend) {
        return at(id).states().backends[static_cast<std::size_t>(backend)].up;
    }
    EventOutcome last_answer(NodeId id) { return heard[id].answers.back().outcome; }

    struct Disk {
        StoredLedger stored;
        std::optional<LedgerRecord> storing;
        bool refuses = false;
        bool is_slow = false;
    };
    std::map<NodeId, Disk> disks;
    std::map<NodeId, Heard> heard;

private:
    void perform(NodeId id, const LedgerAction& action) {
        if (const auto* tell = std::get_if<TellPeer>(&action))
            if (connected_[{id, tell->to}])
                queue_.push_back({tell->to, LedgerHeard{id, tell->message}});
        if (std::holds_alternative<StoreRecord>(action)) store(id);
        if (const auto* apply = std::get_if<ApplyEntry>(&action))
            heard[id].applied.push_back(*apply);
        if (const auto* miss = std::get_if<EntriesMissed>(&action))
            heard[id].missed.push_back(*miss);
        if (const auto* answer = std::get_if<AnswerEvent>(&action))
            heard[id].answers.push_back(*answer);
        if (const auto* run = std::get_if<RunCommand>(&action)) heard[id].commands.push_back(*run);
        if (std::holds_alternative<StopCommand>(action)) ++heard[id].stopped;
    }

    void store(NodeId id) {
        Disk& disk = disks[id];
        if (disk.is_slow) {
            disk.storing = ledgers_[id]->record();
            return;
        }
        if (!disk.refuses) disk.stored = {ledgers_[id]->record(), false};
        queue_.push_back({id, RecordStored{!disk.refuses}});
    }

    int nodes_;
    bool has_command_;
    int votes_;
    Instant now_{1h};
    std::map<NodeId, std::unique_ptr<Ledger>> ledgers_;
    std::map<std::pair<NodeId, NodeId>, bool> connected_;
    std::deque<std::pair<NodeId, LedgerEvent>> queue_;
    bool stepping_ = false;
    std::uint64_t keys_ = 0;
};

using Kind = BackendEventKind;

TEST(LedgerStory, WhatAStandbyIsAskedAllApplyInOneOrderAndOnce) {
    Cluster cluster;
    cluster.make_active(a);
    cluster.ask(b, Kind::detach, 1);
    cluster.ask(c, Kind::attach, 1);
    EXPECT_EQ(cluster.last_answer(b), EventOutcome::done);
    for (const NodeId id : {a, b, c}) {
        ASSERT_EQ(cluster.heard[id].applied.size(), 2u);
        EXPECT_EQ(cluster.heard[id].applied[0].entry.event.kind, Kind::detach);
        EXPECT_EQ(cluster.heard[id].applied[1].index, 2u);
        EXPECT_TRUE(cluster.at(id).agreed());
    }
}

TEST(LedgerStory, NobodyActiveRefusesAndAnActiveWithoutQuorumDoesNotKnow) {
    Cluster cluster;
    cluster.ask(b, Kind::detach, 1);
    cluster.pass(2s);
    EXPECT_EQ(cluster.last_answer(b), EventOutcome::no_active);
    cluster.make_active(a);
    cluster.disconnect(a, b);
    cluster.disconnect(a, c);
    cluster.ask(a, Kind::detach, 1);
    cluster.pass(2s);
    EXPECT_EQ(cluster.last_answer(a), EventOutcome::timed_out);
    EXPECT_TRUE(cluster.up(a, 1));
}

TEST(LedgerStory, AWaitingEventIsEnteredWhenSomebodyBecomesActive) {
    Cluster cluster;
    cluster.ask(b, Kind::detach, 1);
    cluster.make_active(c);
    EXPECT_EQ(cluster.last_answer(b), EventOutcome::done);
}

TEST(LedgerStory, ARetryIsAnsweredAsTheFirstTime) {
    Cluster cluster;
    cluster.make_active(a);
    cluster.ask(b, Kind::detach, 1, 77);
    cluster.ask(b, Kind::detach, 1, 77);
    ASSERT_EQ(cluster.heard[b].answers.size(), 2u);
    EXPECT_EQ(cluster.heard[b].answers[1].outcome, EventOutcome::done);
    EXPECT_EQ(cluster.heard[b].answers[0].index, cluster.heard[b].answers[1].index);
    EXPECT_EQ(cluster.at(a).table().index(), 1u);
}

TEST(LedgerStory, ARetryIsAnsweredWithTheFirstTry) {
    for (const NodeId id : {a, b}) {
        Cluster cluster;
        cluster.ask(id, Kind::detach, 1, 77);
        cluster.ask(id, Kind::detach, 1, 77);
        cluster.make_active(a);
        ASSERT_EQ(cluster.heard[id].answers.size(), 2u);
        for (const AnswerEvent& answer : cluster.heard[id].answers) {
            EXPECT_EQ(answer.outcome, EventOutcome::done);
            EXPECT_EQ(answer.index, 1u);
        }
        cluster.pass(2s);
        EXPECT_EQ(cluster.heard[id].answers.size(), 2u);
    }
}

TEST(LedgerStory, ARetryWaitsAsLongAsItWasToldTo) {
    Cluster cluster;
    cluster.disks[a].is_slow = cluster.disks[b].is_slow = cluster.disks[c].is_slow = true;
    cluster.make_active(a);
    cluster.ask(a, Kind::detach, 1, 77);
    cluster.pass(1s);
    cluster.ask(a, Kind::detach, 1, 77);
    cluster.pass(1s);
    ASSERT_EQ(cluster.heard[a].answers.size(), 1u);
    for (int i = 0; i < 3; ++i)
        for (const NodeId id : {a, b, c}) cluster.finish(id);
    ASSERT_EQ(cluster.heard[a].answers.size(), 2u);
    EXPECT_EQ(cluster.last_answer(a), EventOutcome::done);
}

TEST(LedgerStory, EventsThatDoNotFitAreRefused) {
    Cluster cluster;
    cluster.make_active(a);
    const auto outcome = [&](Kind kind, int backend) {
        cluster.ask(c, kind, backend);
        return cluster.last_answer(c);
    };
    EXPECT_EQ(outcome(Kind::attach, 0), EventOutcome::already_so);
    EXPECT_EQ(outcome(Kind::recovery_start, 0), EventOutcome::is_up);
    EXPECT_EQ(outcome(Kind::recovery_end, 0), EventOutcome::no_recovery);
    EXPECT_EQ(outcome(Kind::detach, 0), EventOutcome::done);
    EXPECT_EQ(outcome(Kind::detach, 1), EventOutcome::done);
    EXPECT_EQ(outcome(Kind::promote, 0), EventOutcome::is_down);
    EXPECT_EQ(outcome(Kind::recovery_start, 0), EventOutcome::done);
    EXPECT_EQ(outcome(Kind::recovery_start, 1), EventOutcome::other_recovery);
}

TEST(LedgerStory, TheNextActiveKnowsWhatOnlyAnotherHadStored) {
    Cluster cluster;
    cluster.make_active(a);
    cluster.disconnect(a, c);
    cluster.ask(a, Kind::detach, 1);
    EXPECT_EQ(cluster.last_answer(a), EventOutcome::done);
    cluster.end(a);
    EXPECT_TRUE(cluster.up(c, 1));
    cluster.make_active(c);
    EXPECT_FALSE(cluster.up(c, 1));
}

TEST(LedgerStory, TheEndOfACommandIsNobodysToSubmit) {
    Cluster cluster(3, true);
    cluster.make_active(a);
    for (const std::uint64_t ended : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX})
        cluster.step(a, LedgerHeard{b, EventSubmitted{{.id = {b, 5 + ended},
                                                       .kind = Kind::command_ended,
                                                       .ended = ended}}});
    EXPECT_EQ(cluster.at(a).table().index(), 0u);
    cluster.ask(b, Kind::detach, 0);
    EXPECT_EQ(cluster.heard[a].commands.size(), 1u);
}

TEST(LedgerStory, CommandsRunOneAtATimeOnTheActiveAlone) {
    Cluster cluster(3, true);
    cluster.make_active(a);
    cluster.ask(b, Kind::detach, 0);
    cluster.ask(b, Kind::detach, 1);
    ASSERT_EQ(cluster.heard[a].commands.size(), 1u);
    EXPECT_TRUE(cluster.heard[b].commands.empty());
    cluster.step(a, CommandEnded{1, 0, std::uint8_t{2}});
    EXPECT_EQ(cluster.at(b).states().primary(), std::uint8_t{2});
    ASSERT_EQ(cluster.heard[a].commands.size(), 2u);
    EXPECT_EQ(cluster.heard[a].commands[1].index, 2u);
    cluster.step(a, CommandEnded{2, 1, {}});
    EXPECT_EQ(cluster.at(c).table().commands_pending(), 0u);
}

TEST(LedgerStory, WhatACommandBringsAboutIsEnteredHoweverManyEventsWait) {
    Cluster cluster(3, true);
    cluster.make_active(a);
    cluster.ask(a, Kind::detach, 0);
    cluster.disks[b].is_slow = cluster.disks[c].is_slow = true;
    for (std::size_t i = 0; i < entries_pending_max; ++i)
        cluster.ask(a, i % 2 == 0 ? Kind::recovery_start : Kind::recovery_end, 0);
    cluster.ask(a, Kind::recovery_start, 0);
    EXPECT_EQ(cluster.last_answer(a), EventOutcome::busy);
    cluster.step(a, CommandEnded{1, 0, std::uint8_t{1}});
    for (int i = 0; i < 3; ++i) cluster.finish(b);
    EXPECT_EQ(cluster.at(a).states().primary(), std::uint8_t{1});
}

/// Each ends with a promotion, while the table is as full as it gets.
TEST(LedgerStory, NoCommandIsLostForWhatOthersBringAbout) {
    Cluster cluster(3, true);
    cluster.make_active(a);
    for (std::size_t i = 0; i < commands_pending_max; ++i)
        cluster.ask(a, Kind::detach, static_cast<int>(i));
    std::size_t events = commands_pending_max;
    do cluster.ask(b, ++events % 2 != 0 ? Kind::recovery_start : Kind::recovery_end, 0);
    while (cluster.last_answer(b) == EventOutcome::done);
    EXPECT_EQ(cluster.last_answer(b), EventOutcome::busy);
    EXPECT_GT(events, entries_max - 2 * commands_pending_max);
    for (std::uint64_t i = 1; i <= commands_pending_max; ++i) {
        ASSERT_EQ(cluster.heard[a].commands.size(), i);
        EXPECT_EQ(cluster.heard[a].commands.back().index, i);
        cluster.step(a, CommandEnded{i, 0, static_cast<std::uint8_t>(20 + i)});
        EXPECT_EQ(cluster.at(c).states().primary(), 20 + i);
    }
    EXPECT_EQ(cluster.at(c).table().commands_pending(), 0u);
    EXPECT_EQ(cluster.heard[a].stopped, 0);
}

TEST(LedgerStory, ACommandThatHasNotEndedIsRunByTheNextActiveAndStoppedAtTheOld) {
    Cluster cluster(3, true);
    cluster.make_active(a);
    cluster.ask(a, Kind::detach, 0);
    cluster.make_active(b);
    EXPECT_EQ(cluster.heard[a].stopped, 1);
    ASSERT_EQ(cluster.heard[b].commands.size(), 1u);
    EXPECT_EQ(cluster.heard[b].commands[0].index, 1u);
}

/// Two of whom each is a quorum, so that they can change their tables apart: a runs the command of
/// an event that b has never heard of, and as they meet b's table turns out to be the later one.
class ClusterOfTwoParts : public Cluster {
public:
    explicit ClusterOfTwoParts(const std::vector<Entry>& of_b) : Cluster(2, true, 1) {
        const Ballot ballot{9, b};
        end(b);
        StaticVector<Entry, entries_max> entries;
        for (const Entry& entry : of_b) entries.push_back(entry);
        disks[b].stored.record = {ballot, *BackendTable::made_of(ballot, 0, {}, entries), 0};
        make_active(a);
        ask(a, BackendEventKind::detach, 0);
        start(b);
    }
    /// What b has comes before a has its new ballot on the disk.
    void meet() {
        step(b, ActiveIs{a});
        connect(a, b);
        disks[a].is_slow = true;
        pass(200ms);
    }
};

TEST(LedgerStory, ACommandWhoseEventWentWithItsTableIsStopped) {
    ClusterOfTwoParts cluster({});
    ASSERT_EQ(cluster.heard[a].commands.size(), 1u);
    cluster.meet();
    EXPECT_TRUE(cluster.at(a).leads());
    EXPECT_EQ(cluster.at(a).table().index(), 0u);
    EXPECT_EQ(cluster.heard[a].stopped, 1);
}

TEST(LedgerStory, ACommandDoesNotPassForThatOfTheOtherPart) {
    const BackendEvent other{.id = {b, 7}, .kind = Kind::detach, .backend = 1};
    ClusterOfTwoParts cluster({{other, true}});
    cluster.meet();
    EXPECT_EQ(cluster.heard[a].stopped, 1);
    ASSERT_EQ(cluster.heard[a].commands.size(), 2u);
    EXPECT_EQ(cluster.heard[a].commands[1].entry.event, other);
}

TEST(LedgerStory, ACommandThatEndsAsItsEventGoesIsForgotten) {
    const BackendEvent other{.id = {b, 7}, .kind = Kind::detach, .backend = 1};
    for (const std::vector<Entry>& of_b :
         {std::vector<Entry>{}, std::vector<Entry>{{other, true}}}) {
        ClusterOfTwoParts cluster(of_b);
        cluster.disks[b].is_slow = true;
        cluster.meet();
        EXPECT_FALSE(cluster.at(a).leads());
        cluster.step(a, CommandEnded{1, 0, std::uint8_t{2}});
        cluster.finish(b);
        EXPECT_TRUE(cluster.at(a).leads());
        EXPECT_EQ(cluster.at(a).table().index(), of_b.size());
        EXPECT_EQ(cluster.heard[a].stopped, 0);
        EXPECT_EQ(cluster.heard[a].commands.size(), 1 + of_b.size());
    }
}

TEST(LedgerStory, ALockOfANodeThatIsGoneIsFreed) {
    Cluster cluster;
    cluster.make_active(a);
    cluster.ask(a, Kind::detach, 1);
    cluster.ask(b, Kind::recovery_start, 1);
    EXPECT_EQ(cluster.at(c).states().backends[1].recovered_by, b);
    cluster.step(a, PeerIs{b, false});
    EXPECT_EQ(cluster.at(c).states().backends[1].recovered_by, no_node);
}

TEST(LedgerStory, ReportsDetachWhenEnoughSeeItAndAnAttachAsksForNewOnes) {
    Cluster cluster;
    cluster.make_active(a);
    cluster.step(b, BackendsSeenHere{2});
    EXPECT_TRUE(cluster.up(a, 1));
    cluster.step(a, BackendsSeenHere{2});
    EXPECT_FALSE(cluster.up(c, 1));
    NodeSet reporters;
    reporters.insert(a);
    reporters.insert(b);
    EXPECT_EQ(cluster.heard[c].applied.back().entry.event.reporters, reporters);
    cluster.ask(c, Kind::attach, 1);
    EXPECT_TRUE(cluster.up(c, 1));
    EXPECT_EQ(cluster.at(b).seen_down(), 0u);
    cluster.step(b, BackendsSeenHere{2});
    EXPECT_TRUE(cluster.up(c, 1));
}

TEST(LedgerStory, WhatWasSeenBeforeAnAttachCountsForNothingAfterIt) {
    Cluster cluster;
    cluster.make_active(a);
    for (const NodeId id : {b, c}) cluster.step(id, BackendsSeenHere{1});
    EXPECT_FALSE(cluster.up(a, 0));
    cluster.disks[b].is_slow = cluster.disks[c].is_slow = true;
    cluster.ask(a, Kind::attach, 0);
    // Something else goes down, and the whole is told, while neither knows that the attach counts.
    cluster.step(b, BackendsSeenHere{1 | 2});
    cluster.step(c, BackendsSeenHere{1 | 4});
    cluster.finish(b);
    cluster.finish(c);
    EXPECT_TRUE(cluster.up(a, 0));
    EXPECT_TRUE(cluster.up(c, 0));
    EXPECT_EQ(cluster.at(a).table().index(), 2u);
}

TEST(LedgerStory, WhoForgetsWhatItSawForAnAttachSaysSo) {
    Cluster cluster;
    cluster.make_active(a);
    for (const NodeId id : {b, c}) cluster.step(id, BackendsSeenHere{1});
    cluster.disks[b].is_slow = cluster.disks[c].is_slow = true;
    cluster.ask(a, Kind::attach, 0);
    // By what b tells then, the attach counts already, which b has not heard.
    cluster.queue(c, RecordStored{true});
    cluster.step(b, BackendsSeenHere{1 | 2});
    EXPECT_TRUE(cluster.up(b, 0));
    EXPECT_EQ(cluster.at(b).seen_down(), 2u);
    cluster.step(c, BackendsSeenHere{1});
    EXPECT_EQ(cluster.at(a).table().index(), 2u) << "c alone does not detach it";
}

TEST(LedgerStory, AFullDiskLearnsAndDoesNotCount) {
    Cluster cluster;
    cluster.make_active(a);
    cluster.disks[b].refuses = true;
    cluster.ask(a, Kind::detach, 1);
    EXPECT_FALSE(cluster.up(b, 1));
    EXPECT_TRUE(cluster.at(b).disk_refuses());
    cluster.disks[c].refuses = true;
    cluster.ask(a, Kind::detach, 2);
    EXPECT_TRUE(cluster.up(a, 2));
    cluster.disks[c].refuses = false;
    cluster.pass(1s);
    EXPECT_FALSE(cluster.up(a, 2));
}

TEST(LedgerStory, TheActiveWithAFullDiskStillHasAQuorum) {
    Cluster cluster;
    cluster.disks[a].refuses = true;
    cluster.make_active(a);
    cluster.ask(a, Kind::detach, 1);
    EXPECT_EQ(cluster.last_answer(a), EventOutcome::done);
}

TEST(LedgerStory, AnActiveWhoseDiskIsSlowIsPromisedAgainUntilItIsReady) {
    for (const Duration takes : {Duration{2600ms}, Duration{20s}}) {
        Cluster cluster;
        cluster.end(c);
        cluster.disks[a].is_slow = true;
        cluster.make_active(a);
        for (Duration passed{}; passed < takes; passed += 100ms) cluster.pass(100ms);
        EXPECT_FALSE(cluster.at(a).leads());
        cluster.finish(a);
        EXPECT_TRUE(cluster.at(a).leads()) << takes / 1ms;
        EXPECT_EQ(cluster.at(a).record().promised.round, 1u);
    }
}

TEST(LedgerStory, AnActiveWhoseDiskHangsIsPromisedByOneAndTheOther) {
    Cluster cluster;
    cluster.end(c);
    cluster.disks[a].is_slow = true;
    cluster.make_active(a);
    for (int i = 0; i < 100; ++i) cluster.pass(100ms);
    cluster.start(c);
    cluster.connect(a, c);
    EXPECT_TRUE(cluster.at(a).leads());
}

TEST(LedgerStory, WhoHasForgottenItsBallotIsNotPromisedItAgain) {
    Cluster cluster;
    cluster.disks[a].is_slow = true;
    cluster.make_active(a);
    EXPECT_TRUE(cluster.at(a).leads()) << "the others' votes suffice";
    cluster.end(a);
    cluster.start(a);
    for (const NodeId id : {b, c}) cluster.connect(a, id);
    cluster.make_active(a);
    EXPECT_FALSE(cluster.at(a).leads());
    cluster.pass(200ms);
    EXPECT_TRUE(cluster.at(a).leads());
    EXPECT_EQ(cluster.at(a).record().promised.round, 2u);
}

TEST(LedgerStory, WhoHasLostItsRecordHoldsStillAndGetsItAnew) {
    Cluster cluster;
    cluster.make_active(a);
    cluster.ask(a, Kind::detach, 1);
    cluster.end(b);
    cluster.disks[b].stored = {.record = {}, .is_lost = true};
    cluster.start(b);
    cluster.connect(a, b);
    cluster.step(b, ActiveIs{a});
    EXPECT_FALSE(cluster.up(b, 1));
    EXPECT_TRUE(cluster.at(b).is_lost());
    EXPECT_TRUE(cluster.disks[b].stored.is_lost);
    cluster.pass(6s);
    EXPECT_FALSE(cluster.at(b).is_lost());
    EXPECT_EQ(cluster.disks[b].stored.record.table, cluster.at(a).table());
}

TEST(LedgerStory, WhoWasAwayForLongIsToldThatItHasMissedSomething) {
    Cluster cluster;
    cluster.make_active(a);
    cluster.end(c);
    for (int i = 0; i < 40; ++i) {
        cluster.ask(a, Kind::detach, 1);
        cluster.ask(a, Kind::attach, 1);
    }
    EXPECT_EQ(cluster.at(b).table().index(), 80u);
    cluster.start(c);
    cluster.connect(a, c);
    cluster.step(c, ActiveIs{a});
    ASSERT_EQ(cluster.heard[c].missed.size(), 1u);
    EXPECT_EQ(cluster.heard[c].missed[0].to, 80u - entries_max);
    EXPECT_EQ(cluster.heard[c].applied.size(), entries_max);
    EXPECT_TRUE(cluster.up(c, 1));
}

TEST(LedgerStory, TooManyEventsThatNobodyStoresAreRefused) {
    Cluster cluster;
    cluster.make_active(a);
    for (const NodeId id : {a, b, c}) cluster.disks[id].refuses = true;
    for (std::size_t i = 0; i < entries_pending_max + 1; ++i)
        cluster.ask(a, i % 2 == 0 ? Kind::detach : Kind::attach, 1);
    EXPECT_EQ(cluster.last_answer(a), EventOutcome::busy);
    EXPECT_EQ(cluster.at(a).table().index(), entries_pending_max);
}

TEST(LedgerStory, ANodeAloneAgreesWithItself) {
    Cluster cluster(1);
    cluster.make_active(a);
    cluster.ask(a, Kind::detach, 1);
    EXPECT_EQ(cluster.last_answer(a), EventOutcome::done);
    cluster.end(a);
    cluster.start(a);
    cluster.make_active(a);
    EXPECT_FALSE(cluster.up(a, 1));
    EXPECT_EQ(cluster.heard[a].applied.size(), 0u);
}

TEST(LedgerStory, TwoWhoThinkThatTheyAreActiveDisagreeAboutNothing) {
    Cluster cluster;
    cluster.make_active(a);
    cluster.step(b, ActiveIs{b});
    cluster.ask(a, Kind::detach, 1);
    cluster.ask(b, Kind::detach, 2);
    for (int i = 0; i < 20; ++i) cluster.pass(100ms);
    std::map<std::uint64_t, Entry> agreed;
    for (const NodeId id : {a, b, c})
        for (const ApplyEntry& apply : cluster.heard[id].applied)
            EXPECT_EQ(agreed.try_emplace(apply.index, apply.entry).first->second, apply.entry);
    EXPECT_EQ(agreed.size(), 2u);
}

}  // namespace
}  // namespace komainu
