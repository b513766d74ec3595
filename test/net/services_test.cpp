// What the services of real daemons make of the cluster: who is fit, whose priority is lower, and
// that a check that hangs costs no heartbeat.
#include <sys/mount.h>

#include <atomic>
#include <fstream>
#include <map>

#include "io/socket_address.h"
#include "test/lab/answers.h"
#include "test/lab/sandbox.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

Endpoint own_service() { return parse_endpoint("127.0.0.1:8080").value(); }

/// What is sent there is never read, and no error tells of it.
Fd name_server_that_never_reads() {
    const SocketAddress address(parse_endpoint("127.0.0.1:53").value());
    Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(socket.get(), &address.generic, address.size()), 0);
    return socket;
}

class Services : public Scenario {
protected:
    /// A server on each node, at 127.0.0.1:8080.
    void serve_everywhere(const std::function<void(int node, Conversation&)>& serve) {
        for (int node = 1; node <= cluster().size(); ++node)
            servers_.emplace(std::piecewise_construct, std::forward_as_tuple(node),
                             std::forward_as_tuple(
                                 cluster().host(node).space, own_service(),
                                 [serve, node](Conversation& client) { serve(node, client); }));
    }

    void end_server(int node) { servers_.erase(node); }

    void expect_no_heartbeat_lost() {
        for (int node = 1; node <= cluster().size(); ++node) {
            EXPECT_EQ(cluster().log(node).find("no heartbeat for the deadtime"), std::string::npos);
            EXPECT_EQ(cluster().log(node).find("lease lapsed"), std::string::npos);
        }
    }

    nlohmann::json service_of(int node) {
        const auto status = cluster().status(node);
        return status ? (*status)["services"].at(0) : nlohmann::json();
    }

    int priority_of(int node, int asked) {
        const auto status = cluster().status(asked);
        return status ? (*status)["nodes"]
                            .at(static_cast<std::size_t>(node - 1))["priority"]
                            .get<int>()
                      : -1;
    }

    std::atomic<int> troubled_ = 0;  ///< the node whose service is to be ill

private:
    std::map<int, Server> servers_;  ///< ends first: it looks at the above
};

TEST_F(Services, TakeTheirWeightFromThePriorityAndLeaveTheVipWhereItIs) {
    ClusterOptions options;
    options.more =
        "\n[service.extra]\ncheck = tcp\naddress = 127.0.0.1:8080\nweight = 30\n"
        "interval = 50ms\nfall = 1\n";
    lay_out(options);
    serve_everywhere([](int, Conversation& client) { client.await_end(); });
    const int active = start();
    const int worse = after(active), better = after(worse);
    ASSERT_TRUE(wait_until([&] { return priority_of(worse, active) == 100; }, patience));

    expect_no_move(active, [&] {
        end_server(active);
        end_server(worse);
        EXPECT_TRUE(wait_until([&] { return priority_of(worse, better) == 70; }, patience));
        EXPECT_TRUE(wait_until([&] { return priority_of(active, better) == 70; }, patience));
    });
    const auto service = service_of(active);
    EXPECT_EQ(service["name"], "extra");
    EXPECT_EQ(service["check"], "tcp");
    EXPECT_EQ(service["state"], "ill");
    EXPECT_EQ(service["weight"], 30);
    EXPECT_EQ(service["reason"], "127.0.0.1:8080: Connection refused");
    EXPECT_EQ(service_of(better)["state"], "well");

    EXPECT_EQ(expect_takeover(active, [&] { cluster().kill_main(active); }), better);
}

/// Of a program that is started for each check.
std::string run_section(const std::string& keys) {
    return "\n[service.run]\ninterval = 200ms\ntimeout = 2s\nfall = 1\n" + keys;
}

constexpr const char* by_http = "check = http\nurl = http://127.0.0.1:8080/health\n";

TEST_F(Services, MoveTheVipWhenAnHttpStatusTurnsBad) {
    lay_out({.more = run_section(by_http)});
    serve_everywhere([this](int node, Conversation& client) {
        read_http_request(client);
        answer_http(client, node == troubled_ ? 503 : 200, "");
    });
    const int active = start();
    expect_takeover(active, [&] { troubled_ = active; });
    EXPECT_EQ(service_of(active)["reason"], "exit status 1: HTTP 503, not 200-299");
}

TEST_F(Services, MoveTheVipWhenAQueryIsAnsweredOtherwise) {
    lay_out({.more = run_section("check = query\n"
                                 "conninfo = host=127.0.0.1 port=8080 user=u dbname=d\n"
                                 "query = SELECT NOT pg_is_in_recovery()\nexpect = t\n")});
    serve_everywhere([this](int node, Conversation& client) {
        if (sql::welcome(client) && !sql::read_query(client).empty())
            sql::answer(client, node == troubled_ ? "f" : "t");
        client.await_end();
    });
    const int active = start();
    expect_takeover(active, [&] { troubled_ = active; });
    EXPECT_EQ(service_of(active)["reason"], "exit status 1: the answer is \"f\", not \"t\"");
}

TEST_F(Services, ThatAcceptAndSayNothingAreIllInTimeAndCostNoHeartbeat) {
    lay_out({.more = run_section(by_http)});
    serve_everywhere([this](int node, Conversation& client) {
        read_http_request(client);
        if (node == troubled_) return client.await_end();
        answer_http(client, 200, "");
    });
    const int active = start();
    expect_takeover(active, [&] { troubled_ = active; });
    // By the checker's own clock or, where it was slow to start, by that of the runner.
    const std::string reason = service_of(active)["reason"];
    EXPECT_TRUE(reason.find("Operation timed out after") != std::string::npos ||
                reason == "time-out")
        << reason;
    expect_no_heartbeat_lost();
}

// With a weight, so that the VIP may stay where it is: all nodes ask the same name server.
TEST_F(Services, WhoseNamesAreNeverResolvedAreIllInTimeAndCostNoHeartbeat) {
    const std::string resolver = sandbox_directory() + "/resolv.conf";
    std::ofstream(resolver) << "nameserver 127.0.0.1\n";
    ASSERT_EQ(::mount(resolver.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr), 0);
    lay_out({.more = run_section("check = http\nurl = http://slow.example/\nweight = 10\n")});
    std::vector<Fd> deaf;
    for (int node = 1; node <= cluster().size(); ++node)
        cluster().host(node).space.run([&] { deaf.push_back(name_server_that_never_reads()); });
    const int active = start();
    expect_no_move(
        active,
        [&] {
            const auto timed_out = [&] {
                return service_of(active)["reason"].get<std::string>().find(
                           "Resolving timed out") != std::string::npos;
            };
            EXPECT_TRUE(wait_until(timed_out, patience)) << service_of(active);
        },
        3s);
    expect_no_heartbeat_lost();
    EXPECT_EQ(::umount("/etc/resolv.conf"), 0);
}

}  // namespace
}  // namespace komainu::lab
