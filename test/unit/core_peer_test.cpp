// What a node believes of a peer, and what it does not: freshness, incarnations, liveness.
#include <gtest/gtest.h>

#include "test/unit/lone_node.h"

namespace komainu {
namespace {

const Peer& peer(LoneNode& node, int id) {
    for (const Peer& p : node.node().peers())
        if (p.id() == n(id)) return p;
    std::abort();
}

TEST(Peer, IsAliveOnlyWhenItEchoesThisVeryRun) {
    LoneNode node(2);
    Heartbeat deaf = node.words_of(2);
    deaf.echoes.clear();
    node.say(2, deaf);
    EXPECT_FALSE(peer(node, 2).alive());
    Heartbeat late = node.words_of(2);
    late.echoes[0].incarnation = make_incarnation(1, 1);
    node.say(2, late);
    EXPECT_FALSE(peer(node, 2).alive());
    node.say(2, node.words_of(2));
    EXPECT_TRUE(peer(node, 2).alive());
}

TEST(Peer, IsEchoedBeforeItIsProvenSoThatItCanProveItself) {
    LoneNode node(2);
    Heartbeat first = node.words_of(2);
    first.echoes.clear();
    node.say(2, first);
    node.pass(LoneNode::interval);
    const auto heartbeat = node.find_sent<Heartbeat>();
    ASSERT_TRUE(heartbeat);
    ASSERT_EQ(heartbeat->echoes.size(), 1u);
    EXPECT_EQ(heartbeat->echoes[0].incarnation, node.incarnation_of(2));
}

TEST(Peer, IsDeadADeadtimeAfterItsLastHeartbeat) {
    LoneNode node(2);
    node.say(2, node.words_of(2));
    node.pass(LoneNode::deadtime - 1ns);
    EXPECT_TRUE(peer(node, 2).alive());
    node.pass(1ns);
    EXPECT_FALSE(peer(node, 2).alive());
    EXPECT_EQ(node.find<PeerChanged>()->news, PeerNews::down);
}

TEST(Peer, IsDeadAtOnceWhenItSaysGoodBye) {
    LoneNode node(2);
    node.say(2, node.words_of(2));
    Heartbeat farewell = node.words_of(2);
    farewell.conditions.leaving = true;
    node.say(2, farewell);
    EXPECT_FALSE(peer(node, 2).alive());
    EXPECT_EQ(node.find<PeerChanged>()->news, PeerNews::left);
}

TEST(Peer, IsNotHeardTwiceWithOneSequence) {
    LoneNode node(2);
    node.say(2, node.words_of(2));
    node.pass(30ms);
    node.sequence_of(2)--;
    node.say(2, node.words_of(2));  // a duplicate, or a replay
    node.pass(10ms);
    EXPECT_FALSE(peer(node, 2).alive());
    EXPECT_EQ(peer(node, 2).stale(), 1u);
}

TEST(Peer, CountsWhatNothingProvesToBeFresh) {
    LoneNode node(2);
    node.say(2, VoteRequest{9});  // of a run that has not proven itself
    node.say(2, Vote{{{9, n(1)}, node.incarnation_of(1)}, VoteAnswer::refused, {}});
    EXPECT_EQ(peer(node, 2).stale(), 2u);
    node.say(2, node.words_of(2));
    node.say(2, VoteRequest{9});
    EXPECT_EQ(peer(node, 2).stale(), 2u);
}

TEST(Peer, ReplayedFromAnEarlierRunIsNotBelieved) {
    LoneNode node(2);
    node.say(2, node.words_of(2));
    const auto earlier = node.incarnation_of(2);
    const Heartbeat recorded = node.words_of(2);
    node.pass(LoneNode::interval);
    node.restart(2);
    node.say(2, node.words_of(2));
    ASSERT_EQ(peer(node, 2).incarnation(), node.incarnation_of(2));
    // Never delivered before, so its sequence is new; but it echoes what was echoed before.
    node.event(Received{{n(2), earlier, 1000, 0}, recorded});
    EXPECT_EQ(peer(node, 2).incarnation(), node.incarnation_of(2));
}

// The new run has heard an older heartbeat of ours, which came late, than the earlier run had heard
// before it died; and what that one said last comes later still.
TEST(Peer, ThatHasRestartedIsNotTakenForItsEarlierRunByAStraggler) {
    LoneNode node(2);
    node.say(2, node.words_of(2));
    const auto earlier = node.incarnation_of(2);
    node.pass(LoneNode::interval);
    const Heartbeat first_of_new_run = node.words_of(2);
    node.pass(LoneNode::interval);
    const Heartbeat last_of_earlier_run = node.words_of(2);
    node.restart(2);
    node.say(2, first_of_new_run);
    ASSERT_EQ(peer(node, 2).incarnation(), node.incarnation_of(2));
    node.event(Received{{n(2), earlier, 1000, 0}, last_of_earlier_run});
    EXPECT_EQ(peer(node, 2).incarnation(), node.incarnation_of(2));
}

TEST(Peer, ThatEchoesASequenceWeHaveNotSentYetProvesNothing) {
    LoneNode node(2);
    Heartbeat prophet = node.words_of(2);
    prophet.echoes[0].sequence = 1'000'000;
    node.say(2, prophet);
    EXPECT_FALSE(peer(node, 2).alive());
}

TEST(Peer, RoundTripIsMeasuredWithoutTheTimeThePeerHeldIt) {
    LoneNode node(2);
    node.say(2, node.words_of(2));
    node.pass(LoneNode::interval);
    node.sleep(3ms);
    Heartbeat words = node.words_of(2);
    words.echoes[0].held_us = 2800;
    node.restart(2);
    node.say(2, words);
    ASSERT_TRUE(peer(node, 2).round_trip());
    EXPECT_EQ(*peer(node, 2).round_trip(), 200us);
}

TEST(Peer, ThatIsNoMemberIsIgnored) {
    LoneNode node(2);
    node.event(Received{{n(7), make_incarnation(1, 1), 1, 0}, Heartbeat{}});
    EXPECT_EQ(node.node().votes_within_earshot(), 1);
}

}  // namespace
}  // namespace komainu
