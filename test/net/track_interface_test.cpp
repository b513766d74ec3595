// Interfaces that a node needs though they carry no VIP: what their loss, their return and their
// flapping do to real daemons, and that nothing of it needs a restart.
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

class TrackInterface : public Scenario {
protected:
    /// A cluster in which each host has a second interface, back0, on which its backends would be.
    int begin_with_back0(const std::string& keys = "track_delay = 300ms\n") {
        lay_out({.more = "\n[lifecheck]\ntrack_interface = back0\n" + keys});
        for (int node = 1; node <= cluster().size(); ++node) add_back0(node);
        return start();
    }

    /// A cluster of two links, of which only the first carries the VIP, and both are needed.
    int begin_with_two_links() {
        return begin({.links = {{0, Family::ipv4}, {1, Family::ipv4}},
                      .more = "\n[lifecheck]\ntrack_interface = eth1\ntrack_delay = 300ms\n"});
    }

    void add_back0(int node) { add_pair(cluster().host(node), "back0", "switch0"); }

    void on(int node, const std::string& command) { shell(cluster().host(node), command); }

    /// What the node says of itself.
    std::string reason_of(int node) {
        const auto status = cluster().status(node);
        if (!status) return "no status";
        return (*status)["nodes"].at(static_cast<std::size_t>(node - 1))["reason"];
    }

    std::string state_of_back0(int node) {
        const auto status = cluster().status(node);
        if (!status) return "no status";
        for (const auto& interface : (*status)["interfaces"])
            if (interface["name"] == "back0") return interface["state"];
        return "not there";
    }

    bool becomes(int node, const std::string& reason) {
        return wait_until([&] { return reason_of(node) == reason; }, patience);
    }
};

TEST_F(TrackInterface, WithoutItsCarrierTheVipMovesAndStaysWhenItIsBack) {
    const int active = begin_with_back0();
    EXPECT_EQ(state_of_back0(active), "up");
    const int next = expect_takeover(active, [&] { on(active, "ip link set switch0 down"); });
    EXPECT_EQ(reason_of(active), "interface back0 is down");
    EXPECT_EQ(state_of_back0(active), "down");
    expect_no_move(next, [&] {
        on(active, "ip link set switch0 up");
        EXPECT_TRUE(becomes(active, ""));
    });
    EXPECT_EQ(cluster().switchover(next, active).value()["active"], active);
}

TEST_F(TrackInterface, WhatIsDormantIsDown) {
    const int active = begin_with_back0();
    const int next = expect_takeover(active, [&] {
        on(active, "ip link set back0 mode dormant && ip link set back0 state dormant");
    });
    EXPECT_EQ(reason_of(active), "interface back0 is down");
    on(active, "ip link set back0 mode default && ip link set back0 state up");
    EXPECT_TRUE(becomes(active, ""));
    EXPECT_EQ(cluster().active(), next);
}

TEST_F(TrackInterface, WhatComesAndGoesMovesTheVipOnce) {
    const int active = begin_with_back0("track_delay = 2s\n");
    const int next = expect_takeover(active, [&] { on(active, "ip link set switch0 down"); });
    const int third = 6 - active - next;
    // The third could take over, were the next one unfit; the first is better only if it counted.
    expect_no_move(next, [&] {
        for (int flap = 0; flap < 10; ++flap) {
            on(active, "ip link set switch0 up && sleep 0.1 && ip link set switch0 down");
            EXPECT_NE(reason_of(active), "") << "up for a moment does not count";
        }
        on(active, "ip link set switch0 up");
    });
    EXPECT_EQ(state_of_back0(active), "settling");
    EXPECT_EQ(reason_of(active), "interface back0 was down, and is not up for long enough yet");
    EXPECT_EQ(reason_of(third), "");
    EXPECT_TRUE(becomes(active, ""));
}

TEST_F(TrackInterface, RemovedAndMadeAgainItIsFoundAgain) {
    const int active = begin_with_back0();
    const int next = expect_takeover(active, [&] { on(active, "ip link del back0"); });
    EXPECT_EQ(reason_of(active), "interface back0 does not exist");
    EXPECT_EQ(state_of_back0(active), "missing");
    add_back0(active);
    EXPECT_TRUE(becomes(active, ""));
    EXPECT_EQ(cluster().active(), next);
}

TEST_F(TrackInterface, OneThatIsMissingAtTheStartIsWaitedFor) {
    lay_out({.more = "\n[lifecheck]\ntrack_interface = back0\ntrack_delay = 100ms\n"});
    cluster().start_all();
    for (int node = 1; node <= cluster().size(); ++node)
        EXPECT_TRUE(becomes(node, "interface back0 does not exist"));
    EXPECT_FALSE(cluster().active());
    add_back0(2);
    EXPECT_EQ(cluster().wait_for_active(), 2);
}

TEST_F(TrackInterface, AWitnessNeedsNone) {
    lay_out({.witnesses = {3}, .more = "\n[lifecheck]\ntrack_interface = back0\n"});
    for (const int node : {1, 2}) add_back0(node);
    start();
    EXPECT_NE(reason_of(3).find("interface"), 0u) << reason_of(3);
}

TEST_F(TrackInterface, WithoutAnyLinkTheActiveLetsGoLivesAndComesBackByItself) {
    const int active = begin_with_two_links();
    const pid_t main = cluster().daemon(active).pid();
    const pid_t guard = cluster().guard_pid(active);
    Host& host = cluster().host(active);
    const int next = expect_takeover(active, [&] {
        for (const int lan : {0, 1}) cluster().network().set_carrier(host, Carrier::down, lan);
    });
    EXPECT_EQ(reason_of(active), "interface eth0 is down; interface eth1 is down");
    EXPECT_EQ(cluster().status(active).value()["role"], "standby");
    expect_no_move(next, [&] {
        for (const int lan : {0, 1}) cluster().network().set_carrier(host, Carrier::up, lan);
        EXPECT_TRUE(cluster().wait_until_whole());
    });
    EXPECT_TRUE(cluster().running(active));
    EXPECT_EQ(cluster().daemon(active).pid(), main);
    EXPECT_EQ(cluster().guard_pid(active), guard);
    EXPECT_EQ(cluster().switchover(next, active).value()["active"], active);
}

TEST_F(TrackInterface, WithAllLinksSetDownByHandTheActiveComesBackAsWell) {
    const int active = begin_with_two_links();
    const pid_t main = cluster().daemon(active).pid();
    const int next = expect_takeover(
        active, [&] { on(active, "ip link set eth0 down; ip link set eth1 down"); });
    on(active, "ip link set eth0 up; ip link set eth1 up");
    EXPECT_TRUE(cluster().wait_until_whole());
    EXPECT_TRUE(cluster().running(active));
    EXPECT_EQ(cluster().daemon(active).pid(), main);
    EXPECT_EQ(cluster().switchover(next, active).value()["active"], active);
}

}  // namespace
}  // namespace komainu::lab
