// Scenarios of pgpool-II's own regression tests (src/test/regression/tests), with komainu in place
// of its watchdog. The number of each is in its name.
#include "test/pgpool/pgpool_scenario.h"

namespace komainu::lab {
namespace {

class Suite : public PgpoolScenario {
protected:
    static ClusterOptions options_for(int nodes, const std::string& quorum) {
        auto options = checked_by_process();
        options.nodes = nodes;
        options.quorum = quorum;
        // The database's host.
        if (quorum == "half") options.cluster_keys = "trusted_servers = 10.77.0.11\n";
        return options;
    }

    /// As if its power were cut.
    void switch_off(int node) {
        cluster().network().silence(cluster().host(node));
        cluster().signal_both(node, SIGKILL);
        lab().pgpool(node).kill();
    }
};

TEST_F(Suite, Test004TheLeaderIsStoppedAndTheStandbyTakesOver) {
    auto two = options_for(2, "half");
    two.priorities = {{1, 2}, {2, 1}};
    const int active = begin_with_servers(two, {.databases = 1});
    ASSERT_NE(active, 0);
    const int other = 3 - active;
    EXPECT_TRUE(lab().pgpool(other).serves());
    const int next = expect_takeover(active, [&] {
        EXPECT_EQ(cluster().stop(active), 0);
        lab().pgpool(active).stop();
    });
    EXPECT_EQ(next, other);
    expect_commits_again();
}

TEST_F(Suite, Test036TrustedServersThatAnswerKeepTheVipWhereItIs) {
    const int active = begin_with_servers(options_for(2, "half"), {.databases = 1});
    ASSERT_NE(active, 0);
    expect_no_move(
        active, [] {}, 10s);
    for (int node = 1; node <= cluster().size(); ++node) {
        const auto status = cluster().status(node);
        ASSERT_TRUE(status);
        EXPECT_EQ(status->at("trusted_servers")[0]["answers"], true);
    }
}

struct Case {
    int nodes;
    const char* quorum;
    bool goes_on;  ///< without (nodes + 1) / 2 of them
};

class SuiteTest028 : public Suite, public testing::WithParamInterface<Case> {};

TEST_P(SuiteTest028, HalfOfAnEvenNumberOfNodesIsEnoughIfThatIsSaid) {
    const auto [nodes, quorum, goes_on] = GetParam();
    const int active = begin_with_servers(options_for(nodes, quorum), {.databases = 1});
    ASSERT_NE(active, 0);
    allow_overlap();
    mark();
    int left = nodes;
    for (int node = active; left > nodes / 2; node = node % nodes + 1, --left) switch_off(node);
    if (goes_on) {
        expect_commits_again();
    } else {
        sleep_for(3s);
        EXPECT_EQ(cluster().active(), std::nullopt);
        EXPECT_FALSE(lab().client().commits(500ms));
    }
}

INSTANTIATE_TEST_SUITE_P(Quorum, SuiteTest028,
                         testing::Values(Case{2, "majority", false}, Case{2, "half", true},
                                         Case{3, "majority", false}, Case{3, "half", false},
                                         Case{4, "majority", false}, Case{4, "half", true}),
                         [](const auto& test) {
                             return std::to_string(test.param.nodes) + "nodes" + test.param.quorum;
                         });

}  // namespace
}  // namespace komainu::lab
