// Whole clusters in virtual time, told as stories: who takes over, after how long.
#include "test/sim/told_cluster.h"

namespace komainu::sim {
namespace {

TEST_F(ClusterStory, ThreeNodesThatStartTogetherElectTheBestOne) {
    begin(3);
    EXPECT_EQ(cluster().holder(), one);
    EXPECT_EQ(cluster().node(three)->active().term.node, one);
}

TEST_F(ClusterStory, ThePriorityDecides) {
    Options options;
    options.members = members(3);
    options.members[2].priority = 200;
    begin(options);
    EXPECT_EQ(cluster().holder(), three);
}

TEST_F(ClusterStory, TheEarliestStartDecidesAmongEqualPriorities) {
    begin(3);
    gap([&] { cluster().kill_both(one); }, two);
    cluster().start(one);
    cluster().run(100ms);
    // Node 1 started last, so node 3 is next.
    gap([&] { cluster().kill_both(two); }, three);
}

TEST_F(ClusterStory, AKilledMainLeavesItsLastWillAndNobodyWaitsForTheDeadtime) {
    begin(3);
    EXPECT_LT(gap([&] { cluster().kill_main(one); }, two), 2ms);
}

TEST_F(ClusterStory, APausedMainLosesTheVipWithItsLeaseAndDoesNotTakeItBack) {
    begin(3);
    EXPECT_LT(gap([&] { cluster().pause_main(one); }, two), 3ms);
    cluster().resume_main(one);
    cluster().run(1s);
    EXPECT_EQ(cluster().holder(), two);
}

TEST_F(ClusterStory, AnActiveWithoutATraceIsReplacedAfterTheDeadtime) {
    begin(3);
    const Instant mark = cluster().now();
    gap([&] { cluster().kill_both(one); }, two);
    EXPECT_LT(cluster().without_holder_since(mark), 50ms);
}

TEST_F(ClusterStory, AnIsolatedActiveDropsTheVipBeforeTheOthersElect) {
    begin(3);
    EXPECT_LT(gap([&] { cluster().isolate(one); }, two), 10ms);
    cluster().heal();
    cluster().run(1s);
    EXPECT_EQ(cluster().holder(), two);
    EXPECT_EQ(cluster().node(one)->role(), Role::standby);
}

TEST_F(ClusterStory, ASwitchoverGoesWhereItIsSent) {
    begin(3);
    EXPECT_LT(gap([&] { cluster().switchover(one, three); }, three), 2ms);
    ASSERT_EQ(cluster().answers_given().size(), 1u);
    EXPECT_EQ(cluster().answers_given()[0].outcome, SwitchoverOutcome::done);
    EXPECT_EQ(cluster().answers_given()[0].active, three);
}

TEST_F(ClusterStory, ASwitchoverMayBeAskedOfAnyNode) {
    begin(3);
    gap([&] { cluster().switchover(three, two); }, two);
    gap([&] { cluster().switchover(three, three); }, three);
    EXPECT_EQ(cluster().answers_given().size(), 2u);
}

TEST_F(ClusterStory, AnActiveThatStopsHandsOverAndLeaves) {
    begin(3);
    EXPECT_LT(gap([&] { cluster().stop(one); }, two), 2ms);
    EXPECT_TRUE(cluster().exited(one));
}

TEST_F(ClusterStory, OfTwoOfThreeTheLeavingActiveStaysForTheVote) {
    begin(3);
    cluster().kill_both(three);
    cluster().run(100ms);
    EXPECT_LT(gap(
                  [&] {
                      cluster().stop(one);
                      cluster().start(three);
                  },
                  two),
              2ms);
}

TEST_F(ClusterStory, AStandbyThatStopsIsNoticedAtOnce) {
    begin(3);
    cluster().stop(three);
    cluster().run(1ms);
    EXPECT_EQ(cluster().node(one)->votes_within_earshot(), 2);
}

TEST_F(ClusterStory, AnUnhealthyActiveReleasesAndAnUnhealthyClusterHasNoHolder) {
    begin(3);
    EXPECT_LT(gap([&] { cluster().set_healthy(one, false); }, two), 2ms);
    cluster().set_healthy(two, false);
    cluster().set_healthy(three, false);
    cluster().run(200ms);
    EXPECT_EQ(cluster().holder(), no_node);
    cluster().set_healthy(three, true);
    cluster().run(200ms);
    EXPECT_EQ(cluster().holder(), three);
}

TEST_F(ClusterStory, AMinorityHoldsNothing) {
    begin(3);
    cluster().kill_both(two);
    cluster().run(100ms);
    EXPECT_EQ(cluster().holder(), one);
    cluster().kill_both(three);
    cluster().run(100ms);
    EXPECT_EQ(cluster().holder(), no_node);
}

TEST_F(ClusterStory, AStandbyThatRestartsQuicklyInADegradedClusterDoesNotCostTheVip) {
    begin(3);
    cluster().kill_both(three);
    cluster().run(100ms);
    const Instant mark = cluster().now();
    cluster().kill_both(two);
    cluster().run(10ms);
    cluster().start(two);
    cluster().run(300ms);
    EXPECT_EQ(cluster().holder(), one);
    EXPECT_EQ(cluster().without_holder_since(mark), 0ns);
}

TEST_F(ClusterStory, AWitnessVotesAndNeverHolds) {
    Options options;
    options.members = members(3);
    options.members[0].witness = true;
    begin(options);
    EXPECT_EQ(cluster().holder(), two);
    gap([&] { cluster().kill_main(two); }, three);
    cluster().kill_main(three);
    cluster().run(1s);
    EXPECT_EQ(cluster().holder(), no_node);
    EXPECT_EQ(cluster().node(one)->role(), Role::witness);
}

TEST_F(ClusterStory, NobodyFailsBack) {
    Options options;
    options.members = members(3);
    options.members[0].priority = 200;
    begin(options);
    gap([&] { cluster().kill_both(one); }, two);
    cluster().start(one);
    cluster().run(1s);
    EXPECT_EQ(cluster().holder(), two);
}

TEST_F(ClusterStory, OneNodeIsAClusterToo) {
    begin(1);
    EXPECT_EQ(cluster().holder(), one);
    cluster().run(10s);
    EXPECT_EQ(cluster().holder(), one);
}

TEST_F(ClusterStory, WithoutAQuorumRuleTheFirstStartedIsActiveAndHoldsAlone) {
    Options options;
    options.members = members(2);
    options.quorum = QuorumRule::none;
    Cluster lone(options);
    lone.start(two);
    lone.run(200ms);
    EXPECT_EQ(lone.holder(), two);
    lone.start(one);
    lone.run(1s);
    EXPECT_EQ(lone.holder(), two);
    begin(2);
}

TEST_F(ClusterStory, WithoutAQuorumRuleOfTwoActivesThatMeetTheEarlierStartedKeepsTheVip) {
    begin(1);
    Options options;
    options.members = members(2);
    options.quorum = QuorumRule::none;
    Cluster split(options);
    split.start(two);
    split.run(5ms);
    split.start(one);
    split.run(200ms);
    ASSERT_EQ(split.holder(), two);
    split.isolate(one);
    split.run(200ms);
    EXPECT_TRUE(split.answers(one) && split.answers(two));
    split.heal();
    split.run(100ms);
    EXPECT_FALSE(split.answers(one));
    EXPECT_TRUE(split.answers(two));
}

TEST_F(ClusterStory, WithoutAQuorumRuleTheThirdDoesNotStandWhenOneOfTwoActivesYields) {
    begin(1);
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Options options;
        options.members = members(3);
        options.quorum = QuorumRule::none;
        options.seed = seed;
        Cluster split(options);
        split.start_all();
        split.run(200ms);
        split.isolate(one);
        split.run(300ms);
        const auto highest = split.node(three)->highest_term();
        split.heal();
        split.run(300ms);
        EXPECT_TRUE(split.answers(one) && !split.answers(two) && !split.answers(three));
        EXPECT_EQ(split.node(three)->highest_term(), highest) << "seed " << seed;
    }
}

TEST_F(ClusterStory, AFailedHoldMovesOnToTheNextNode) {
    Options options;
    options.members = members(3);
    begin(options);
    cluster().fail_next_hold(two);
    gap([&] { cluster().kill_main(one); }, three);
}

TEST_F(ClusterStory, AsymmetricSilenceIsSurvived) {
    begin(3);
    cluster().cut(one, two);  // node 2 no longer hears the active, but node 3 does
    cluster().run(1s);
    EXPECT_EQ(cluster().holder(), one);
}

}  // namespace
}  // namespace komainu::sim
