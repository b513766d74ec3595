// What is kept of what comes from a peer, believed or not.
#include "daemon/arrivals.h"

#include <gtest/gtest.h>

namespace komainu {
namespace {

constexpr Instant start{};

Heartbeat heartbeat_that_hears(std::initializer_list<NodeId> nodes) {
    Heartbeat heartbeat;
    for (const NodeId node : nodes) {
        Echo echo;
        echo.peer = node;
        heartbeat.echoes.push_back(echo);
    }
    return heartbeat;
}

TEST(Arrivals, KnowNothingOfWhoWasNeverHeard) {
    const Arrivals arrivals(2);
    EXPECT_FALSE(arrivals.of(1).hears);
    EXPECT_EQ(arrivals.of(1).links[0].genuine, 0u);
    EXPECT_FALSE(arrivals.of(1).links[0].genuine_at);
}

TEST(Arrivals, KeepTheNewestOfEachLinkAndWhomThePeerHears) {
    Arrivals arrivals(2);
    arrivals.enter(1, 0, heartbeat_that_hears({NodeId{1}, NodeId{3}}), start + 1s);
    arrivals.enter(1, 2, heartbeat_that_hears({NodeId{3}}), start + 2s);
    arrivals.enter(1, 0, VoteRequest{}, start + 3s);
    const auto& of = arrivals.of(1);
    EXPECT_EQ(of.links[0].genuine, 2u);
    EXPECT_EQ(of.links[0].genuine_at, start + 3s);
    EXPECT_EQ(of.links[2].genuine_at, start + 2s);
    EXPECT_EQ(of.links[1].genuine, 0u);
    ASSERT_TRUE(of.hears);
    EXPECT_TRUE(of.hears->contains(NodeId{3}));
    EXPECT_FALSE(of.hears->contains(NodeId{1}));
    EXPECT_FALSE(arrivals.of(0).hears);
}

TEST(Arrivals, KeepWhyTheNewestWasRefused) {
    Arrivals arrivals(1);
    arrivals.refuse(0, 1, "bad_tag", start + 1s);
    arrivals.refuse(0, 1, "unknown_key", start + 2s);
    EXPECT_EQ(arrivals.of(0).links[1].refused, 2u);
    EXPECT_EQ(arrivals.of(0).links[1].refused_at, start + 2s);
    EXPECT_EQ(arrivals.of(0).links[1].why, "unknown_key");
    EXPECT_EQ(arrivals.of(0).links[1].genuine, 0u);
}

}  // namespace
}  // namespace komainu
