// What pgpool-II's watchdog is told, given what komainu knows and what the watchdog believes.
#include "ctl/pgpool_reports.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace komainu {
namespace {

using nlohmann::json;

constexpr int standby = 7, lost = 8, shut_down = 10;

NodeView node(int id, bool alive, bool ever_heard = true) {
    NodeView view;
    view.id = id;
    view.alive = alive;
    if (ever_heard) view.started_ms = 1;
    return view;
}

/// Of three nodes, of which the first is asked.
ClusterView cluster(NodeView second, NodeView third) {
    ClusterView view;
    view.node_id = 1;
    view.nodes = {node(1, true), std::move(second), std::move(third)};
    return view;
}

class PgpoolReports : public testing::Test {
protected:
    /// "1 dead, 2 alive", of the pgpools 1 and 2.
    std::string due(const ClusterView& cluster, int state_of_1, int state_of_2) {
        std::string text;
        for (const auto& [id, alive] :
             reporter_.due(cluster, {{1, state_of_1}, {2, state_of_2}}, now_))
            text += (text.empty() ? "" : ", ") + std::to_string(id) + (alive ? " alive" : " dead");
        return text;
    }

    PgpoolReporter reporter_;
    Instant now_ = Instant(100s);
};

TEST_F(PgpoolReports, SayNothingOfWhatPgpoolKnows) {
    EXPECT_EQ(due(cluster(node(2, true), node(3, true)), standby, standby), "");
    EXPECT_EQ(due(cluster(node(2, true), node(3, false)), standby, lost), "");
    EXPECT_EQ(due(cluster(node(2, true), node(3, false)), standby, shut_down), "");
}

TEST_F(PgpoolReports, SayAtOnceThatANodeIsDeadAndThatItIsBack) {
    EXPECT_EQ(due(cluster(node(2, true), node(3, false)), standby, standby), "2 dead");
    EXPECT_EQ(due(cluster(node(2, true), node(3, true)), standby, lost), "2 alive");
}

TEST_F(PgpoolReports, AreRepeatedNowAndThenWhilePgpoolBelievesSomethingElse) {
    const auto dead = cluster(node(2, true), node(3, false));
    EXPECT_EQ(due(dead, standby, standby), "2 dead");
    now_ += 4s;
    EXPECT_EQ(due(dead, standby, standby), "");
    now_ += 1s;
    EXPECT_EQ(due(dead, standby, standby), "2 dead");
}

TEST_F(PgpoolReports, SayNothingOfANodeThatWasNeverHeard) {
    EXPECT_EQ(due(cluster(node(2, false, false), node(3, true)), standby, standby), "");
}

TEST_F(PgpoolReports, LeaveOutWhatTheClusterDoesNotHave) {
    auto two = cluster(node(2, false), node(3, true));
    two.nodes.pop_back();
    EXPECT_EQ(due(two, standby, lost), "1 dead");
}

TEST_F(PgpoolReports, LeaveAnswersWithoutALifeToAnotherTime) {
    auto unknown = cluster(node(2, true), node(3, true));
    unknown.nodes[1].alive = {};
    EXPECT_EQ(due(unknown, lost, standby), "");
}

TEST(PgpoolNodeList, AreAllButTheFirstOfTheList) {
    const auto nodes = other_pgpool_nodes(json::parse(R"({"NodeCount":3,"WatchdogNodes":
        [{"ID":1,"State":4},{"ID":0,"State":7},{"ID":2,"State":8}]})"));
    ASSERT_TRUE(nodes);
    ASSERT_EQ(nodes->size(), 2U);
    EXPECT_EQ((*nodes)[0].id, 0);
    EXPECT_EQ((*nodes)[1].state, lost);
}

TEST(PgpoolNodeList, AreNotWhatIsNoList) {
    for (const auto* text :
         {"null", "{}", "[]", R"({"WatchdogNodes":{}})", R"({"WatchdogNodes":[]})",
          R"({"WatchdogNodes":[1,2]})", R"({"WatchdogNodes":[{},{"ID":1}]})",
          R"({"WatchdogNodes":[{},{"ID":"1","State":4}]})"})
        EXPECT_FALSE(other_pgpool_nodes(json::parse(text))) << text;
}

TEST(PgpoolReport, IsWhatTheWatchdogTakes) {
    const auto body = json::parse(body_of({2, false}, ""));
    EXPECT_EQ(body["NodeID"], 2);
    EXPECT_EQ(body["NodeStatus"], 1);
    EXPECT_FALSE(body.contains("IPCAuthKey"));
    EXPECT_EQ(json::parse(body_of({0, true}, "key"))["NodeStatus"], 2);
    EXPECT_EQ(json::parse(body_of({0, true}, "key"))["IPCAuthKey"], "key");
    EXPECT_EQ(body_of_list_request(""), R"({"NodeID":-1})");
}

}  // namespace
}  // namespace komainu
