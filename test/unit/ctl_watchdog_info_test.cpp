// komainuctl watchdog-info, in the words and blanks of what pcp_watchdog_info of pgpool-II 4.3.5
// prints. The tests with real servers lay the two side by side.
#include "ctl/watchdog_info.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace komainu {
namespace {

constexpr int port = 9999;

nlohmann::json status() {
    return nlohmann::json::parse(R"({
  "cluster": "shrine", "node_id": 1, "role": "active", "term": 4, "active": 1, "quorum": true,
  "votes": {"heard": 3, "needed": 2}, "port": 9694,
  "nodes": [
    {"id": 1, "role": "active", "alive": true, "healthy": true, "priority": 100,
     "started": "2026-11-23T12:00:00.250Z", "links": [{"address": "10.77.0.1"}]},
    {"id": 2, "role": "standby", "alive": true, "healthy": true, "priority": 90,
     "started": "2026-11-23T13:59:30.000Z", "links": [{"address": "10.77.0.2"}]},
    {"id": 3, "role": "witness", "alive": true, "healthy": true, "priority": 1,
     "started": "2026-11-20T10:00:00.000Z", "links": [{"address": "10.77.0.3"}]}],
  "vips": [{"name": "main", "address": "10.77.0.100/24", "interface": "eth0", "held": true}]})");
}

std::string brief(const nlohmann::json& status) {
    return watchdog_info(view_of(status), port, Detail::brief);
}

TEST(WatchdogInfo, HasTheFieldsOfPcpWatchdogInfo) {
    EXPECT_EQ(brief(status()),
              "3 3 YES 10.77.0.1:9999 Linux node1 10.77.0.1\n"
              "\n"
              "10.77.0.1:9999 Linux node1 10.77.0.1 9999 9694 4 LEADER 0 MEMBER\n"
              "10.77.0.2:9999 Linux node2 10.77.0.2 9999 9694 7 STANDBY 0 MEMBER\n"
              "10.77.0.3:9999 Linux node3 10.77.0.3 9999 9694 7 STANDBY 0 MEMBER\n");
}

TEST(WatchdogInfo, BeginsWithTheNodeThatWasAsked) {
    auto asked_another = status();
    asked_another["node_id"] = 2;
    const auto text = brief(asked_another);
    EXPECT_EQ(text.rfind("3 3 NO 10.77.0.1:9999 Linux node1 10.77.0.1\n\n10.77.0.2:9999 ", 0), 0U)
        << text;
}

TEST(WatchdogInfo, TellsALostNodeFromOneThatNeverCame) {
    auto two_down = status();
    two_down["nodes"][1]["alive"] = false;
    two_down["nodes"][2]["alive"] = false;
    two_down["nodes"][2]["started"] = nullptr;
    const auto text = brief(two_down);
    EXPECT_NE(text.find("10.77.0.2 9999 9694 8 LOST 0 MEMBER\n"), text.npos) << text;
    EXPECT_NE(text.find("\nNot_Set 10.77.0.3 9999 9694 0 DEAD 0 MEMBER\n"), text.npos) << text;
}

TEST(WatchdogInfo, SaysThatThereIsNoLeader) {
    auto nobody = status();
    nobody["active"] = nullptr;
    nobody["nodes"][0]["role"] = "standby";
    nobody["quorum"] = false;
    EXPECT_EQ(brief(nobody).rfind("3 3 NO Not Set Not Set\n", 0), 0U) << brief(nobody);
    const auto text = watchdog_info(view_of(nobody), port, Detail::verbose);
    EXPECT_NE(text.find("Quorum state             : NO LEADER NODE\n"), text.npos) << text;
}

TEST(WatchdogInfo, TellsAllOfItInLinesOfTheirOwn) {
    auto one = status();
    one["nodes"].erase(2);
    one["nodes"].erase(1);
    EXPECT_EQ(watchdog_info(view_of(one), port, Detail::verbose),
              "Watchdog Cluster Information \n"
              "Total Nodes              : 1\n"
              "Remote Nodes             : 0\n"
              "Member Remote Nodes      : 0\n"
              "Alive Remote Nodes       : 0\n"
              "Nodes required for quorum: 2\n"
              "Quorum state             : QUORUM EXIST\n"
              "Local node escalation    : YES\n"
              "Leader Node Name         : 10.77.0.1:9999 Linux node1\n"
              "Leader Host Name         : 10.77.0.1\n"
              "\n"
              "Watchdog Node Information \n"
              "Node Name         : 10.77.0.1:9999 Linux node1\n"
              "Host Name         : 10.77.0.1\n"
              "Delegate IP       : 10.77.0.100\n"
              "Pgpool port       : 9999\n"
              "Watchdog port     : 9694\n"
              "Node priority     : 100\n"
              "Status            : 4\n"
              "Status Name       : LEADER\n"
              "Membership Status : MEMBER\n"
              "\n");
}

TEST(WatchdogInfo, DoesWithAStatusThatSaysNothing) {
    EXPECT_EQ(brief(nlohmann::json::object()), "0 0 NO Not Set Not Set\n\n");
}

}  // namespace
}  // namespace komainu
