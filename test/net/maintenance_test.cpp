// The operator's hand: what was asked on one node holds on all, and the VIP stays or goes as asked.
#include "test/lab/control.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

using nlohmann::json;

class MaintenanceScenario : public Scenario {
protected:
    json order(int node, const json& request) {
        return ask(cluster().control_socket(node), request, patience).value_or(json());
    }
    bool every_node_says(const char* key, bool value) {
        const auto says = [&](int node) {
            const auto status = cluster().status(node);
            return status && status->value(key, !value) == value;
        };
        return wait_until([&] { return says(1) && says(2) && says(3); }, patience);
    }
};

TEST_F(MaintenanceScenario, WhilePausedAServiceMayFailAndAnythingMayRestart) {
    const int active = begin({.check = ServiceCheck::process});
    EXPECT_EQ(order(after(active), {{"command", "pause"}})["nodes"], 3);
    ASSERT_TRUE(every_node_says("paused", true));
    cluster().kill_service(active);
    sleep_for(500ms);
    EXPECT_EQ(cluster().active(), active) << "its service is down, and the VIP stays";
    cluster().start_service(active);
    ASSERT_TRUE(cluster().wait_until_whole());
    mark();
    for (const int standby : {after(active), after(after(active))}) {
        EXPECT_EQ(cluster().stop(standby), 0);
        cluster().start(standby);
        ASSERT_TRUE(cluster().wait_until_whole());
    }
    EXPECT_TRUE(every_node_says("paused", true)) << "who was restarted has learned of it";
    expect_unmoved(active);
    EXPECT_EQ(order(active, {{"command", "resume"}})["ok"], true);
    ASSERT_TRUE(every_node_says("paused", false));
    expect_takeover(active, [&] { cluster().kill_service(active); });
}

TEST_F(MaintenanceScenario, WhilePausedOnlyTheLastActiveTakesTheVipAgain) {
    const int active = begin();
    order(active, {{"command", "pause"}});
    ASSERT_TRUE(every_node_says("paused", true));
    mark();
    EXPECT_EQ(cluster().stop(active), 0);
    for (const int node : {active, after(active)})
        EXPECT_TRUE(logs(node, "nobody else takes over until komainuctl resume"));
    sleep_for(500ms);
    EXPECT_FALSE(cluster().active());
    cluster().start(active);
    EXPECT_EQ(cluster().wait_for_active(), active);
}

TEST_F(MaintenanceScenario, ThePauseOfOneNodeEndsWithItsDaemon) {
    const int standby = after(begin());
    const auto says_paused = [&] {
        return cluster().status(standby).value()["nodes"][standby - 1]["paused"].get<bool>();
    };
    EXPECT_EQ(order(standby, {{"command", "pause"}, {"scope", "node"}})["ok"], true);
    EXPECT_TRUE(says_paused());
    EXPECT_EQ(cluster().stop(standby), 0);
    cluster().start(standby);
    ASSERT_TRUE(cluster().wait_until_whole());
    EXPECT_FALSE(says_paused());
}

TEST_F(MaintenanceScenario, ANodeOnStandbyHandsOverAndTakesNothing) {
    const int active = begin();
    const int next = expect_takeover(active, [&] {
        EXPECT_EQ(order(active, {{"command", "standby"}})["ok"], true);
    });
    const int third = 6 - active - next;
    const auto said = order(next, {{"command", "switchover"}, {"node", active}});
    EXPECT_EQ(said["ok"], false) << said.dump();
    expect_takeover(next, [&] { cluster().kill_main(next); });
    EXPECT_EQ(cluster().active(), third);
    order(active, {{"command", "unstandby"}});
    cluster().daemon(next).wait(patience);
    cluster().start(next);
    ASSERT_TRUE(cluster().wait_until_whole());
    EXPECT_EQ(cluster().switchover(third, active).value()["active"], active);
}

TEST_F(MaintenanceScenario, TheLastFitNodeIsNotPutOnStandby) {
    const int active = begin();
    for (const int other : {after(active), after(after(active))})
        EXPECT_EQ(order(other, {{"command", "standby"}})["ok"], true);
    expect_no_move(active, [&] {
        EXPECT_EQ(order(active, {{"command", "standby"}})["error"],
                  "this node is active, and no other node could take over");
    });
}

TEST_F(MaintenanceScenario, AHigherPriorityComesBackAfterItsDelay) {
    begin({.priorities = {{2, 200}}, .cluster_keys = "preempt = yes\npreempt_delay = 1s\n"});
    const auto two_is_active = [&] { return cluster().active() == 2 && cluster().whole(); };
    ASSERT_TRUE(wait_until(two_is_active, patience));
    const int next = expect_takeover(2, [&] { cluster().kill_main(2); });
    mark();
    cluster().daemon(2).wait(patience);
    cluster().start(2);
    EXPECT_EQ(expect_takeover_since_mark(next), 2);
    EXPECT_NE(cluster().log(2).find("asks it to hand over"), std::string::npos);
}

}  // namespace
}  // namespace komainu::lab
