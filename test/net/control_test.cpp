// What the control socket answers: a status that says what there is, and a reason to whoever asks
// nonsense. Nothing that is asked there disturbs the cluster.
#include <regex>

#include "test/lab/control.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

using Control = Scenario;
using nlohmann::json;

constexpr int requests_in_a_row = 100;

bool is_time(const json& value) {
    static const std::regex form(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
    return value.is_string() && std::regex_match(value.get<std::string>(), form);
}

bool is_number_or_null(const json& value) { return value.is_number() || value.is_null(); }

void expect_is_node(const json& node, int id) {
    SCOPED_TRACE(node.dump());
    EXPECT_EQ(node.at("id"), id);
    EXPECT_EQ(node.at("alive"), true);
    EXPECT_EQ(node.at("healthy"), true);
    EXPECT_EQ(node.at("quarantined"), false);
    EXPECT_TRUE(node.at("priority").is_number_integer());
    EXPECT_TRUE(is_time(node.at("started")));
    ASSERT_EQ(node.at("links").size(), 1u);
    const json& link = node["links"][0];
    EXPECT_EQ(link.at("address"), "10.77.0." + std::to_string(id));
    EXPECT_EQ(link.at("alive"), true);
    EXPECT_TRUE(is_number_or_null(link.at("rtt_us")));
}

void expect_are_counters(const json& counters) {
    SCOPED_TRACE(counters.dump());
    for (const char* name : {"sent", "received", "unreachable", "forbidden"})
        EXPECT_TRUE(counters.at(name).is_number_unsigned()) << name;
    EXPECT_GT(counters["sent"], 0);
    EXPECT_GT(counters["received"], 0);
    for (const char* reason :
         {"malformed", "unknown_version", "foreign_cluster", "unknown_key", "bad_tag"})
        EXPECT_EQ(counters.at("refused").at(reason), 0) << reason;
}

/// What is the same for every node of a healthy cluster of three (DESIGN 10).
void expect_is_status(const json& status, int node, int active) {
    SCOPED_TRACE(status.dump());
    EXPECT_EQ(status.at("cluster"), "lab");
    EXPECT_EQ(status.at("node_id"), node);
    EXPECT_EQ(status.at("active"), active);
    EXPECT_GE(status.at("term"), 1);
    EXPECT_EQ(status.at("quorum"), true);
    EXPECT_EQ(status.at("votes"), json({{"heard", 3}, {"needed", 2}}));
    EXPECT_EQ(status.at("backends"), json::array());
    EXPECT_TRUE(status.at("version").is_string());
    ASSERT_EQ(status.at("nodes").size(), 3u);
    for (int id = 1; id <= 3; ++id) expect_is_node(status["nodes"][id - 1], id);
    EXPECT_EQ(status["nodes"][active - 1]["role"], "active");
    expect_are_counters(status.at("datagrams"));

    const json vips = json::array({{{"name", "v0"},
                                    {"address", "10.77.0.100/24"},
                                    {"interface", "eth0"},
                                    {"held", node == active}}});
    EXPECT_EQ(status.at("vips"), vips);
    const json& takeover = status.at("last_takeover");
    EXPECT_EQ(takeover.at("term"), status["term"]);
    EXPECT_EQ(takeover.at("to"), active);
    EXPECT_TRUE(is_number_or_null(takeover.at("from")));
    EXPECT_TRUE(takeover.at("why").is_string());
    EXPECT_TRUE(is_time(takeover.at("at")));
}

TEST_F(Control, StatusSaysWhatThereIsOnActiveStandbyAndWitness) {
    const int active = begin({.witnesses = {3}});
    const int standby = active == 1 ? 2 : 1;
    const std::map<int, std::string> roles{
        {active, "active"}, {standby, "standby"}, {3, "witness"}};
    const auto settled = [&](int node) {
        const auto status = cluster().status(node);
        // Who has just heard that another is active may have to hear it once more.
        if (!status || (*status)["active"] != active) return false;
        const json& nodes = (*status)["nodes"];
        return std::ranges::all_of(
            nodes, [](const json& n) { return n["healthy"] == true && n["quarantined"] == false; });
    };
    for (const auto& [node, role] : roles) {
        ASSERT_TRUE(wait_until([&, n = node] { return settled(n); }, patience));
        const json status = cluster().status(node).value();
        expect_is_status(status, node, active);
        EXPECT_EQ(status["role"], role);
        for (const auto& [other, its_role] : roles)
            EXPECT_EQ(status["nodes"][other - 1]["role"], its_role);
        if (node == active) {
            EXPECT_GT(status.at("lease_ms"), 0);
            EXPECT_LT(status["lease_ms"], cluster().options().deadtime / 1ms);
        } else {
            EXPECT_TRUE(status.at("lease_ms").is_null());
        }
    }
}

TEST_F(Control, StatusTellsTheRoundTripTimeToEveryPeer) {
    begin();
    for (int node = 1; node <= 3; ++node)
        for (int peer = 1; peer <= 3; ++peer) {
            if (peer == node) continue;
            const auto measured = [&] {
                const auto status = cluster().status(node);
                return status && (*status)["nodes"][peer - 1]["links"][0]["rtt_us"].is_number();
            };
            EXPECT_TRUE(wait_until(measured, patience)) << "from " << node << " to " << peer;
        }
}

TEST_F(Control, ARequestThatIsNoneGetsAReason) {
    const int active = begin();
    const std::string no_request = "not a request: a line of JSON with a \"command\"";
    const std::string no_node_id = "\"node\" is not a node id, 1 to 64";
    const std::vector<std::pair<std::string, std::string>> reasons{
        {"", no_request},
        {"status", no_request},
        {R"("status")", no_request},
        {R"(["status"])", no_request},
        {R"({"command":"status")", no_request},
        {R"({"command":5})", no_request},
        {R"({})", no_request},
        {std::string("\0\xff\xfe", 3), no_request},
        {std::string(3000, '['), no_request},
        {R"({"command":"fly"})", "unknown command fly"},
        {R"({"command":"switchover","node":"2"})", no_node_id},
        {R"({"command":"switchover","node":0})", no_node_id},
        {R"({"command":"switchover","node":65})", no_node_id},
        {R"({"command":"switchover","node":1e99})", no_node_id},
    };
    expect_no_move(active, [&] {
        for (const auto& [line, reason] : reasons) {
            const auto answer = ask_line(cluster().control_socket(active), line, patience);
            ASSERT_TRUE(answer) << line;
            EXPECT_EQ(*answer, json({{"ok", false}, {"error", reason}})) << line;
        }
    });
}

TEST_F(Control, ARequestThatNeverEndsIsRefused) {
    const int active = begin();
    expect_no_move(active, [&] {
        const auto answer =
            ask_line(cluster().control_socket(active), std::string(100'000, 'x'), patience);
        ASSERT_TRUE(answer);
        EXPECT_EQ((*answer)["ok"], false);
    });
}

TEST_F(Control, AHundredRequestsInARowMoveNothing) {
    const int active = begin();
    const auto received = [&] {
        return cluster().status(active).value()["datagrams"]["received"].get<std::uint64_t>();
    };
    const auto before = received();
    expect_no_move(active, [&] {
        for (int i = 0; i < requests_in_a_row; ++i)
            for (int node = 1; node <= 3; ++node) EXPECT_TRUE(cluster().status(node));
    });
    EXPECT_GT(received(), before);
}

}  // namespace
}  // namespace komainu::lab
