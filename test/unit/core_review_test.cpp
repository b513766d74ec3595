// Orders of arrival that a reordering or replaying network can bring about, each of which once
// broke a promise of this project.
#include <gtest/gtest.h>

#include "test/unit/lone_node.h"

namespace komainu {
namespace {

VoteAnswer answer_to(LoneNode& node, int candidate, std::uint64_t round) {
    node.say(candidate, VoteRequest{round});
    const auto vote = node.find_sent<Vote>();
    EXPECT_TRUE(vote);
    return vote ? vote->answer : VoteAnswer::refused;
}

/// Says something that was said `age` messages ago and has come only now.
void say_late(LoneNode& node, int peer, std::uint64_t age, Message message) {
    const auto newest = node.sequence_of(peer);
    node.sequence_of(peer) = newest - age - 1;
    node.say(peer, std::move(message));
    node.sequence_of(peer) = newest;
}

// Node 1 is active in term 4, releases it, stands in term 5 and is voted for; then its old
// heartbeat of term 4 and the release of term 4 arrive. The vote in term 5 must still bind.
TEST(Promise, OfAVoteIsNotReplacedByALateHeartbeatOfTheCandidatesEarlierTerm) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.event(HealthChanged{false});  // it would stand itself
    const Heartbeat late = node.words_following(1, node.tenancy_of(1, 4));
    node.sequence_of(1) += 3;
    ASSERT_EQ(answer_to(node, 1, 5), VoteAnswer::granted);
    say_late(node, 1, 3, late);
    say_late(node, 1, 2, Release{4, no_node});
    EXPECT_EQ(answer_to(node, 2, 6), VoteAnswer::refused);
}

TEST(Candidacy, OfANodeThatFallsIllComesToNothing) {
    LoneNode node(3);
    node.ready({2});
    const auto request = node.find_sent<VoteRequest>();
    ASSERT_TRUE(request);
    node.event(HealthChanged{false});
    node.say(2, Vote{node.own_tenancy(request->round), VoteAnswer::granted, {}});
    EXPECT_FALSE(node.find<HoldVips>());
}

TEST(Candidacy, OfANodeThatIsAskedToStopComesToNothingEvenIfVotesCameInTheSameWakeUp) {
    LoneNode node(3);
    node.ready({2});
    const auto request = node.find_sent<VoteRequest>();
    ASSERT_TRUE(request);
    ActionList actions;
    const Message vote =
        Vote{node.own_tenancy(request->round), VoteAnswer::granted, {}, LoneNode::deadtime};
    node.node().step(node.now(), StopAsked{}, actions);
    node.node().step(node.now(), Received{{n(2), node.incarnation_of(2), 1000, 0}, vote}, actions);
    EXPECT_EQ(node.node().role(), Role::standby);
    node.node().step(node.now(), TimerExpired{}, actions);
    EXPECT_TRUE(std::ranges::any_of(
        actions, [](const Action& a) { return std::holds_alternative<Exit>(a); }));
}

TEST(Vote, IsRefusedByTheActiveHoweverHighTheTerm) {
    LoneNode node(3);
    node.become_active({2});
    node.pass(LoneNode::deadtime / 2);
    EXPECT_EQ(answer_to(node, 2, 99), VoteAnswer::refused);
}

TEST(Vote, IsRefusedWhileTheVipsOfALapsedTermMayStillBeUp) {
    LoneNode node(3);
    const auto round = node.become_active({2});
    node.pass(2 * LoneNode::deadtime);
    ASSERT_EQ(node.node().role(), Role::standby);
    node.say(2, node.words_of(2));
    EXPECT_EQ(answer_to(node, 2, 99), VoteAnswer::refused);
    node.event(VipsDropped{{round, n(1)}});
    EXPECT_EQ(answer_to(node, 2, 100), VoteAnswer::granted);
}

// The first lease and the pledges behind it count from the same instant; an acknowledgement that is
// older than the votes' arrival must not make it longer.
TEST(Lease, IsNotMadeLongerByWhenTheVotesCame) {
    LoneNode node(5);
    node.ready({2, 3});
    const Instant requested_at = node.now();
    const auto request = node.find_sent<VoteRequest>();
    ASSERT_TRUE(request);
    node.pass(5ms);
    const Vote vote{node.own_tenancy(request->round), VoteAnswer::granted, {}};
    node.say(2, vote);
    node.say(3, vote);
    node.pass(2 * LoneNode::interval);
    EXPECT_EQ(node.node().lease_until(),
              requested_at + lease_span(LoneNode::deadtime, LoneNode::removal));
}

// By then the earlier run may have promised itself to another.
TEST(Lease, DoesNotCountARestartedPeerInQuarantineWhoseLastPledgeHasRunOut) {
    LoneNode node(5);
    const auto round = node.become_active({2, 3});
    const auto acknowledge = [&](int peer, bool quarantined) {
        Heartbeat words = node.words_following(peer, node.own_tenancy(round));
        words.conditions.quarantined = quarantined;
        node.say(peer, words);
    };
    for (int i = 0; i < 6; ++i) {  // nodes 3 and 4 carry the lease; node 2 was heard at first only
        node.pass(LoneNode::interval);
        acknowledge(3, false);
        acknowledge(4, false);
    }
    node.restart(2);
    node.pass(LoneNode::interval);
    acknowledge(2, true);
    acknowledge(3, false);
    const auto before = node.node().lease_until();
    node.pass(LoneNode::interval);
    acknowledge(2, true);
    acknowledge(3, false);
    EXPECT_EQ(node.node().lease_until(), before);
}

// Its promise was void with the release, so its earlier run may have voted for another since.
TEST(Lease, DoesNotCountARestartedPeerInQuarantineWhosePledgeWasReleased) {
    LoneNode node(5);
    const auto round = node.become_active({2, 3});
    node.pass(LoneNode::interval);
    for (int peer : {2, 3}) node.say(peer, node.words_following(peer, node.own_tenancy(round)));
    node.event(HealthChanged{false});
    node.event(VipsDropped{{round, n(1)}});
    node.restart(2);
    Heartbeat quarantined = node.words_of(2);
    quarantined.conditions = {.healthy = true, .quarantined = true};
    node.say(2, quarantined);
    node.event(HealthChanged{true});
    for (int peer : {3, 4}) node.say(peer, node.words_of(peer));
    const auto request = node.find_sent<VoteRequest>();
    ASSERT_TRUE(request);
    const Tenancy again = node.own_tenancy(request->round);
    for (int peer : {3, 4}) node.say(peer, Vote{again, VoteAnswer::granted, {}});
    ASSERT_EQ(node.node().role(), Role::active);
    const auto won = node.node().lease_until();
    node.pass(LoneNode::interval);
    Heartbeat acknowledgement = node.words_following(2, again);
    acknowledgement.conditions.quarantined = true;
    node.say(2, acknowledgement);
    node.say(3, node.words_following(3, again));
    EXPECT_EQ(node.node().lease_until(), won);
}

TEST(Lease, IsOverAtItsVeryEnd) {
    LoneNode node(3);
    node.become_active({2});
    node.sleep(*node.node().lease_until() - node.now());
    node.say(2, node.words_of(2));
    EXPECT_EQ(node.node().role(), Role::standby);
}

TEST(Candidacy, IsNotWonByRefusalsNorByVotesForAnEarlierOne) {
    LoneNode node(3);
    node.ready({2});
    const auto request = node.find_sent<VoteRequest>();
    ASSERT_TRUE(request);
    node.say(2, Vote{node.own_tenancy(request->round), VoteAnswer::refused, {}});
    node.say(2, Vote{node.own_tenancy(request->round - 1), VoteAnswer::granted, {}});
    EXPECT_EQ(node.node().role(), Role::standby);
}

TEST(Quarantine, LastsAWholeDeadtime) {
    LoneNode node(3);
    node.pass(LoneNode::deadtime - 1ns);
    EXPECT_TRUE(node.node().quarantined());
    node.pass(1ns);
    EXPECT_FALSE(node.node().quarantined());
}

// A peer that we know since less long than it runs: its earlier requests were for others' ears.
TEST(Request, ThatWasRecordedBeforeThePeerWasKnownBindsNobody) {
    LoneNode node(3, 3);
    node.sequence_of(1) = 1000;
    node.ready({1, 2});
    node.event(HealthChanged{false});  // it would stand itself
    say_late(node, 1, 900, VoteRequest{5, LoneNode::deadtime});
    EXPECT_FALSE(node.find_sent<Vote>());
    EXPECT_EQ(answer_to(node, 2, 5), VoteAnswer::granted);
}

TEST(Request, ThatWasLostAndIsReplayedMuchLaterMovesNoVip) {
    LoneNode node(3);
    const auto round = node.become_active({2, 3});
    node.sequence_of(2) += 1000;
    node.pass(LoneNode::interval);
    node.say(2, node.words_following(2, node.own_tenancy(round)));
    say_late(node, 2, 900, SwitchoverRequest{node.own_tenancy(round), n(3)});
    EXPECT_FALSE(node.find<DropVips>());
}

// Recordings of an earlier incarnation, or of an earlier heartbeat, that are replayed faster than
// the peer speaks must not keep it from being echoed, which it needs to be believed.
TEST(Peer, ThatIsUnprovenIsEchoedByItsNewestHeartbeatWhateverIsReplayed) {
    LoneNode node(2);
    const auto earlier = node.incarnation_of(2);
    Heartbeat deaf = node.words_of(2);
    deaf.echoes.clear();
    node.restart(2);
    node.sequence_of(2) = 10;
    node.say(2, deaf);
    node.event(Received{{n(2), earlier, 500, 0}, deaf});
    node.event(Received{{n(2), node.incarnation_of(2), 5, 0}, deaf});
    node.pass(LoneNode::interval);
    const auto heartbeat = node.find_sent<Heartbeat>();
    ASSERT_TRUE(heartbeat && heartbeat->echoes.size() == 1);
    EXPECT_EQ(heartbeat->echoes[0].incarnation, node.incarnation_of(2));
    EXPECT_EQ(heartbeat->echoes[0].sequence, 11u);
}

// A vote that cannot be heard only binds. Seed 14190: of two candidates one was deaf to the other,
// which gave up its own candidacy for it again and again, so that nobody was elected.
TEST(Vote, IsNotGivenToACandidateThatIsDeafToUs) {
    LoneNode node(3);
    node.ready({2, 3});
    const auto round = node.find_sent<VoteRequest>()->round;
    Heartbeat deaf = node.words_of(3);
    deaf.echoes.clear();
    for (Duration time{}; time < LoneNode::deadtime; time += LoneNode::interval / 2) {
        node.say(3, deaf);
        node.pass(LoneNode::interval / 2);
    }
    node.say(2, node.words_of(2));
    node.say(3, VoteRequest{round + 100});
    EXPECT_FALSE(node.find_sent<Vote>());
}

// It could not stand before its quarantine is over, and the VIPs would come back to us.
TEST(Switchover, IsNotHandedToANodeThatHasJustStarted) {
    LoneNode node(3);
    node.become_active({2, 3});
    node.restart(2);
    node.pass(LoneNode::interval / 2);
    Heartbeat words = node.words_of(2);
    words.conditions.quarantined = true;
    node.say(2, words);
    node.event(SwitchoverAsked{RequestId{1}, n(2)});
    ASSERT_TRUE(node.find<AnswerSwitchover>());
    EXPECT_EQ(node.find<AnswerSwitchover>()->outcome, SwitchoverOutcome::target_unfit);
    EXPECT_FALSE(node.find<DropVips>());
}

// After a partition without a quorum rule the later started may hear the earlier one first, and
// give its term back before it was ever heard as an active. The LAN knows its hardware address by
// then.
TEST(Active, AnnouncesAgainWhenAPeerHasGivenBackATermThatItHeldMeanwhile) {
    LoneNode node(2, 1, QuorumRule::none);
    node.event(HealthChanged{true});
    node.pass(LoneNode::deadtime);
    node.event(VipsHeld{{1, n(1)}});
    ASSERT_TRUE(node.node().vips_held());
    Heartbeat words = node.words_of(2);
    words.released = {.round = 7, .successor = no_node};
    node.say(2, words);
    EXPECT_TRUE(node.find<AnnounceVips>());
    node.say(2, words);
    EXPECT_FALSE(node.find<AnnounceVips>()) << "a release that is only repeated";
}

TEST(Active, AnnouncesAgainOnTheReleaseOfOneThatWasStoppedWhileItHeldTheVips) {
    LoneNode node(3);
    node.become_active({2, 3});
    node.say(2, Release{.round = 1, .successor = no_node});
    EXPECT_TRUE(node.find<AnnounceVips>());
}

}  // namespace
}  // namespace komainu
