// Services as the other nodes see them: an active whose service works for itself alone gives the
// VIP to one whose service can be reached, and nothing moves where nobody's can.
#include <list>
#include <map>

#include "test/lab/answers.h"
#include "test/lab/control.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

using nlohmann::json;

std::string watched_by(const std::string& method, const std::string& keys) {
    return "\n[lifecheck]\nmethod = " + method +
           "\n[service.web]\ninterval = 100ms\ntimeout = 300ms\n" + keys;
}

constexpr const char* by_tcp = "check = tcp\naddress = 127.0.0.1:8080\n";
constexpr const char* by_http = "check = http\nurl = http://127.0.0.1:8080/health\n";

class Outside : public Scenario {
protected:
    /// On each node a server for itself, and one for the others.
    int begin_served(const std::string& more, const Server::Serve& serve) {
        lay_out({.more = more});
        for (int node = 1; node <= cluster().size(); ++node) {
            own_.emplace_back(cluster().host(node).space, parse_endpoint("127.0.0.1:8080").value(),
                              serve);
            serve_others(node, serve);
        }
        return start();
    }
    void serve_others(int node, const Server::Serve& serve) {
        others_.erase(node);
        const Endpoint there{parse_address("10.77.0." + std::to_string(node)).value(), 8080};
        others_.emplace(std::piecewise_construct, std::forward_as_tuple(node),
                        std::forward_as_tuple(cluster().host(node).space, there, serve));
    }
    void serve_no_others(int node) { others_.erase(node); }

    json node_in_status(int node, int asked) {
        const auto status = cluster().status(asked);
        return status ? (*status)["nodes"].at(static_cast<std::size_t>(node - 1)) : json();
    }
    bool is_out_of_reach_of(int node, const std::vector<int>& nodes, int asked) {
        return wait_until(
            [&] { return node_in_status(node, asked)["out_of_reach_of"] == json(nodes); },
            patience);
    }
    static std::vector<int> others_than(int node) {
        std::vector<int> nodes;
        for (int other = 1; other <= 3; ++other)
            if (other != node) nodes.push_back(other);
        return nodes;
    }
    json report(int asked, int node, bool alive) {
        return ask(cluster().control_socket(asked),
                   {{"command", "report"}, {"node", node}, {"alive", alive}}, patience)
            .value_or(json());
    }

    static void accept(Conversation& client) { client.await_end(); }
    static void answer_well(Conversation& client) {
        read_http_request(client);
        answer_http(client, 200, "");
    }

private:
    std::list<Server> own_;
    std::map<int, Server> others_;
};

TEST_F(Outside, AServiceThatOnlyItsOwnNodeReachesMovesTheVip) {
    const int active = begin_served(watched_by("query", by_tcp), accept);
    const int next = expect_takeover(active, [&] { serve_no_others(active); });
    EXPECT_TRUE(logs(active,
                     "active -> standby, term 1: most nodes cannot reach its service, and they "
                     "reach another's"));
    EXPECT_TRUE(is_out_of_reach_of(active, others_than(active), next));
    EXPECT_EQ(node_in_status(active, next)["out_of_reach_reason"],
              "service.web: 10.77.0." + std::to_string(active) + ":8080: Connection refused");
    EXPECT_EQ(node_in_status(active, active)["healthy"], true) << "it thinks itself well";
    serve_others(active, accept);
    EXPECT_TRUE(is_out_of_reach_of(active, {}, next));
    EXPECT_TRUE(logs(next, "node " + std::to_string(active) + "'s service is reached again"));
}

TEST_F(Outside, AServerThatSaysNothingToOthersMovesTheVip) {
    const int active = begin_served(watched_by("query", by_http), answer_well);
    expect_takeover(active, [&] { serve_others(active, accept); });
}

TEST_F(Outside, NothingMovesWhereNobodyReachesAnybody) {
    const int active = begin_served(watched_by("query", by_tcp), accept);
    expect_no_move(active, [&] {
        // The active's last: alone out of reach for a deadtime it would hand over, and rightly so.
        for (const int node : {after(active), after(after(active)), active}) serve_no_others(node);
        for (int node = 1; node <= 3; ++node)
            EXPECT_TRUE(is_out_of_reach_of(node, others_than(node), active));
    });
    const int first = after(active);
    EXPECT_EQ(expect_takeover(active, [&] { serve_others(first, accept); }), first);
}

TEST_F(Outside, TheNextActiveIsOneThatIsReached) {
    const int active = begin_served(watched_by("query", by_tcp), accept);
    const int ill = after(active), well = after(ill);
    serve_no_others(ill);
    ASSERT_TRUE(is_out_of_reach_of(ill, others_than(ill), well));
    const auto answer = cluster().switchover(active, ill);
    EXPECT_EQ(answer.value_or(json())["ok"], false) << "the operator is told";
    EXPECT_EQ(expect_takeover(active, [&] { serve_no_others(active); }), well);
}

TEST_F(Outside, AReloadBeginsAndEndsToAsk) {
    const int active = begin_served(watched_by("heartbeat", by_tcp), accept);
    const auto change = [&](const std::string& from, const std::string& to) {
        for (int node = 1; node <= 3; ++node) {
            replace_in_file(cluster().configuration_file(node), "method = " + from,
                            "method = " + to);
            EXPECT_EQ(ask(cluster().control_socket(node), {{"command", "reload"}}, patience)
                          .value_or(json())["ok"],
                      true);
        }
    };
    expect_no_move(active, [&] { serve_no_others(active); });
    serve_no_others(after(active));
    serve_no_others(after(after(active)));
    expect_no_move(active, [&] {
        change("heartbeat", "query");
        EXPECT_TRUE(is_out_of_reach_of(active, others_than(active), active));
        change("query", "heartbeat");
        EXPECT_TRUE(is_out_of_reach_of(active, {}, active));
    });
}

TEST_F(Outside, AProgramOfTheOperatorsReportsTheActiveDead) {
    const int active = begin({.more = "\n[lifecheck]\nmethod = external\n"});
    const int one = after(active), other = after(one);
    expect_no_move(active, [&] { EXPECT_EQ(report(one, active, false)["ok"], true); });
    const int next =
        expect_takeover(active, [&] { EXPECT_EQ(report(other, active, false)["ok"], true); });
    EXPECT_EQ(node_in_status(active, next)["out_of_reach_reason"],
              "reported dead by komainuctl report");
    report(one, active, true);
    EXPECT_TRUE(is_out_of_reach_of(active, {other}, next));
}

TEST_F(Outside, WhoIsReportedDeadToItselfIsNotFit) {
    const int active = begin({.more = "\n[lifecheck]\nmethod = external\n"});
    expect_takeover(active, [&] { report(active, active, false); });
    EXPECT_EQ(node_in_status(active, active)["reason"], "reported dead by komainuctl report");
    report(active, active, true);
    EXPECT_TRUE(
        wait_until([&] { return node_in_status(active, active)["healthy"] == true; }, patience));
}

TEST_F(Outside, ReportsAreRefusedWhereNobodyIsToReport) {
    const int active = begin();
    EXPECT_EQ(report(active, 2, false)["error"],
              "nobody is to report here: [lifecheck] has no method = external");
}

TEST_F(Outside, AReportOfAnUnknownNodeIsRefused) {
    const int active = begin({.more = "\n[lifecheck]\nmethod = external\n"});
    EXPECT_EQ(report(active, 9, false)["error"], "node 9 is not in the configuration");
}

}  // namespace
}  // namespace komainu::lab
