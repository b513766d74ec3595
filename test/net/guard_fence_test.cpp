// The fence's programs on the interfaces: put there, put back, and taken away.
#include "test/net/guarded_host.h"

namespace komainu {

namespace {

constexpr const char* no_fence = "BPF is not permitted here";
const std::string add_filter_of_others = "tc filter add dev eth0 ingress ";
const std::string matches_nothing = "bpf bytecode '1,6 0 0 0,'";

TEST(GuardFence, StandsWhileTheGuardLivesAndLeavesWithItAfterTheVips) {
    GuardedHost guarded;
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.shell("tc qdisc add dev eth0 clsact");
    guarded.shell(add_filter_of_others + "pref 7 handle 1 " + matches_nothing);
    guarded.shell(add_filter_of_others + "pref 9 " + matches_nothing);
    guarded.start();
    EXPECT_EQ(guarded.wait_for<FenceReport>(), FenceReport{""});
    EXPECT_EQ(guarded.fence_hooks(), 2) << "also while nothing is held";
    ASSERT_TRUE(guarded.hold(7));
    guarded.order(DropOrder{7});
    ASSERT_TRUE(guarded.wait_for<DroppedReport>());
    EXPECT_EQ(guarded.fence_hooks(), 2);
    guarded.close_main_end();
    EXPECT_EQ(guarded.wait_for_exit(), 0);
    EXPECT_EQ(guarded.fence_hooks(), 0);
    guarded.shell("test $(tc filter show dev eth0 ingress | grep -c bytecode) = 2");
}

TEST(GuardFence, LeavesItsPlaceToWhoeverHasItAlready) {
    GuardedHost guarded;
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.shell("tc qdisc add dev eth0 clsact");
    guarded.shell(add_filter_of_others + "pref 7 handle 0x6b6f6d61 " + matches_nothing);
    guarded.start();
    EXPECT_EQ(guarded.wait_for<FenceReport>(),
              FenceReport{"eth0: somebody else has a filter in komainu's place (priority 7): bpf"});
    guarded.close_main_end();
    EXPECT_EQ(guarded.wait_for_exit(), 0);
    guarded.shell("tc filter show dev eth0 ingress | grep -q bytecode");
    EXPECT_EQ(guarded.fence_hooks(), 0);
}

TEST(GuardFence, FollowsAnInterfaceThatIsMadeAnewAndLeavesOneThatIsRenamed) {
    GuardedHost guarded;
    guarded.config.vips.push_back({"other", parse_prefix("10.88.0.1/24").value(), "other0"});
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.shell("ip link add other0 type veth peer name other1 && ip link set other0 up");
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    EXPECT_EQ(guarded.fence_hooks("other0"), 2);
    guarded.shell("ip link del other0");
    guarded.shell("ip link add other0 type veth peer name other1 && ip link set other0 up");
    EXPECT_EQ(guarded.wait_for<RestoredReport>(), RestoredReport{"other"});
    EXPECT_EQ(guarded.fence_hooks("other0"), 2);
    guarded.shell("ip link set other0 down && ip link set other0 name another0");
    EXPECT_TRUE(lab::wait_until([&] { return guarded.fence_hooks("another0") == 0; }, patience));
    EXPECT_EQ(guarded.fence_hooks("eth0"), 2);
}

TEST(GuardFence, IsPutBackWhenSomebodyElseTakesItAway) {
    GuardedHost guarded;
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.start();
    ASSERT_TRUE(guarded.hold(7));
    guarded.shell("tc qdisc del dev eth0 clsact");
    EXPECT_TRUE(lab::wait_until([&] { return guarded.fence_hooks() == 2; }, patience));
}

TEST(GuardFence, OfAKilledGuardStaysAndIsRemovedByAGuardThatHasNone) {
    GuardedHost guarded;
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.start();
    kill(guarded.pid(), SIGKILL);
    EXPECT_EQ(guarded.wait_for_exit(), 128 + SIGKILL);
    EXPECT_EQ(guarded.fence_hooks(), 2);
    guarded.use_no_fence();
    guarded.start();
    EXPECT_EQ(guarded.fence_hooks(), 0);
    EXPECT_TRUE(guarded.hold(8));
}

TEST(GuardFence, OfAnEarlierRunIsRemovedFromAnInterfaceThatCarriesNoVipsAnyMore) {
    GuardedHost guarded;
    guarded.shell("ip link add other0 type veth peer name other1 && ip link set other0 up");
    guarded.config.vips.push_back({"other", parse_prefix("10.88.0.1/24").value(), "other0"});
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.start();
    kill(guarded.pid(), SIGKILL);
    EXPECT_EQ(guarded.wait_for_exit(), 128 + SIGKILL);
    guarded.config.vips.pop_back();
    ASSERT_TRUE(guarded.load_fence());
    guarded.start();
    EXPECT_EQ(guarded.fence_hooks("eth0"), 2);
    EXPECT_EQ(guarded.fence_hooks("other0"), 0);
}

TEST(GuardFence, SaysWhereItCannotStand) {
    GuardedHost guarded;
    guarded.shell("tc qdisc add dev eth0 ingress");
    if (!guarded.load_fence()) GTEST_SKIP() << no_fence;
    guarded.start();
    EXPECT_EQ(guarded.wait_for<FenceReport>(),
              FenceReport{"eth0: it has a queue discipline ingress in the place of clsact"});
    guarded.shell("tc qdisc del dev eth0 ingress");
    ASSERT_TRUE(guarded.hold(7));
    EXPECT_EQ(guarded.wait_for<FenceReport>(), FenceReport{""});
}

}  // namespace

}  // namespace komainu
