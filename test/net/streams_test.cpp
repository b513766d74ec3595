// The streams between the active and each of the others: they come up by themselves and again after
// every failure, and nobody without the key gets one, or keeps another from it.
#include <fmt/format.h>
#include <sys/socket.h>

#include "io/socket_address.h"
#include "test/net/reload_scenario.h"

namespace komainu::lab {
namespace {

using nlohmann::json;

constexpr std::uint16_t peer_port = 9694;

class Streams : public ReloadScenario {
protected:
    json node_as_seen_by(int asked, int node) {
        const auto status = cluster().status(asked);
        return status ? status->at("nodes").at(static_cast<std::size_t>(node - 1)) : json();
    }
    /// The address by which the one who is asked has a stream to the other; empty: none.
    std::string stream(int asked, int node) {
        const json seen = node_as_seen_by(asked, node);
        return seen.is_object() && seen.at("stream").is_string() ? seen["stream"] : "";
    }
    bool has_streams(int active) {
        for (int node = 1; node <= cluster().size(); ++node)
            if (node != active && cluster().running(node) &&
                (stream(active, node).empty() || stream(node, active).empty()))
                return false;
        return true;
    }
    bool wait_for_streams(int active) {
        return wait_until([&] { return has_streams(active); }, patience);
    }
    std::uint64_t refused_streams(int node) {
        std::uint64_t sum = 0;
        const auto status = cluster().status(node);
        for (const auto& count : status->at("streams").at("refused"))
            sum += count.get<std::uint64_t>();
        return sum;
    }

    /// Connections of a host's to a node's port, with whatever is said first on each.
    std::vector<Fd> connect(Host& from, const Host& to, int count, const std::string& words = "") {
        std::vector<Fd> sockets;
        from.space.run([&] {
            // One that comes while the queue is full is let wait, and tries again.
            for (int i = 0; i < 2 * count && std::ssize(sockets) < count; ++i) {
                Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
                const timeval limit{0, 300'000};
                ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
                const SocketAddress address({to.ipv4, peer_port});
                if (::connect(socket.get(), &address.generic, address.size()) != 0) continue;
                if (!words.empty())
                    static_cast<void>(
                        ::send(socket.get(), words.data(), words.size(), MSG_NOSIGNAL));
                sockets.push_back(std::move(socket));
            }
        });
        return sockets;
    }
    /// So many of them have been closed by the other end.
    static int closed(const std::vector<Fd>& sockets) {
        return static_cast<int>(std::ranges::count_if(sockets, [](const Fd& socket) {
            std::array<char, 256> bytes;
            const auto got = ::recv(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
            return got == 0 || (got < 0 && errno != EAGAIN);
        }));
    }
};

TEST_F(Streams, ComeUpBetweenTheActiveAndEachOtherAndTellOfOneAnother) {
    const int active = begin();
    EXPECT_TRUE(wait_for_streams(active));
    const int standby = after(active);
    EXPECT_EQ(stream(standby, after(standby)), "") << "none between others";
    const json seen = node_as_seen_by(active, standby);
    EXPECT_EQ(seen["host"], node_as_seen_by(standby, standby)["host"]);
    EXPECT_EQ(seen["version"], cluster().status(standby)->at("version"));
    EXPECT_EQ(refused_streams(active), 0u);
}

TEST_F(Streams, FollowTheActive) {
    const int first = begin();
    ASSERT_TRUE(wait_for_streams(first));
    const int second = expect_takeover(first, [&] { cluster().kill_main(first); });
    EXPECT_TRUE(wait_for_streams(second));
    EXPECT_TRUE(cluster().daemon(first).wait(patience));
    cluster().start(first);
    EXPECT_TRUE(wait_until([&] { return cluster().status(first).has_value(); }, patience));
    EXPECT_TRUE(wait_for_streams(second));
}

TEST_F(Streams, ComeUpAnewOnTheLinkThatIsLeft) {
    const int active = begin({.links = {{1, Family::ipv4}, {2, Family::ipv6}}});
    ASSERT_TRUE(wait_for_streams(active));
    const int standby = after(active);
    for (const int lan : {1, 2, 1}) {
        for (int node = 1; node <= 3; ++node)
            cluster().network().silence(cluster().host(node), lan);
        const std::string other =
            to_string(address_on(3 - lan, active, lan == 1 ? Family::ipv6 : Family::ipv4));
        EXPECT_TRUE(wait_until([&] { return stream(standby, active) == other; }, patience))
            << "LAN " << lan << ": " << stream(standby, active);
        EXPECT_TRUE(wait_for_streams(active));
        for (int node = 1; node <= 3; ++node) cluster().network().heal(cluster().host(node), lan);
    }
    EXPECT_EQ(cluster().active(), active);
}

TEST_F(Streams, AreNotDisturbedByWhoHasNotTheKey) {
    lay_out({.deadtime = 500ms});
    for (const int node : {1, 2}) cluster().start_service(node), cluster().start(node);
    const auto active = cluster().wait_for_active();
    ASSERT_TRUE(active);
    const int standby = 3 - *active;
    ASSERT_TRUE(wait_for_streams(*active));
    EXPECT_TRUE(connect(cluster().client_host(), cluster().host(*active), 2).empty())
        << "has no peer's address, and is not even answered";
    const auto before = refused_streams(*active);
    std::vector<Fd> all;
    for (const char* words : {"", "GET / HTTP/1.0\r\n\r\n", "KMNP", "KMNP\x01\x01\x03"})
        for (Fd& socket : connect(cluster().host(3), cluster().host(*active), 125, words))
            all.push_back(std::move(socket));
    EXPECT_EQ(all.size(), 500u);
    EXPECT_FALSE(stream(standby, *active).empty());
    cluster().start(3);
    EXPECT_TRUE(wait_until([&] { return !stream(3, *active).empty(); }, patience))
        << "they keep out the peer whose address they have";
    EXPECT_TRUE(wait_until([&] { return closed(all) == 500; }, patience)) << closed(all);
    EXPECT_GE(refused_streams(*active), before + 500);
    EXPECT_TRUE(wait_for_streams(*active));
    EXPECT_EQ(cluster().active(), *active);
    EXPECT_EQ(cluster().status(*active)->at("term"), 1) << "the active was never lost";
}

TEST_F(Streams, ANodeWithOtherVipSettingsIsRefusedWithTheReasonOnBothSides) {
    lay_out({.deadtime = 500ms});
    change(3, "10.77.0.100/24", "10.77.0.101/24");
    for (const int node : {1, 2}) cluster().start(node);
    const auto active = cluster().wait_for_active();
    ASSERT_TRUE(active);
    cluster().start(3);
    const std::string reason = fmt::format(
        "node {} refuses this node: vip.v0.address: 10.77.0.101/24 here, 10.77.0.100/24 on node {}",
        *active, *active);
    EXPECT_TRUE(says(3, "reason", reason));
    EXPECT_TRUE(says(3, "healthy", false));
    EXPECT_TRUE(logs(3, reason));
    const std::string told = "vip.v0.address: 10.77.0.100/24 here, 10.77.0.101/24 on node 3";
    EXPECT_TRUE(logs(*active, "node 3 may not join: " + told));
    EXPECT_EQ(node_as_seen_by(*active, 3)["refused"], told);
    EXPECT_EQ(stream(*active, 3), "");
    change(3, "10.77.0.101/24", "10.77.0.100/24");
    reload(3);
    EXPECT_TRUE(says(3, "healthy", true));
    EXPECT_TRUE(wait_for_streams(*active));
    EXPECT_EQ(node_as_seen_by(*active, 3)["refused"], "");
}

TEST_F(Streams, NodesThatTheActiveHasRefusedTakeOverWhenThereIsNobodyElse) {
    lay_out({.deadtime = 500ms});
    for (const int node : {1, 2}) cluster().start(node);
    const auto active = cluster().wait_for_active();
    ASSERT_TRUE(active);
    for (int node = 1; node <= 3; ++node) {
        if (node == *active) continue;
        if (cluster().running(node)) cluster().stop(node);
        change(node, "10.77.0.100/24", "10.77.0.101/24");
        cluster().start(node);
        EXPECT_TRUE(logs(node, fmt::format("node {} refuses this node", *active)));
    }
    EXPECT_EQ(cluster().stop(*active), 0);
    const auto next = cluster().wait_for_active();
    ASSERT_TRUE(next);
    EXPECT_NE(*next, *active);
    EXPECT_TRUE(watcher().wait_for_holders(*parse_address("10.77.0.101"), {*next}, patience));
}

TEST_F(Streams, OutliveAChangeOfTheKey) {
    const std::string old_key(64, 'a');
    const std::string new_key(64, 'b');
    const auto write_keys = [&](int node, const std::string& keys) {
        std::ofstream(cluster().directory(node) + "/cluster.key") << keys;
        EXPECT_EQ(changes(node), json::array({"the keys"})) << "node " << node;
    };
    const int active =
        begin({.deadtime = 500ms, .keys = {{1, old_key}, {2, old_key}, {3, old_key}}});
    const int standby = after(active);
    const auto expect_streams_anew = [&] {
        EXPECT_TRUE(wait_for_streams(active));
        EXPECT_EQ(cluster().stop(standby), 0);
        cluster().start(standby);
        EXPECT_TRUE(wait_until([&] { return !stream(standby, active).empty(); }, patience));
    };
    for (int node = 1; node <= 3; ++node) write_keys(node, old_key + "\n" + new_key + "\n");
    expect_streams_anew();
    write_keys(standby, new_key + "\n" + old_key + "\n");
    expect_streams_anew();
    for (int node = 1; node <= 3; ++node)
        if (node != standby) write_keys(node, new_key + "\n" + old_key + "\n");
    expect_streams_anew();
    for (int node = 1; node <= 3; ++node) write_keys(node, new_key + "\n");
    expect_streams_anew();
    EXPECT_EQ(cluster().active(), active);
}

}  // namespace
}  // namespace komainu::lab
