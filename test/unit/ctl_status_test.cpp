// What an operator sees of a status, and what it says when something is wrong.
#include "ctl/status_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ctl/backend_commands.h"
#include "ctl/cluster_view.h"
#include "ctl/control.h"
#include "ctl/screen.h"
#include "ctl/troubles.h"

namespace komainu {
namespace {

using nlohmann::json;
using Said = std::vector<std::string>;

constexpr const char* healthy_text = R"({
  "cluster": "shrine", "node_id": 1, "role": "active", "term": 4, "active": 1, "quorum": true,
  "votes": {"heard": 3, "needed": 2},
  "nodes": [
    {"id": 1, "role": "active", "alive": true, "healthy": true, "priority": 100,
     "started": "2026-11-23T12:00:00.250Z",
     "links": [{"address": "10.77.0.1", "alive": true, "rtt_us": null}]},
    {"id": 2, "role": "standby", "alive": true, "healthy": true, "priority": 90,
     "started": "2026-11-23T13:59:30.000Z",
     "links": [{"address": "10.77.0.2", "alive": true, "rtt_us": 85}]},
    {"id": 3, "role": "witness", "alive": true, "healthy": true, "priority": 100,
     "started": "2026-11-20T10:00:00.000Z",
     "links": [{"address": "10.77.0.3", "alive": true, "rtt_us": 1240}]}],
  "vips": [{"name": "main", "address": "10.77.0.100/24", "interface": "eth0", "held": true}],
  "last_takeover": {"term": 4, "from": 2, "to": 1, "why": "node 2 was silent",
                    "at": "2026-11-23T13:56:40.000Z"},
  "backends": []})";

json healthy() { return json::parse(healthy_text); }

std::int64_t now() { return *parse_utc("2026-11-23T14:00:00.000Z"); }

std::string text_of(const json& status) { return status_text(status, now(), Colors::off); }

TEST(StatusText, ShowsAHealthyCluster) {
    EXPECT_EQ(text_of(healthy()),
              "Cluster shrine: node 1 is active, term 4, quorum yes (3 of 3 votes)\n"
              "\n"
              "NODE  ROLE     ALIVE  HEALTHY  PRIORITY  UP FOR   LINK (ROUND TRIP)\n"
              "1 *   active   yes    yes      100       2h 0min  10.77.0.1\n"
              "2     standby  yes    yes      90        30s      10.77.0.2 (85 us)\n"
              "3     witness  yes    yes      -         3d 4h    10.77.0.3 (1.2 ms)\n"
              "\n"
              "VIP   ADDRESS         INTERFACE  HELD BY\n"
              "main  10.77.0.100/24  eth0       node 1 (this node)\n"
              "\n"
              "* the node that was asked\n"
              "Last takeover, 3min 20s ago, from node 2, to node 1: node 2 was silent\n");
}

TEST(StatusText, SaysHowTheFenceOfTheAskedNodeStands) {
    const auto line_of = [](const json& fence) {
        auto status = healthy();
        status["fence"] = fence;
        const auto text = text_of(status);
        return text.substr(text.find("Fence"));
    };
    EXPECT_EQ(line_of({{"state", "armed"}, {"reason", ""}, {"dropped", 12}}),
              "Fence of this node: armed, 12 packets of VIPs held back\n");
    EXPECT_EQ(line_of({{"state", "unavailable"}, {"reason", "CAP_BPF is missing"}, {"dropped", 0}}),
              "Fence of this node: unavailable (CAP_BPF is missing)\n");
    EXPECT_EQ(line_of({{"state", "off"}}), "Fence of this node: off\n");
}

TEST(StatusText, SaysOnAStandbyWhoHoldsTheVip) {
    auto status = healthy();
    status["node_id"] = 2;
    status["vips"][0]["held"] = false;
    EXPECT_NE(text_of(status).find("eth0       node 1\n"), std::string::npos);
}

TEST(StatusText, SaysFirstThatNobodyIsActiveAndWhy) {
    auto status = healthy();
    status["active"] = nullptr;
    status["quorum"] = false;
    status["votes"]["heard"] = 1;
    for (auto& node : status["nodes"]) node["role"] = "standby";
    for (const int down : {1, 2})
        status["nodes"][down].update({{"alive", false}, {"role", "down"}});
    status["vips"][0]["held"] = false;
    EXPECT_EQ(text_of(status).substr(0, text_of(status).find("\n\n")),
              "Cluster shrine: no node is active, term 4, quorum no (1 of 3 votes)\n"
              "! no node is active: no quorum (1 of 3 votes)\n"
              "! node 2 is down\n"
              "! node 3 is down");
    EXPECT_NE(text_of(status).find("eth0       nobody\n"), std::string::npos);
}

TEST(StatusText, SaysFirstAndLoudlyThatTheVipsAreHeldWithoutAQuorum) {
    auto status = healthy();
    status.update({{"stale", true}, {"active", nullptr}, {"quorum", false}});
    status["votes"]["heard"] = 1;
    for (const int down : {1, 2})
        status["nodes"][down].update({{"alive", false}, {"role", "down"}});
    const auto text = text_of(status);
    EXPECT_EQ(
        text.substr(0, text.find("! node 2")),
        "Cluster shrine: no node is active, term 4, quorum no (1 of 3 votes)\n"
        "! STALE: node 1 holds the VIPs without a quorum (on_quorum_loss = hold); another node "
        "may hold them as well\n"
        "! no node is active: no quorum (1 of 3 votes)\n");
    EXPECT_NE(text.find("1 *   stale  yes    yes"), std::string::npos) << text;
    EXPECT_NE(text.find("eth0       node 1 (this node)\n"), std::string::npos);
    EXPECT_EQ(text.find("though this node is not active"), std::string::npos);
}

TEST(StatusText, SaysThatHalfOfTheVotesWaitForTheArbiter) {
    auto status = healthy();
    status["active"] = nullptr;
    status["votes"]["heard"] = 1;
    status["nodes"].erase(2);
    status["nodes"][0]["role"] = "standby";
    status["nodes"][1].update({{"alive", false}, {"role", "down"}});
    EXPECT_EQ(troubles_of(view_of(status)).at(0),
              "no node is active: these are half of the votes, so the arbiter must agree; see the "
              "log of komainud");
}

TEST(StatusText, NamesTheTrustedServersThatDoNotAnswer) {
    auto status = healthy();
    status["trusted_servers"] = json::parse(
        R"([{"address": "10.77.0.254", "answers": true}, {"address": "fd77::fe", "answers": false}])");
    EXPECT_EQ(troubles_of(view_of(status)), Said{"trusted server fd77::fe does not answer"});
}

TEST(Troubles, HaveTheRunnersDeathAmongThem) {
    auto status = healthy();
    status["runner"] = {{"state", "failed"}, {"reason", "the runner died"}};
    EXPECT_EQ(troubles_of(view_of(status)), Said{"the runner died"});
}

TEST(Troubles, HaveWhatIsWrongWithPgpoolAmongThem) {
    auto status = healthy();
    status["pgpool"] = {{"caution", "pgpool-II runs its own watchdog"}};
    EXPECT_EQ(troubles_of(view_of(status)), Said{"pgpool-II runs its own watchdog"});
    status["pgpool"]["caution"] = "";
    EXPECT_EQ(troubles_of(view_of(status)), Said{});
}

TEST(StatusText, SaysWhoElseClaimsAVip) {
    auto status = healthy();
    status["rivals"] = json::array({{{"vip", "main"},
                                     {"interface", "eth0"},
                                     {"mac", "02:00:00:00:00:66"},
                                     {"times", 3},
                                     {"last", "2026-11-23T13:59:58.000Z"}}});
    EXPECT_NE(text_of(status).find("votes)\n! vip.main: claimed by 02:00:00:00:00:66 on eth0, 3 "
                                   "times, last 2s ago\n\nNODE"),
              std::string::npos)
        << text_of(status);
}

TEST(StatusText, SaysWithoutAlarmWhoOnceClaimedAVip) {
    auto status = healthy();
    status["rivals"] = json::array({{{"vip", "main"},
                                     {"interface", "eth0"},
                                     {"mac", "02:00:00:00:00:66"},
                                     {"times", 1},
                                     {"last", "2026-11-23T13:00:00.000Z"}}});
    EXPECT_NE(text_of(status).find("(this node)\nvip.main: claimed by 02:00:00:00:00:66 on eth0, 1 "
                                   "time, last 1h 0min ago\n"),
              std::string::npos)
        << text_of(status);
}

TEST(StatusText, SaysNothingOfTheLifeOfANodeThatIsDown) {
    auto status = healthy();
    status["nodes"][1].update({{"alive", false}, {"role", "down"}, {"healthy", false}});
    status["nodes"][1]["links"][0].update({{"alive", false}, {"rtt_us", nullptr}});
    EXPECT_NE(text_of(status).find("2     down     no     -        90        -        10.77.0.2 "
                                   "(silent)\n"),
              std::string::npos)
        << text_of(status);
}

TEST(StatusText, GivesEachOfSeveralLinksALineAndSaysWhatItLoses) {
    auto status = healthy();
    status["nodes"][0]["links"].push_back({{"address", "10.78.0.1"}, {"alive", true}});
    status["nodes"][1]["links"].push_back({{"address", "10.78.0.2"}, {"alive", false}});
    status["nodes"][2]["links"].push_back(
        {{"address", "10.78.0.3"}, {"alive", true}, {"rtt_us", 90}, {"loss_percent", 4}});
    const auto text = text_of(status);
    const auto table = text.find("NODE");
    EXPECT_EQ(text.substr(table, text.find("\nVIP") - table),
              "NODE  ROLE     ALIVE  HEALTHY  PRIORITY  UP FOR   LINK (ROUND TRIP)\n"
              "1 *   active   yes    yes      100       2h 0min  10.77.0.1\n"
              "                                                  10.78.0.1\n"
              "2     standby  yes    yes      90        30s      10.77.0.2 (85 us)\n"
              "                                                  10.78.0.2 (silent)\n"
              "3     witness  yes    yes      -         3d 4h    10.77.0.3 (1.2 ms)\n"
              "                                                  10.78.0.3 (90 us, 4 % lost)\n");
}

TEST(StatusText, PaintsOnlyWhereColoursAreWanted) {
    EXPECT_EQ(text_of(healthy()).find('\x1b'), std::string::npos);
    const auto painted = status_text(healthy(), now(), Colors::on);
    EXPECT_NE(painted.find("\x1b[32mnode 1 is active\x1b[0m"), std::string::npos);
    EXPECT_NE(painted.find("\x1b[32mactive\x1b[0m   yes"), std::string::npos);
}

TEST(StatusText, ShowsTheServicesOfTheAskedNode) {
    auto status = healthy();
    status["services"] = json::parse(R"([
      {"name": "pgpool", "check": "process", "state": "well", "since": "2026-11-23T12:00:00.000Z",
       "reason": "", "weight": 0},
      {"name": "web", "check": "http", "state": "ill", "since": "2026-11-23T13:59:50.000Z",
       "reason": "HTTP 503, not 200-299", "weight": 50}])");
    const auto text = text_of(status);
    EXPECT_NE(text.find("(this node)\n"
                        "\n"
                        "SERVICE  CHECK    STATE  FOR      WEIGHT  REASON\n"
                        "pgpool   process  well   2h 0min  -       -\n"
                        "web      http     ill    10s      50      HTTP 503, not 200-299\n"
                        "\n"),
              std::string::npos)
        << text;
    EXPECT_EQ(troubles_of(view_of(status)), Said{"service web is ill: HTTP 503, not 200-299"});
    status["nodes"][0].update({{"healthy", false}, {"reason", "service.web: HTTP 503"}});
    EXPECT_EQ(troubles_of(view_of(status)), Said{"node 1 is not healthy: service.web: HTTP 503"});
}

json with_backends() {
    auto status = healthy();
    status["backends"] = json::parse(R"([
      {"id": 0, "address": "10.77.0.11:5432", "state": "up", "role": "primary"},
      {"id": 1, "address": "10.77.0.12:5432", "state": "up", "role": "standby"}])");
    status["backend_table"] = json::parse(R"({"index": 18, "agreed": true, "pending": 0,
      "commands_pending": 0, "lost": false, "disk": ""})");
    return status;
}

TEST(StatusText, ShowsTheBackendsThatTheNodesAgreeOn) {
    auto status = with_backends();
    status["backends"][1].update({{"state", "down"}, {"recovered_by", 2}});
    EXPECT_NE(text_of(status).find("(this node)\n"
                                   "\n"
                                   "BACKEND  ADDRESS          STATE  ROLE     RECOVERED BY\n"
                                   "0        10.77.0.11:5432  up     primary  -\n"
                                   "1        10.77.0.12:5432  down   standby  node 2\n"
                                   "\n"
                                   "* the node that was asked\n"),
              std::string::npos)
        << text_of(status);
}

TEST(StatusText, SaysThatNobodyHasConfirmedTheBackends) {
    auto status = with_backends();
    status["backend_table"]["agreed"] = false;
    EXPECT_NE(text_of(status).find("primary  -\n"
                                   "1        10.77.0.12:5432  up     standby  -\n"
                                   "no active node has confirmed this since komainud started here\n"
                                   "\n"),
              std::string::npos)
        << text_of(status);
}

TEST(BackendList, IsTheTableOfTheStatus) {
    const json answer{{"backends", with_backends()["backends"]}, {"agreed", true}};
    const auto list = backends_text(answer, Colors::off);
    EXPECT_NE(text_of(with_backends()).find("\n\n" + list + "\n"), std::string::npos) << list;
    EXPECT_NE(backends_text({{"backends", json::array()}}, Colors::off).find("no active node"),
              std::string::npos);
}

/// Every status that lacks one thing that the healthy one has, at any depth.
void lack_one(const json& whole, const json::json_pointer& at, std::vector<json>& all) {
    if (!whole.at(at).is_structured()) return;
    for (const auto& [key, value] : whole.at(at).items()) {
        const auto child = at / key;
        const bool is_array = whole.at(at).is_array();
        const auto place = is_array ? at / static_cast<std::size_t>(std::stoul(key)) : child;
        auto without = whole;
        without[place] = nullptr;
        all.push_back(without);
        without[place] = json::array({1, "x"});
        all.push_back(without);
        if (!is_array) without.at(at).erase(key), all.push_back(without);
        lack_one(whole, place, all);
    }
}

TEST(StatusText, IsShownWhateverIsMissingOrOfAnotherType) {
    std::vector<json> all{json(), json::object(), json::array(), json("x"), json(1)};
    lack_one(with_backends(), json::json_pointer(), all);
    EXPECT_GT(all.size(), 100u);
    for (const auto& status : all) EXPECT_NE(text_of(status).find("Cluster"), std::string::npos);
    EXPECT_EQ(text_of(json::object()).substr(0, text_of(json::object()).find('\n')),
              "Cluster ?: no node is active");
}

TEST(StatusText, LetsNobodyCommandTheTerminal) {
    auto status = healthy();
    status["cluster"] = "shrine\x1b[2J\r";
    EXPECT_EQ(text_of(status).find_first_of("\x1b\r"), std::string::npos);
    EXPECT_EQ(read_answer(R"({"ok":false,"error":"a\u001b[2J"})").why, "a?[2J");
}

// --- troubles -----------------------------------------------------------------------------------

Said troubles(const json& status) { return troubles_of(view_of(status)); }

TEST(Troubles, AreNoneInAHealthyCluster) { EXPECT_EQ(troubles(healthy()), Said{}); }

TEST(Troubles, TellWhyANodeIsNotHealthy) {
    auto status = healthy();
    status["nodes"][0].update({{"healthy", false}, {"reason", "service pgpool: no process"}});
    status["nodes"][1]["healthy"] = false;
    EXPECT_EQ(troubles(status),
              (Said{"node 1 is not healthy: service pgpool: no process", "node 2 is not healthy"}));
}

TEST(Troubles, TellWhoseServiceIsOutOfReachAndOfWhom) {
    auto status = healthy();
    status["nodes"][0]["out_of_reach_of"] = {2, 3};
    status["nodes"][1].update({{"out_of_reach_of", {1}},
                               {"out_of_reach_reason", "service.web: 10.77.0.2:80: timed out"}});
    EXPECT_EQ(troubles(status),
              (Said{"node 1's service is out of reach of nodes 2 and 3",
                    "node 2's service is out of reach of node 1: service.web: 10.77.0.2:80: timed "
                    "out"}));
}

TEST(Troubles, TellThatALinkIsSilentThoughItsNodeLives) {
    auto status = healthy();
    status["nodes"][1]["links"][0]["alive"] = false;
    EXPECT_EQ(troubles(status), Said{"node 2 is not heard at 10.77.0.2"});
}

TEST(Troubles, TellThatALinkOfTheAskedNodeIsNotThereYet) {
    auto status = healthy();
    status["nodes"][0]["links"][0]["alive"] = false;
    EXPECT_EQ(troubles(status), Said{"this node cannot use its address 10.77.0.1 (yet): it is on "
                                     "no interface of this host, or on one that is down"});
}

TEST(Troubles, TellWhoMayNotJoinAndThatThereIsNoStream) {
    json status = healthy();
    status["nodes"][1]["refused"] = "vip.main.address: 10.0.0.9/24 here, 10.0.0.8/24 on node 2";
    status["streams"] = {{"trouble", "no answer"}};
    EXPECT_EQ(
        troubles(status),
        (Said{"node 2 may not join: vip.main.address: 10.0.0.9/24 here, 10.0.0.8/24 on node 2",
              "there is no stream to node 1: no answer"}));
}

TEST(Troubles, TellThatANodeRunsAnotherVersion) {
    json status = healthy();
    status["version"] = "0.1.0";
    status["nodes"][0]["version"] = "0.1.0";
    status["nodes"][1]["version"] = "0.2.0";
    EXPECT_EQ(troubles(status), Said{"node 2 runs komainu 0.2.0, and this one 0.1.0"});
}

TEST(StatusText, ShowsTheNamesOfHosts) {
    json status = healthy();
    status["nodes"][1]["host"] = "db2";
    EXPECT_NE(text_of(status).find("\n2 db2 "), std::string::npos);
}

TEST(Troubles, TellWhyNobodyIsActiveThoughThereIsAQuorum) {
    auto status = healthy();
    status["active"] = nullptr;
    status["vips"] = json::array();
    status["nodes"][0]["role"] = "standby";
    EXPECT_EQ(troubles(status), Said{"no node is active: an election is under way"});
    for (auto& node : status["nodes"]) node["quarantined"] = true;
    EXPECT_EQ(troubles(status),
              Said{"no node is active: the nodes have just started and wait for one deadtime"});
    for (auto& node : status["nodes"]) node["healthy"] = false;
    EXPECT_EQ(troubles(status).at(0),
              "no node is active: no node that could be is alive and healthy");
}

TEST(Troubles, AreNoneWhereAllBackendsAreUp) { EXPECT_EQ(troubles(with_backends()), Said{}); }

TEST(Troubles, TellWhichBackendIsDetachedAndWhichThisNodeFindsDown) {
    auto status = with_backends();
    status["backends"][0]["state"] = "quarantined";
    status["backends"][1]["state"] = "down";
    EXPECT_EQ(troubles(status),
              (Said{"backend 0 (10.77.0.11:5432) is in use, though this node finds it down",
                    "backend 1 (10.77.0.12:5432) is detached"}));
}

TEST(Troubles, TellThatTheTableOfBackendsIsLostOrCannotBeStored) {
    auto status = with_backends();
    status["backend_table"].update({{"lost", true}, {"disk", "No space left on device"}});
    EXPECT_EQ(troubles(status),
              (Said{"this node's table of backends is lost, and waits to be made out anew with the "
                    "others",
                    "this node cannot store the table of backends: No space left on device"}));
}

TEST(Troubles, TellWhatOfTheBackendsIsNotDoneYet) {
    auto status = with_backends();
    status["backend_table"].update({{"pending", 2}});
    EXPECT_EQ(
        troubles(status),
        (Said{
            "2 events of the backends do not count yet: no quorum is known to have stored them"}));
    status["backend_table"].update({{"pending", 1}});
    EXPECT_EQ(
        troubles(status),
        (Said{"1 event of the backends does not count yet: no quorum is known to have stored it"}));
}

TEST(Troubles, TellOfACommandForABackendThatTakesLongOrHasFailedAndNotOfOneThatRuns) {
    auto status = with_backends();
    status["backend_table"].update({{"commands_pending", 1}, {"command_ms", 59'000}});
    EXPECT_EQ(troubles(status), Said{});
    status["backend_table"]["command_ms"] = 125'000;
    EXPECT_EQ(troubles(status), Said{"1 command for a backend has not ended for 2min 5s"});
    status["backend_table"]["commands_pending"] = 3;
    EXPECT_EQ(troubles(status),
              Said{"3 commands for backends wait, one has not ended for 2min 5s"});
    status["backend_table"] = with_backends()["backend_table"];
    status["backend_table"]["command_failed"] =
        "the command of event 12, for backend 1, ended with 3";
    EXPECT_EQ(troubles(status), Said{"the command of event 12, for backend 1, ended with 3"});
}

TEST(Troubles, TellWhyANodeIsDown) {
    auto status = healthy();
    status["deadtime_ms"] = 500;
    auto& peer = status["nodes"][1];
    peer.update({{"alive", false}, {"role", "down"}, {"hears", nullptr}});
    auto& link = peer["links"][0];
    link.update({{"alive", false},
                 {"received", 0},
                 {"received_ms_ago", nullptr},
                 {"refused", 0},
                 {"refused_ms_ago", nullptr},
                 {"refused_why", ""}});
    EXPECT_EQ(troubles(status), Said{"node 2 is down: no datagram has come from 10.77.0.2 since "
                                     "komainud was started here"});
    link.update({{"received", 7}, {"received_ms_ago", 900}});
    peer["hears"] = {3};
    EXPECT_EQ(troubles(status), Said{"node 2 is down: its datagrams come from 10.77.0.2, but it "
                                     "does not hear this node"});
    link.update({{"refused", 7}, {"refused_ms_ago", 900}, {"refused_why", "unknown_key"}});
    EXPECT_EQ(troubles(status), Said{"node 2 is down: what comes from 10.77.0.2 is signed with a "
                                     "key that this node has not"});
    link["refused_ms_ago"] = 1100;  // that is over
    link["received_ms_ago"] = 65'000;
    EXPECT_EQ(troubles(status),
              Said{"node 2 is down: no datagram has come from 10.77.0.2 for 1min 5s"});
}

TEST(Troubles, TellThatTwoNodesAreActive) {
    auto status = healthy();
    status["nodes"][1]["role"] = "active";
    EXPECT_EQ(troubles(status), Said{"nodes 1 and 2 both say that they are active"});
}

TEST(Troubles, TellThatAVipIsNotWhereItShouldBe) {
    auto status = healthy();
    status["vips"][0]["held"] = false;
    EXPECT_EQ(troubles(status), Said{"VIP main is not held, though this node is active"});
    status["vips"][0]["held"] = true;
    status["node_id"] = 2;
    EXPECT_EQ(troubles(status), Said{"VIP main is held, though this node is not active"});
}

// --- pieces -------------------------------------------------------------------------------------

TEST(Age, HasItsTwoLargestUnits) {
    EXPECT_EQ(age_text(-5), "0s");
    EXPECT_EQ(age_text(59'999), "59s");
    EXPECT_EQ(age_text(60'000), "1min 0s");
    EXPECT_EQ(age_text(3'600'000 + 61'000), "1h 1min");
    EXPECT_EQ(age_text(49ll * 3'600'000), "2d 1h");
}

TEST(Utc, IsParsedToTheSecond) {
    EXPECT_EQ(parse_utc("1970-01-01T00:00:00.000Z"), 0);
    EXPECT_EQ(parse_utc("2000-02-29T01:02:03Z"), 951'786'123'000);
    EXPECT_EQ(parse_utc("2001-02-29T01:02:03Z"), std::nullopt);
    EXPECT_EQ(parse_utc("yesterday"), std::nullopt);
    EXPECT_EQ(parse_utc(""), std::nullopt);
}

TEST(Screen, IsWrittenOverLineByLineAndClearedBelow) {
    EXPECT_EQ(redraw("one\ntwo\n", 24), "\x1b[H\x1b[?7lone\x1b[K\r\ntwo\x1b[K\r\n\x1b[?7h\x1b[J");
}

TEST(Screen, LeavesOutWhatHasNoRoom) {
    const auto screen = redraw("one\ntwo\nthree\n", 3);
    EXPECT_NE(screen.find("two"), screen.npos);
    EXPECT_EQ(screen.find("three"), screen.npos);
}

}  // namespace
}  // namespace komainu
