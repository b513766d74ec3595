// What the services of real daemons make of the cluster: who is fit, whose priority is lower, and
// that a check that hangs costs no heartbeat.
#include <atomic>
#include <map>

#include "test/lab/answers.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

Endpoint own_service() { return parse_endpoint("127.0.0.1:8080").value(); }

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

private:
    std::map<int, Server> servers_;
};

TEST_F(Services, TakeTheirWeightFromThePriorityAndLeaveTheVipWhereItIs) {
    ClusterOptions options;
    options.more =
        "\n[service.extra]\ncheck = tcp\naddress = 127.0.0.1:8080\nweight = 30\n"
        "interval = 50ms\nfall = 1\n";
    lay_out(options);
    serve_everywhere([](int, Conversation& client) { client.await_end(); });
    const int active = start();
    const int worse = active % 3 + 1, better = worse % 3 + 1;
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

}  // namespace
}  // namespace komainu::lab
