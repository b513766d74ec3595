// Stories of the operator's hand: maintenance, standby, priorities that preempt.
#include "test/sim/told_cluster.h"

namespace komainu::sim {
namespace {

class OperatorStory : public ClusterStory {
protected:
    void begin_with_priorities(Duration preempt_after, std::uint16_t third) {
        Options options;
        options.members = members(3);
        options.members[2].priority = third;
        options.preempt_after = preempt_after;
        begin(options);
    }
    void pause(NodeId asked, PauseScope scope = PauseScope::cluster) {
        cluster().host(asked).ask_pause(scope, true);
        cluster().run(100ms);
    }
    void resume(NodeId asked, PauseScope scope = PauseScope::cluster) {
        cluster().host(asked).ask_pause(scope, false);
    }
    void put_on_standby(NodeId node) { cluster().host(node).ask_standby(true); }
};

TEST_F(OperatorStory, APauseAskedOfOneNodePausesAll) {
    begin(3);
    pause(two);
    for (const NodeId node : {one, two, three}) EXPECT_TRUE(cluster().node(node)->paused());
    resume(three);
    cluster().run(100ms);
    for (const NodeId node : {one, two, three}) EXPECT_FALSE(cluster().node(node)->paused());
}

TEST_F(OperatorStory, WhilePausedAFailingServiceMovesNothingAndThenItDoes) {
    begin(3);
    pause(three);
    cluster().set_healthy(one, false);
    cluster().run(1s);
    EXPECT_EQ(cluster().holder(), one);
    gap([&] { resume(three); }, two);
}

TEST_F(OperatorStory, WhilePausedNobodyTakesOverFromADeadActive) {
    begin(3);
    pause(one);
    cluster().kill_both(one);
    cluster().run(1s);
    EXPECT_EQ(cluster().holder(), no_node);
    gap([&] { resume(two); }, two);
}

TEST_F(OperatorStory, WhilePausedTheLastActiveComesBackAfterItsRestart) {
    begin(3);
    pause(one);
    cluster().kill_both(one);
    cluster().run(1s);
    gap([&] { cluster().start(one); }, one);
    EXPECT_TRUE(cluster().node(one)->paused()) << "it has learned of it from the others";
}

TEST_F(OperatorStory, WhilePausedAnActiveThatWasCutOffComesBack) {
    begin(3);
    pause(one);
    cluster().isolate(one);
    cluster().run(1s);
    EXPECT_EQ(cluster().holders(), 0);
    gap([&] { cluster().heal(); }, one);
}

TEST_F(OperatorStory, ThePauseOfOneNodeConcernsNobodyElse) {
    begin(3);
    pause(two, PauseScope::node);
    EXPECT_FALSE(cluster().node(one)->paused());
    gap([&] { cluster().kill_both(one); }, three);
    resume(two, PauseScope::node);
    cluster().start(one);
    cluster().run(200ms);
    gap([&] { cluster().kill_both(three); }, two);
}

TEST_F(OperatorStory, TheEndOfTheClustersPauseEndsTheNodesOwn) {
    begin(3);
    pause(two, PauseScope::node);
    resume(two);
    EXPECT_FALSE(cluster().node(two)->paused());
}

TEST_F(OperatorStory, WhilePausedASwitchoverIsRefused) {
    begin(3);
    pause(one);
    cluster().switchover(one, two);
    cluster().switchover(three, no_node);
    cluster().run(100ms);
    EXPECT_EQ(cluster().holder(), one);
    ASSERT_EQ(cluster().answers_given().size(), 2u);
    for (const auto& answer : cluster().answers_given())
        EXPECT_EQ(answer.outcome, SwitchoverOutcome::paused);
}

TEST_F(OperatorStory, APauseExcusesNoGuardThatDoesNotAnswer) {
    begin(3);
    pause(one);
    cluster().host(one).pause_guard();
    cluster().run(10s);
    EXPECT_EQ(cluster().holder(), no_node) << "the last active cannot, and the others may not";
    gap([&] { cluster().host(one).resume_guard(); }, one);
}

TEST_F(OperatorStory, AnActiveThatIsPutOnStandbyHandsOverAndStaysStandby) {
    begin(3);
    EXPECT_LT(gap([&] { put_on_standby(one); }, two), 2ms);
    gap([&] { cluster().kill_both(two); }, three);
    cluster().kill_both(three);
    cluster().start(two);
    gap([] {}, two);
}

TEST_F(OperatorStory, WhoIsOnStandbyMayComeBack) {
    begin(2);
    put_on_standby(one);
    cluster().run(200ms);
    EXPECT_EQ(cluster().holder(), two);
    cluster().switchover(two, one);
    cluster().run(100ms);
    ASSERT_EQ(cluster().answers_given().size(), 1u);
    EXPECT_EQ(cluster().answers_given()[0].outcome, SwitchoverOutcome::target_unfit);
    cluster().host(one).ask_standby(false);
    cluster().run(100ms);
    gap([&] { cluster().switchover(two, one); }, one);
}

TEST_F(OperatorStory, AnActiveWithoutASuccessorIsNotPutOnStandby) {
    begin(3);
    cluster().set_healthy(two, false);
    cluster().set_healthy(three, false);
    cluster().run(100ms);
    put_on_standby(one);
    cluster().run(100ms);
    EXPECT_EQ(cluster().holder(), one);
    EXPECT_FALSE(cluster().node(one)->on_standby());
}

TEST_F(OperatorStory, AHigherPriorityPreemptsAfterItsDelay) {
    begin_with_priorities(500ms, 200);
    EXPECT_EQ(cluster().holder(), three);
    gap([&] { cluster().kill_both(three); }, one);
    cluster().start(three);
    cluster().run(450ms);
    EXPECT_EQ(cluster().holder(), one);
    cluster().run(200ms);
    EXPECT_EQ(cluster().holder(), three);
}

TEST_F(OperatorStory, AnEqualPriorityNeverPreempts) {
    begin_with_priorities(0ms, 100);
    gap([&] { cluster().kill_both(one); }, two);
    cluster().start(one);
    cluster().run(2s);
    EXPECT_EQ(cluster().holder(), two);
}

TEST_F(OperatorStory, APriorityThatFallsMovesTheVipOnlyByPreemption) {
    begin_with_priorities(100ms, 100);
    gap([&] { cluster().host(one).set_priority(50); }, two);
    begin(3);
    cluster().host(one).set_priority(50);
    cluster().run(1s);
    EXPECT_EQ(cluster().holder(), one);
}

TEST_F(OperatorStory, NobodyPreemptsWhilePaused) {
    begin_with_priorities(100ms, 100);
    pause(two);
    cluster().host(one).set_priority(50);
    cluster().run(1s);
    EXPECT_EQ(cluster().holder(), one);
    gap([&] { resume(one); }, two);
}

}  // namespace
}  // namespace komainu::sim
