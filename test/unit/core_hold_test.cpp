// on_quorum_loss = hold under a microscope: what a node does that holds the VIPs without a lease,
// and what ends it.
#include <gtest/gtest.h>

#include "test/unit/lone_node.h"

namespace komainu {
namespace {

class Hold : public testing::Test {
protected:
    Hold() : round_(node_.become_active({2, 3})) { EXPECT_NE(round_, 0u); }

    /// Nobody acknowledges any more.
    void lose_the_quorum() {
        node_.pass(2 * LoneNode::deadtime);
        EXPECT_TRUE(node_.node().stale());
    }
    /// Whether the last event has ended the hold, for this reason.
    bool ended_by(Cause cause) {
        const auto change = node_.find<RoleChanged>();
        const auto drop = node_.find<DropVips>();
        return !node_.node().stale() && change && change->from == Role::active &&
               change->to == Role::standby && change->cause == cause && drop &&
               drop->term == Term{round_, n(1)};
    }

    LoneNode node_{3, 1, QuorumRule::majority, QuorumLoss::hold};
    std::uint64_t round_;
};

TEST_F(Hold, KeepsTheVipsWhenTheLeaseLapses) {
    node_.pass(2 * LoneNode::deadtime);
    EXPECT_TRUE(node_.find<HeldWithoutQuorum>());
    EXPECT_FALSE(node_.find<DropVips>());
    EXPECT_FALSE(node_.find<RoleChanged>());
    EXPECT_TRUE(node_.node().vips_held());
    EXPECT_EQ(node_.node().role(), Role::active);
}

TEST_F(Hold, IsNoLeaseAndClaimsNothing) {
    lose_the_quorum();
    EXPECT_FALSE(node_.node().lease_until());
    EXPECT_FALSE(node_.node().active());
    node_.pass(LoneNode::interval);
    const auto said = node_.find_sent<Heartbeat>();
    ASSERT_TRUE(said);
    EXPECT_FALSE(said->following);
    EXPECT_FALSE(said->conditions.free);
}

TEST_F(Hold, ExtendsWhatTheGuardKnowsByItself) {
    lose_the_quorum();
    for (int i = 0; i < 10; ++i) {
        node_.pass(LoneNode::interval);
        const auto extended = node_.find<ExtendLease>();
        ASSERT_TRUE(extended);
        EXPECT_GT(extended->until, node_.now() + 2 * LoneNode::interval);
    }
}

TEST_F(Hold, DoesNotVote) {
    lose_the_quorum();
    node_.say(2, node_.words_of(2));
    LoneNode other{3, 1, QuorumRule::majority, QuorumLoss::hold};
    node_.say(2, VoteRequest{round_ + 5});
    const auto vote = node_.find_sent<Vote>();
    ASSERT_TRUE(vote);
    EXPECT_EQ(vote->answer, VoteAnswer::refused);
}

TEST_F(Hold, EndsWhenAnotherActiveIsHeardWhichIsFollowedThen) {
    lose_the_quorum();
    node_.say(2, node_.words_following(2, node_.tenancy_of(2, round_ + 1)));
    EXPECT_TRUE(ended_by(Cause::other_active));
    EXPECT_EQ(node_.node().active().term.node, n(2));
}

TEST_F(Hold, EndsWhenAnotherActiveIsHeardOf) {
    lose_the_quorum();
    node_.say(2, node_.words_following(2, node_.tenancy_of(3, round_ + 1)));
    EXPECT_TRUE(ended_by(Cause::other_active));
}

TEST_F(Hold, DoesNotEndForAPeerThatStillNamesThisNode) {
    lose_the_quorum();
    node_.say(2, node_.words_following(2, node_.own_tenancy(round_)));
    EXPECT_TRUE(node_.node().stale());
}

TEST_F(Hold, EndsWhenARivalIsSeen) {
    lose_the_quorum();
    node_.event(RivalSeen{});
    EXPECT_TRUE(ended_by(Cause::rival_seen));
}

TEST_F(Hold, EndsWhenThisNodeIsUnhealthy) {
    lose_the_quorum();
    node_.event(HealthChanged{false});
    EXPECT_TRUE(ended_by(Cause::unhealthy));
}

TEST_F(Hold, EndsWhenThisNodeIsStoppedWhichExitsOnceTheVipsAreDown) {
    lose_the_quorum();
    node_.event(StopAsked{});
    EXPECT_TRUE(ended_by(Cause::stopping));
    EXPECT_FALSE(node_.find<Exit>());
    node_.event(VipsDropped{{round_, n(1)}});
    EXPECT_TRUE(node_.find_sent<Release>());
    EXPECT_TRUE(node_.find<Exit>());
}

TEST_F(Hold, EndsWhenEnoughAreFreeToVoteAndAnElectionFollows) {
    lose_the_quorum();
    node_.say(2, node_.words_of(2));
    ASSERT_TRUE(ended_by(Cause::quorum_back));
    EXPECT_FALSE(node_.find_sent<VoteRequest>());  // not while the VIPs are up
    node_.event(VipsDropped{{round_, n(1)}});
    const auto request = node_.find_sent<VoteRequest>();
    ASSERT_TRUE(request);
    EXPECT_GT(request->round, round_);
}

TEST_F(Hold, DoesNotEndWhileAnElectionCouldOnlyFail) {
    lose_the_quorum();
    Heartbeat bound = node_.words_of(2);
    bound.conditions.free = false;
    node_.say(2, bound);
    EXPECT_TRUE(node_.node().stale());
}

TEST_F(Hold, DoesNotTakeWhoIsDeafToUsForBack) {
    node_.pass(LoneNode::interval);
    const Heartbeat old = node_.words_of(2);  // echoes what was sent before the lease lapsed
    lose_the_quorum();
    node_.say(2, old);
    EXPECT_TRUE(node_.node().stale());
}

TEST_F(Hold, DoesNotSurviveASleepPastItsEnd) {
    lose_the_quorum();
    node_.sleep(LoneNode::deadtime);
    node_.event(TimerExpired{});
    EXPECT_TRUE(ended_by(Cause::lease_lapsed));
}

TEST_F(Hold, DoesNotFollowATenureThatWasSleptAway) {
    node_.sleep(LoneNode::deadtime);
    node_.event(TimerExpired{});
    EXPECT_FALSE(node_.find<HeldWithoutQuorum>());
    EXPECT_TRUE(ended_by(Cause::lease_lapsed));
}

TEST_F(Hold, IsOverWhenTheGuardHasDroppedTheVips) {
    lose_the_quorum();
    node_.event(VipsDropped{{round_, n(1)}});
    EXPECT_FALSE(node_.node().stale());
    EXPECT_FALSE(node_.find<DropVips>());
    EXPECT_EQ(node_.find<RoleChanged>()->cause, Cause::guard_dropped);
    EXPECT_TRUE(node_.find_sent<Release>());
}

TEST_F(Hold, HandsNothingOver) {
    lose_the_quorum();
    node_.event(SwitchoverAsked{RequestId{7}, no_node});
    const auto answer = node_.find<AnswerSwitchover>();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->outcome, SwitchoverOutcome::no_active);
    EXPECT_TRUE(node_.node().stale());
}

TEST(HoldNot, VipsThatAreNotUpYet) {
    LoneNode node(3, 1, QuorumRule::majority, QuorumLoss::hold);
    node.ready({2, 3});
    const auto request = node.find_sent<VoteRequest>();
    ASSERT_TRUE(request);
    node.say(2, Vote{node.own_tenancy(request->round), VoteAnswer::granted, {}});
    node.pass(LoneNode::deadtime);
    EXPECT_FALSE(node.node().stale());
    EXPECT_TRUE(node.find<DropVips>());
}

TEST(HoldNot, UnlessAskedFor) {
    LoneNode node(3);
    node.become_active({2, 3});
    node.pass(LoneNode::deadtime);
    EXPECT_FALSE(node.find<HeldWithoutQuorum>());
    EXPECT_TRUE(node.find<DropVips>());
    // What the guard knows is the lease and nothing more.
    EXPECT_FALSE(node.find<ExtendLease>());
}

}  // namespace
}  // namespace komainu
