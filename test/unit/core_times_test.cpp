// New intervals and deadtimes while the cluster works, taken over by one node after the other, in
// any order: what is promised lasts for the longer deadtime, and what a lease stands on is counted
// by what the promising node will remember.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <utility>

#include "test/unit/lone_node.h"

namespace komainu {
namespace {

constexpr Duration interval = LoneNode::interval;
constexpr Duration deadtime = LoneNode::deadtime;
constexpr Duration longer = 5 * deadtime;

Reconfigured times(Duration new_interval, Duration new_deadtime) {
    return {new_interval, new_deadtime, LoneNode::removal, {}, {}};
}

bool alive(LoneNode& node, int peer) { return std::as_const(node.node()).find(n(peer))->alive(); }

Duration span(Duration promise) { return lease_span(promise, LoneNode::removal); }

TEST(Times, APromiseLastsForTheLongerDeadtime) {
    LoneNode node(3);
    node.ready({2, 3});
    node.event(StandbyAsked{RequestId{1}, true});
    Heartbeat words = node.words_following(2, node.tenancy_of(2, 7));
    words.deadtime = longer;
    node.say(2, words);
    EXPECT_EQ(node.node().promise()->withhold_votes_until, node.now() + longer);
    node.say(2, node.words_following(2, node.tenancy_of(2, 7)));
    EXPECT_EQ(node.node().promise()->withhold_votes_until, node.now() + longer)
        << "what was promised before is kept";
}

TEST(Times, AVoteLastsForTheLongerDeadtime) {
    LoneNode node(3);
    node.ready({2, 3});
    node.event(StandbyAsked{RequestId{1}, true});
    node.say(2, VoteRequest{node.node().highest_term().round + 1, longer});
    EXPECT_EQ(node.find_sent<Vote>()->answer, VoteAnswer::granted);
    EXPECT_EQ(node.node().promise()->withhold_votes_until, node.now() + longer);
}

TEST(Times, APeerIsBorneForTheLongerDeadtime) {
    LoneNode node(3);
    node.ready({2, 3});
    Heartbeat words = node.words_of(2);
    words.deadtime = longer;
    node.say(2, words);
    node.pass(longer - 1ms);
    EXPECT_TRUE(alive(node, 2));
    EXPECT_FALSE(alive(node, 3));
    node.pass(1ms);
    EXPECT_FALSE(alive(node, 2));
}

/// A peer that restarts binds itself only for as long as it had said.
TEST(Times, ALeaseCountsOnNoMoreThanAPeerRemembers) {
    LoneNode node(3);
    const auto round = node.become_active({2});
    node.event(times(5 * interval, longer));
    node.pass(0ms);
    const Instant sent_at = node.now();
    node.say(2, node.words_following(2, node.own_tenancy(round)));
    EXPECT_EQ(node.node().lease_until(), sent_at + span(deadtime));
    Heartbeat words = node.words_following(2, node.own_tenancy(round));
    words.remembered = longer;
    node.say(2, words);
    EXPECT_EQ(node.node().lease_until(), sent_at + span(longer));
}

TEST(Times, ALongerRemovalShortensWhatIsAddedToTheLease) {
    LoneNode node(3);
    const auto round = node.become_active({2});
    const auto before = node.node().lease_until();
    constexpr Duration removal = LoneNode::removal + 5ms;
    node.event(Reconfigured{interval, deadtime, removal, {}, {}});
    node.pass(0ms);
    EXPECT_EQ(node.node().lease_until(), before) << "what was granted is kept";
    node.pass(interval);
    const Instant sent_at = node.now();
    node.say(2, node.words_following(2, node.own_tenancy(round)));
    EXPECT_EQ(node.node().lease_until(), sent_at + lease_span(deadtime, removal));
}

TEST(Times, ALeaseCountsOnNoMoreThanWhatWasAskedForWhenItWasSent) {
    LoneNode node(3);
    const auto round = node.become_active({2});
    node.pass(0ms);
    const Instant sent_at = node.now();
    Heartbeat words = node.words_following(2, node.own_tenancy(round));
    words.remembered = longer;
    node.event(times(interval, longer));
    node.say(2, words);
    EXPECT_EQ(node.node().lease_until(), sent_at + span(deadtime));
}

TEST(Times, AVoteOfAPeerThatRemembersLessMakesAShorterLease) {
    LoneNode node(3);
    node.ready({2});
    const auto request = node.find_sent<VoteRequest>();
    ASSERT_TRUE(request);
    const Instant requested_at = node.now();
    Vote vote{node.own_tenancy(request->round), VoteAnswer::granted, {}};
    vote.remembered = deadtime / 2;
    node.say(2, vote);
    EXPECT_EQ(node.node().lease_until(), requested_at + span(deadtime / 2));
}

TEST(Times, HeartbeatsComeOftenEnoughForTheShortestPromise) {
    LoneNode node(3);
    node.become_active({2, 3});
    node.event(times(5 * interval, longer));
    node.pass(0ms);
    EXPECT_LE(node.node().deadline(), node.now() + interval) << "the others have the old times";
    for (const int peer : {2, 3}) {
        Heartbeat words = node.words_of(peer);
        words.remembered = longer;
        node.say(peer, words);
    }
    node.event(times(5 * interval, longer));
    node.pass(0ms);
    EXPECT_GT(node.node().deadline(), node.now() + interval);
}

/// The one that is still to take the times over promises for less, so that more is asked of it.
TEST(Times, HeartbeatsAreNoMoreThanTenWhileAPeerRemembers) {
    struct {
        Duration interval, deadtime, remembered, expected;
    } const cases[] = {
        {5s, 12s, 10s, Duration{50s} / 12}, {1s, 3600s, 10s, 1s},
        {100ms, 60min, 500ms, 50ms},        {30min, 60min, 60min - 1ms, 30min - 500us},
        {30min, 60min, 20ms, 10ms},         {10ms, 20ms, 20ms, 10ms},
        {10ms, 60min, deadtime_min, 2ms},   {60ms, 120ms, 40ms, 20ms},
    };
    for (const auto& [its_interval, its_deadtime, remembered, expected] : cases) {
        LoneNode node(2);
        node.ready({2});
        node.event(StandbyAsked{RequestId{1}, true});
        Heartbeat words = node.words_of(2);
        words.deadtime = its_deadtime;  // so that the peer is borne
        words.remembered = remembered;
        node.say(2, words);
        node.event(times(its_interval, its_deadtime));
        node.pass(0ms);
        const std::string which =
            fmt::format("{} {} {} ms", its_interval / 1ms, its_deadtime / 1ms, remembered / 1ms);
        node.pass(expected - 1us);
        EXPECT_FALSE(node.find_sent<Heartbeat>()) << which;
        node.pass(1us);
        EXPECT_TRUE(node.find_sent<Heartbeat>()) << which;
    }
}

TEST(Times, ANodeThatRemembersALongerDeadtimeIsQuarantinedForThat) {
    Settings settings = LoneNode::settings(3, 1, QuorumRule::majority);
    settings.remembered = longer;
    const Instant start = Instant{} + 1h;
    Node node(settings, start);
    ActionList actions;
    node.step(start + longer - 1ms, TimerExpired{}, actions);
    EXPECT_TRUE(node.quarantined());
    node.step(start + longer, TimerExpired{}, actions);
    EXPECT_FALSE(node.quarantined());
}

TEST(Times, WhatIsRememberedIsNeverLowered) {
    LoneNode node(3);
    node.ready({2, 3});
    node.event(times(interval / 2, deadtime / 2));
    node.pass(interval);
    EXPECT_EQ(node.find_sent<Heartbeat>()->deadtime, deadtime / 2);
    EXPECT_EQ(node.find_sent<Heartbeat>()->remembered, deadtime);
}

}  // namespace
}  // namespace komainu
