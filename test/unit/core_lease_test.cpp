// The lease of a single node: from where it counts, who extends it, how it ends.
#include <gtest/gtest.h>

#include "test/unit/lone_node.h"

namespace komainu {
namespace {

constexpr Duration span = lease_span(LoneNode::deadtime, LoneNode::removal);

TEST(Lease, CountsFromTheSendingOfTheVoteRequest) {
    LoneNode node(3);
    node.ready({2, 3});
    const Instant requested_at = node.now();
    const auto request = node.find_sent<VoteRequest>();
    ASSERT_TRUE(request);
    node.sleep(5ms);
    node.say(2, Vote{node.own_tenancy(request->round), VoteAnswer::granted, {}});
    const auto hold = node.find<HoldVips>();
    ASSERT_TRUE(hold);
    EXPECT_EQ(hold->lease_until, requested_at + span);
}

TEST(Lease, IsExtendedFromTheSendingOfWhatAQuorumAcknowledged) {
    LoneNode node(3);
    const auto round = node.become_active({2});
    ASSERT_NE(round, 0u);
    node.pass(LoneNode::interval);
    const Instant sent_at = node.now();
    const auto words = node.words_following(2, node.own_tenancy(round));
    node.sleep(4ms);
    node.say(2, words);
    const auto extended = node.find<ExtendLease>();
    ASSERT_TRUE(extended);
    EXPECT_EQ(extended->until, sent_at + span);
}

TEST(Lease, OfFiveNodesNeedsTwoOthers) {
    LoneNode node(5);
    const auto round = node.become_active({2, 3});
    ASSERT_NE(round, 0u);
    node.pass(LoneNode::interval);
    node.say(2, node.words_following(2, node.own_tenancy(round)));
    EXPECT_FALSE(node.find<ExtendLease>());
    node.say(3, node.words_following(3, node.own_tenancy(round)));
    EXPECT_TRUE(node.find<ExtendLease>());
}

TEST(Lease, IsNotExtendedByANodeThatFollowsAnother) {
    LoneNode node(3);
    const auto round = node.become_active({2});
    node.pass(LoneNode::interval);
    node.say(2, node.words_following(2, node.tenancy_of(3, round + 1)));
    EXPECT_FALSE(node.find<ExtendLease>());
}

TEST(Lease, IsNotExtendedByANodeThatFollowsAnEarlierTermOfOurs) {
    LoneNode node(3);
    const auto round = node.become_active({2});
    node.pass(LoneNode::interval);
    node.say(2, node.words_following(2, node.own_tenancy(round - 1)));
    EXPECT_FALSE(node.find<ExtendLease>());
}

TEST(Lease, IsExtendedByARestartedStandbyWhoseEarlierRunWasStillBoundToUs) {
    LoneNode node(5);
    const auto round = node.become_active({2, 3});
    node.pass(LoneNode::interval);
    node.say(3, node.words_following(3, node.own_tenancy(round)));
    node.restart(2);
    Heartbeat words = node.words_following(2, node.own_tenancy(round));
    words.conditions.quarantined = true;
    node.say(2, words);
    EXPECT_TRUE(node.find<ExtendLease>());
}

// Its forgotten promise may have been given to a candidate that is about to win with it: two
// majorities of five that share only this node would both stand on it.
TEST(Lease, IsNotExtendedByARestartedNodeThatMayHaveForgottenAPromiseToAnother) {
    LoneNode node(5);
    const auto round = node.become_active({2, 3});
    node.pass(LoneNode::interval);
    node.say(3, node.words_following(3, node.own_tenancy(round)));
    Heartbeat words = node.words_following(4, node.own_tenancy(round));
    words.conditions.quarantined = true;
    node.say(4, words);
    EXPECT_FALSE(node.find<ExtendLease>());
    words = node.words_following(4, node.own_tenancy(round));
    node.say(4, words);  // out of quarantine
    EXPECT_TRUE(node.find<ExtendLease>());
}

TEST(Lease, ThatLapsedIsNeverRevived) {
    LoneNode node(3);
    const auto round = node.become_active({2});
    node.pass(LoneNode::interval);
    const auto words = node.words_following(2, node.own_tenancy(round));
    node.sleep(span);
    node.say(2, words);
    EXPECT_FALSE(node.find<ExtendLease>());
    EXPECT_EQ(node.node().role(), Role::standby);
    ASSERT_TRUE(node.find<DropVips>());
    EXPECT_EQ(node.find<RoleChanged>()->cause, Cause::lease_lapsed);
}

TEST(Lease, IsCheckedBeforeTheEventIsLookedAt) {
    LoneNode node(3);
    node.become_active({2});
    node.sleep(span);
    node.event(SwitchoverAsked{RequestId{1}, no_node});
    EXPECT_EQ(node.find<AnswerSwitchover>()->outcome, SwitchoverOutcome::no_active);
}

TEST(Lease, OfOneNodeGoesOnByItself) {
    LoneNode node(1);
    node.event(HealthChanged{true});
    node.pass(LoneNode::deadtime);
    ASSERT_TRUE(node.find<HoldVips>());
    node.pass(1s);
    EXPECT_EQ(node.node().role(), Role::active);
}

TEST(Release, LeavesOnlyAfterTheVipsAreDown) {
    LoneNode node(3);
    const auto round = node.become_active({2});
    node.event(HealthChanged{false});
    EXPECT_TRUE(node.find<DropVips>());
    EXPECT_FALSE(node.find_sent<Release>());
    EXPECT_EQ(node.find_sent<Heartbeat>()->following, node.own_tenancy(round));
    node.event(VipsDropped{{round, n(1)}});
    ASSERT_TRUE(node.find_sent<Release>());
    EXPECT_EQ(node.find_sent<Release>()->round, round);
    EXPECT_EQ(node.find_sent<Heartbeat>()->released.round, round);
}

TEST(Release, OfALapsedTermAlsoWaitsForTheVips) {
    LoneNode node(3);
    const auto round = node.become_active({2});
    node.pass(2 * LoneNode::deadtime);
    EXPECT_FALSE(node.find_sent<Release>());
    node.event(VipsDropped{{round, n(1)}});
    EXPECT_TRUE(node.find_sent<Release>());
}

TEST(Release, FollowsWhenTheGuardFoundTheLeaseExpired) {
    LoneNode node(3);
    const auto round = node.become_active({2});
    node.event(VipsDropped{{round, n(1)}});
    EXPECT_EQ(node.node().role(), Role::standby);
    EXPECT_EQ(node.find<RoleChanged>()->cause, Cause::guard_dropped);
    EXPECT_TRUE(node.find_sent<Release>());
}

TEST(Release, IsSentWhenTheKernelRefusedTheAddressesAndTheNodeDoesNotStandAgainSoon) {
    LoneNode node(3);
    node.ready({2});
    const auto round = node.find_sent<VoteRequest>()->round;
    node.say(2, Vote{node.own_tenancy(round), VoteAnswer::granted, {}});
    node.event(HoldFailed{{round, n(1)}});
    EXPECT_TRUE(node.find_sent<Release>());
    EXPECT_FALSE(node.find_sent<Heartbeat>()->conditions.healthy);
    node.say(2, node.words_of(2));
    EXPECT_FALSE(node.find_sent<VoteRequest>());
}

TEST(Release, NamesTheSuccessorOfASwitchover) {
    LoneNode node(3);
    const auto round = node.become_active({2, 3});
    node.event(SwitchoverAsked{RequestId{1}, n(3)});
    node.event(VipsDropped{{round, n(1)}});
    EXPECT_EQ(node.find_sent<Release>()->successor, n(3));
    EXPECT_FALSE(node.find_sent<VoteRequest>());
}

TEST(Answer, ToADropOfATermThatIsOverIsIgnored) {
    LoneNode node(3);
    const auto round = node.become_active({2});
    node.event(VipsDropped{{round - 1, n(1)}});
    EXPECT_EQ(node.node().role(), Role::active);
}

TEST(Switchover, IsRefusedWithAReason) {
    LoneNode node(3);
    const auto ask = [&](NodeId target) {
        node.event(SwitchoverAsked{RequestId{1}, target});
        const auto answer = node.find<AnswerSwitchover>();
        return answer ? answer->outcome : SwitchoverOutcome::done;
    };
    node.ready({2});
    EXPECT_EQ(ask(n(2)), SwitchoverOutcome::no_active);
    LoneNode active(3);
    active.become_active({2});
    const auto ask_active = [&](NodeId target) {
        active.event(SwitchoverAsked{RequestId{1}, target});
        return active.find<AnswerSwitchover>()->outcome;
    };
    EXPECT_EQ(ask_active(n(1)), SwitchoverOutcome::already_active);
    EXPECT_EQ(ask_active(n(9)), SwitchoverOutcome::no_such_target);
    EXPECT_EQ(ask_active(n(3)), SwitchoverOutcome::target_unfit);
}

}  // namespace
}  // namespace komainu
