// The line that `systemctl status` shows.
#include "daemon/status_line.h"

#include <gtest/gtest.h>

#include "test/lab/allocation_counter.h"
#include "test/unit/lone_node.h"

namespace komainu {
namespace {

Config with_vips(const std::vector<std::string>& addresses) {
    Config config;
    for (const std::string& address : addresses) {
        VipConfig vip;
        vip.address = {*parse_address(address), 24};
        config.vips.push_back(vip);
    }
    return config;
}

class StatusLineTest : public testing::Test {
protected:
    std::string of(const LoneNode& cluster, std::string_view unfit = "",
                   std::string_view trouble = "") {
        return std::string(line.compose(const_cast<LoneNode&>(cluster).node(), unfit, trouble));
    }

    StatusLine line{with_vips({"10.0.0.9"})};
};

TEST_F(StatusLineTest, OfAnActiveNamesTermAndVips) {
    LoneNode cluster(3);
    const auto round = cluster.become_active({2, 3});
    ASSERT_NE(round, 0u);
    const std::string term = std::to_string(round);
    EXPECT_EQ(of(cluster), "active, term " + term + ", holding 10.0.0.9");
    line.take_over(with_vips({"10.0.0.1", "10.0.0.2", "10.0.0.3"}));
    EXPECT_EQ(of(cluster), "active, term " + term + ", holding 10.0.0.1, 10.0.0.2, 10.0.0.3");
    line.take_over(with_vips({"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"}));
    EXPECT_EQ(of(cluster),
              "active, term " + term + ", holding 10.0.0.1, 10.0.0.2, 10.0.0.3 and 2 more");
    line.take_over(with_vips({}));
    EXPECT_EQ(of(cluster), "active, term " + term);
}

TEST_F(StatusLineTest, OfAnElectedThatDoesNotHoldThemYetSaysSo) {
    LoneNode cluster(1);
    cluster.ready({});
    EXPECT_EQ(of(cluster), "active, term 1, about to hold 10.0.0.9");
}

TEST_F(StatusLineTest, OfAStandbyNamesWhomItFollows) {
    LoneNode cluster(3);
    cluster.ready({2, 3});
    cluster.say(2, cluster.words_following(2, cluster.tenancy_of(2, 7)));
    EXPECT_EQ(of(cluster), "standby of node 2, term 7");
}

TEST_F(StatusLineTest, SaysWhatIsMissing) {
    LoneNode cluster(3);
    EXPECT_EQ(of(cluster, "pgpool: time-out"),
              "standby, no active; no quorum: 1 of 2 votes are heard; just started, neither votes "
              "nor stands yet; unhealthy: pgpool: time-out");
    cluster.ready({});
    EXPECT_EQ(of(cluster), "standby, no active; no quorum: 1 of 2 votes are heard");
    cluster.event(PauseAsked{PauseScope::node, true});
    EXPECT_EQ(of(cluster, "", "the runner does not answer"),
              "standby, no active; no quorum: 1 of 2 votes are heard; paused for maintenance; the "
              "runner does not answer");
}

TEST_F(StatusLineTest, OfANodeThatHoldsWithoutAQuorumIsLoud) {
    LoneNode cluster(3, 1, QuorumRule::majority, QuorumLoss::hold);
    const auto round = cluster.become_active({2, 3});
    ASSERT_NE(round, 0u);
    cluster.pass(10 * LoneNode::deadtime);
    ASSERT_TRUE(cluster.node().stale());
    EXPECT_EQ(of(cluster).find("STALE: holding 10.0.0.9 without a quorum, term "), 0u)
        << of(cluster);
}

TEST_F(StatusLineTest, IsPrintableAndEnds) {
    LoneNode cluster(3);
    cluster.ready({2, 3});
    EXPECT_EQ(of(cluster, "a\nb\tc\xc3\xa9"), "standby, no active; unhealthy: a?b?c??");
    EXPECT_EQ(of(cluster, std::string(1000, 'x')).size(), StatusLine::bytes_max);
}

TEST_F(StatusLineTest, AllocatesNothing) {
    LoneNode cluster(3);
    ASSERT_NE(cluster.become_active({2, 3}), 0u);
    const auto before = lab::allocations();
    for (int i = 0; i < 100; ++i) line.compose(cluster.node(), "pgpool: no such process", "");
    EXPECT_EQ(lab::allocations(), before);
}

}  // namespace
}  // namespace komainu
