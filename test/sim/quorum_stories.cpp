// Whole clusters in virtual time, by the rules that promise less than one holder: half with an
// arbiter, hold; and witnesses under each rule.
#include <gtest/gtest.h>

#include "test/sim/cluster.h"

namespace komainu::sim {
namespace {

constexpr NodeId one{1}, two{2}, three{3}, four{4};
constexpr Duration deadtime = Options{}.deadtime;
constexpr Duration probe_time = Options{}.probe_time;

class QuorumStory : public testing::Test {
protected:
    Cluster& begin(int nodes, QuorumRule rule, QuorumLoss loss = QuorumLoss::release,
                   NodeId witness = no_node) {
        Options options;
        options.members = members(nodes);
        for (Member& member : options.members) member.witness = member.id == witness;
        options.quorum = rule;
        options.on_quorum_loss = loss;
        cluster_ = std::make_unique<Cluster>(options);
        cluster_->start_all();
        cluster_->run(3 * deadtime);
        EXPECT_EQ(cluster_->holder(), one);
        return *cluster_;
    }

    /// How long nobody answered for the VIP until this node does.
    Duration gap_until(NodeId expected, Instant mark) {
        EXPECT_TRUE(cluster_->run_until([&] { return cluster_->holder() == expected; }, 10s));
        return cluster_->without_holder_since(mark);
    }
    bool holds_alone(NodeId id) const {
        return cluster_->holders() == 1 && cluster_->holder() == id;
    }

    void TearDown() override {
        if (HasFailure())
            for (const auto& line : cluster_->story().lines()) std::cerr << line << "\n";
    }

    std::unique_ptr<Cluster> cluster_;
};

// --- half ---------------------------------------------------------------------------------------

TEST_F(QuorumStory, OfTwoNodesWhoseCrossLinkIsCutTheActiveKeepsTheVip) {
    Cluster& cluster = begin(2, QuorumRule::half);
    cluster.isolate(one);
    cluster.set_lan_silent(two, false);  // the probe of the standby is answered
    cluster.run(5s);
    EXPECT_TRUE(holds_alone(one));
    EXPECT_EQ(cluster.violation(), "");
    EXPECT_EQ(cluster.without_holder_since(cluster.now() - 5s), Duration{0});
    cluster.heal();
    cluster.run(100ms);
    EXPECT_TRUE(holds_alone(one));
    EXPECT_EQ(cluster.node(two)->active().term.node, one);
}

TEST_F(QuorumStory, OfTwoNodesTheStandbyTakesOverFromADeadActiveAfterDeadtimeAndProbe) {
    Cluster& cluster = begin(2, QuorumRule::half);
    const Instant mark = cluster.now();
    cluster.kill_both(one);
    const Duration gap = gap_until(two, mark);
    EXPECT_GE(gap, probe_time);
    EXPECT_LE(gap, deadtime + probe_time + 5ms);
    EXPECT_EQ(cluster.violation(), "");
    cluster.run(10s);
    EXPECT_TRUE(holds_alone(two));
}

TEST_F(QuorumStory, OfTwoNodesTheLastWillSparesTheDeadtimeButNotTheProbe) {
    Cluster& cluster = begin(2, QuorumRule::half);
    const Instant mark = cluster.now();
    cluster.kill_main(one);
    EXPECT_LE(gap_until(two, mark), probe_time + 5ms);
}

TEST_F(QuorumStory, OfTwoNodesTheStandbyThatIsCutOffDoesNotStand) {
    Cluster& cluster = begin(2, QuorumRule::half);
    cluster.isolate(two);
    cluster.set_trusted(two, false);
    cluster.run(5s);
    EXPECT_TRUE(holds_alone(one));
    EXPECT_EQ(cluster.violation(), "");
}

TEST_F(QuorumStory, OfTwoNodesTheActiveThatIsCutOffReleases) {
    Cluster& cluster = begin(2, QuorumRule::half);
    cluster.isolate(one);
    cluster.set_trusted(one, false);
    cluster.run(2 * deadtime + probe_time);
    EXPECT_TRUE(holds_alone(two));
    EXPECT_EQ(cluster.violation(), "");
}

TEST_F(QuorumStory, OfTwoNodesAnOrderlyStopNeedsNoArbiter) {
    Cluster& cluster = begin(2, QuorumRule::half);
    const Instant mark = cluster.now();
    cluster.stop(one);
    EXPECT_LE(gap_until(two, mark), 3ms);
    EXPECT_TRUE(cluster.run_until([&] { return cluster.exited(one); }, 5s));
    cluster.run(5s);
    EXPECT_TRUE(holds_alone(two));
    EXPECT_EQ(cluster.violation(), "");
}

TEST_F(QuorumStory, OneOfTwoNodesThatStartsAloneAsksTheArbiter) {
    Options options;
    options.members = members(2);
    options.quorum = QuorumRule::half;
    cluster_ = std::make_unique<Cluster>(options);
    cluster_->start(two);
    cluster_->run(deadtime + probe_time - 1ms);
    EXPECT_EQ(cluster_->holder(), no_node);
    cluster_->run(5ms);
    EXPECT_EQ(cluster_->holder(), two);
}

/// What half cannot promise: both sides reach their trusted servers, and not each other.
TEST_F(QuorumStory, TwoActivesOfTwoHalvesThatMeetAreOneAgainTheEarlierStarted) {
    Cluster& cluster = begin(4, QuorumRule::half);
    for (const NodeId mine : {one, two})
        for (const NodeId other : {three, four}) {
            cluster.cut(mine, other);
            cluster.cut(other, mine);
        }
    cluster.run(deadtime + probe_time + 10ms);
    EXPECT_EQ(cluster.holders(), 2);
    cluster.heal();
    cluster.run(50ms);
    EXPECT_TRUE(holds_alone(one));
    cluster.run(2s);
    EXPECT_TRUE(holds_alone(one));
    EXPECT_EQ(cluster.node(three)->active().term.node, one);
}

TEST_F(QuorumStory, OfTwoHalvesOnlyTheOneWithTheActiveGoesOnWhenTheLanIsWhole) {
    Cluster& cluster = begin(4, QuorumRule::half);
    for (const NodeId mine : {one, two})
        for (const NodeId other : {three, four}) {
            cluster.cut(mine, other);
            cluster.cut(other, mine);
            cluster.set_lan_silent(other, false);
        }
    cluster.run(5s);
    EXPECT_TRUE(holds_alone(one));
    EXPECT_EQ(cluster.violation(), "");
}

// --- hold ---------------------------------------------------------------------------------------

TEST_F(QuorumStory, AHolderWithoutAQuorumKeepsTheVipWhileEverybodyElseIsDead) {
    Cluster& cluster = begin(3, QuorumRule::majority, QuorumLoss::hold);
    const Instant mark = cluster.now();
    cluster.kill_both(two);
    cluster.kill_both(three);
    cluster.run(10s);
    EXPECT_TRUE(holds_alone(one));
    EXPECT_TRUE(cluster.node(one)->stale());
    EXPECT_EQ(cluster.without_holder_since(mark), Duration{0});
}

TEST_F(QuorumStory, AnElectionFollowsAHoldAfterAMomentWhenOthersAreBack) {
    Cluster& cluster = begin(3, QuorumRule::majority, QuorumLoss::hold);
    for (const NodeId id : {one, two, three}) cluster.isolate(id);  // the switch is dead
    cluster.run(5s);
    ASSERT_TRUE(holds_alone(one));
    const Instant mark = cluster.now();
    cluster.heal();
    ASSERT_TRUE(cluster.run_until([&] { return !cluster.node(one)->stale(); }, 1s));
    cluster.run(1s);
    EXPECT_LE(cluster.without_holder_since(mark), 5ms);
    ASSERT_EQ(cluster.holders(), 1);
    EXPECT_EQ(cluster.node(one)->active().term.node, cluster.holder());
}

TEST_F(QuorumStory, AHolderWithoutAQuorumWaitsForTheQuarantineOfWhoComesBack) {
    Cluster& cluster = begin(3, QuorumRule::majority, QuorumLoss::hold);
    cluster.kill_both(two);
    cluster.kill_both(three);
    cluster.run(1s);
    const Instant mark = cluster.now();
    cluster.start(two);
    ASSERT_TRUE(cluster.run_until([&] { return !cluster.node(one)->stale(); }, 1s));
    EXPECT_GE(cluster.now() - mark, deadtime - 1ms);
    EXPECT_LE(gap_until(one, mark), 5ms);
}

TEST_F(QuorumStory, AHolderWithoutAQuorumYieldsToTheActiveThatItHears) {
    Cluster& cluster = begin(3, QuorumRule::majority, QuorumLoss::hold);
    cluster.isolate(one);
    cluster.run(1s);
    EXPECT_TRUE(cluster.answers(one) && cluster.answers(two));  // what hold costs
    cluster.heal();
    cluster.run(2 * Options{}.interval);
    EXPECT_TRUE(holds_alone(two));
    EXPECT_EQ(cluster.node(one)->active().term.node, two);
}

TEST_F(QuorumStory, AHolderWithoutAQuorumYieldsToWhomeverIsSeenOnTheLan) {
    Cluster& cluster = begin(3, QuorumRule::majority, QuorumLoss::hold);
    cluster.isolate(one);
    cluster.run(1s);
    cluster.see_rival(one);
    cluster.run(1ms);
    EXPECT_TRUE(holds_alone(two));
    cluster.run(5s);
    EXPECT_TRUE(holds_alone(two));
}

TEST_F(QuorumStory, TheGuardOfAHolderWithoutAQuorumStillWatchesItsMain) {
    Cluster& cluster = begin(3, QuorumRule::majority, QuorumLoss::hold);
    cluster.kill_both(two);
    cluster.kill_both(three);
    cluster.run(1s);
    ASSERT_TRUE(cluster.answers(one));
    cluster.pause_main(one);
    cluster.run(deadtime);
    EXPECT_FALSE(cluster.answers(one));
    cluster.resume_main(one);
    cluster.run(1s);
    EXPECT_FALSE(cluster.answers(one));
    EXPECT_FALSE(cluster.node(one)->stale());
}

TEST_F(QuorumStory, TheFenceEndsWhatAHolderWithoutAQuorumLeavesBehind) {
    Cluster& cluster = begin(3, QuorumRule::majority, QuorumLoss::hold);
    cluster.kill_both(two);
    cluster.kill_both(three);
    cluster.run(1s);
    cluster.kill_both(one);
    cluster.run(deadtime);
    EXPECT_FALSE(cluster.answers(one));
}

TEST_F(QuorumStory, APausedActiveIsNoHolderEvenWithHold) {
    Cluster& cluster = begin(3, QuorumRule::majority, QuorumLoss::hold);
    cluster.pause_main(one);
    cluster.run(1s);
    EXPECT_TRUE(holds_alone(two));
    EXPECT_EQ(cluster.violation(), "");
}

// --- witnesses ----------------------------------------------------------------------------------

TEST_F(QuorumStory, AWitnessMakesTheMajorityOfThree) {
    Cluster& cluster = begin(3, QuorumRule::majority, QuorumLoss::release, three);
    const Instant mark = cluster.now();
    cluster.kill_both(one);
    EXPECT_LE(gap_until(two, mark), deadtime + 5ms);
    EXPECT_EQ(cluster.violation(), "");
}

TEST_F(QuorumStory, AWitnessNeverHoldsTheVipByAnyRule) {
    for (const QuorumRule rule : {QuorumRule::majority, QuorumRule::half, QuorumRule::none})
        for (const QuorumLoss loss : {QuorumLoss::release, QuorumLoss::hold}) {
            Cluster& cluster = begin(4, rule, loss, four);
            for (const NodeId id : {one, two, three}) cluster.kill_both(id);
            cluster.run(5s);
            EXPECT_EQ(cluster.holder(), no_node);
            EXPECT_EQ(cluster.node(four)->role(), Role::witness);
        }
}

TEST_F(QuorumStory, AWitnessIsHalfOfTheVotesOfTwo) {
    Cluster& cluster = begin(2, QuorumRule::half, QuorumLoss::release, two);
    cluster.kill_both(two);
    cluster.run(5s);
    EXPECT_TRUE(holds_alone(one));
    cluster.set_trusted(one, false);
    cluster.run(deadtime);
    EXPECT_EQ(cluster.holder(), no_node);
}

TEST_F(QuorumStory, AWitnessAndOneMoreAreHalfOfFour) {
    Cluster& cluster = begin(4, QuorumRule::half, QuorumLoss::release, four);
    cluster.kill_both(one);
    cluster.kill_both(two);
    EXPECT_TRUE(
        cluster.run_until([&] { return cluster.holder() == three; }, 2 * deadtime + probe_time));
}

TEST_F(QuorumStory, AWitnessIsNoTargetOfASwitchoverByAnyRule) {
    for (const QuorumRule rule : {QuorumRule::majority, QuorumRule::half, QuorumRule::none}) {
        Cluster& cluster = begin(4, rule, QuorumLoss::release, four);
        for (const NodeId asked : {one, two, four}) cluster.switchover(asked, four);
        ASSERT_EQ(cluster.answers_given().size(), 3u);
        for (const auto& answer : cluster.answers_given())
            EXPECT_EQ(answer.outcome, SwitchoverOutcome::no_such_target);
        cluster.run(1s);
        EXPECT_TRUE(holds_alone(one));
    }
}

TEST_F(QuorumStory, ASwitchoverAskedOfAWitnessIsPassedOn) {
    Cluster& cluster = begin(4, QuorumRule::half, QuorumLoss::release, four);
    cluster.switchover(four, three);
    cluster.run(100ms);
    EXPECT_TRUE(holds_alone(three));
}

TEST_F(QuorumStory, AWitnessHearsTheActiveOfItsSideByNoRuleAtAll) {
    Cluster& cluster = begin(3, QuorumRule::none, QuorumLoss::release, three);
    EXPECT_EQ(cluster.node(three)->active().term.node, one);
    EXPECT_EQ(cluster.node(three)->role_of(cluster.node(three)->peers()[0]), Role::active);
    EXPECT_EQ(cluster.node(one)->role_of(cluster.node(one)->peers()[1]), Role::witness);
}

}  // namespace
}  // namespace komainu::sim
