// What comes from others over the wire: who has not the key can neither join nor disturb, not even
// with what he has recorded.
#include <fmt/format.h>
#include <sys/socket.h>

#include <map>
#include <random>
#include <thread>

#include "io/datagram_link.h"
#include "io/socket_address.h"
#include "test/net/wire.h"

namespace komainu::lab {
namespace {

class Attack : public Wire {
protected:
    static std::vector<Datagram> of_kind(const std::vector<Datagram>& recorded, int type) {
        std::vector<Datagram> found;
        std::ranges::copy_if(recorded, std::back_inserter(found),
                             [=](const Datagram& d) { return type_of(d) == type; });
        return found;
    }

    /// The newest, so that a heartbeat has echoes in it.
    static std::vector<Datagram> one_of_each_kind(const std::vector<Datagram>& recorded) {
        std::vector<Datagram> found;
        for (int type = 1; type <= 5; ++type)
            if (const auto all = of_kind(recorded, type); !all.empty()) found.push_back(all.back());
        EXPECT_EQ(found.size(), 5u);
        return found;
    }

    std::vector<Shot> shots_at_all(const std::vector<Datagram>& datagrams) {
        std::vector<Shot> shots;
        for (const Datagram& datagram : datagrams)
            for (int node = 1; node <= 3; ++node)
                shots.push_back({datagram, cluster().host(node).ipv4});
        return shots;
    }

    /// Not faster than on a busy machine they can be received.
    void send_to_all(const std::vector<Datagram>& datagrams) {
        const Attacker attacker(cluster().client_host());
        for (std::size_t i = 0; i < datagrams.size(); ++i) {
            for (int node = 1; node <= 3; ++node) attacker.send(datagrams[i], cluster().host(node));
            if (i % 32 == 0) sleep_for(1ms);
        }
    }

    /// Each of them is refused and counted by each node, but for its sender: no kernel takes from
    /// the wire what claims to come from itself.
    void expect_refused(const std::vector<Datagram>& datagrams) {
        std::map<int, std::uint64_t> expected;
        for (int node = 1; node <= 3; ++node) expected[node] = refused(node);
        for (const Datagram& datagram : datagrams)
            for (int node = 1; node <= 3; ++node)
                if (datagram.sender != cluster().host(node).ipv4) ++expected[node];
        expect_ignored([&] {
            send_to_all(datagrams);
            for (int node = 1; node <= 3; ++node) {
                EXPECT_TRUE(wait_until([&] { return refused(node) == expected[node]; }, patience))
                    << refused(node) << " refused by node " << node << ", not " << expected[node];
            }
        });
    }
};

TEST_F(Attack, AReplayToTheRunningClusterIsIgnored) {
    const auto recorded = record_a_life();
    expect_ignored([&] { replay(recorded); });
}

TEST_F(Attack, AReplayBringsNoKilledNodeBackToLife) {
    const auto recorded = record_a_life();
    const int killed = cluster().active().value_or(1);
    const int active = expect_takeover(killed, [&] { cluster().kill_main(killed); });
    const auto lives = [&] {
        for (int node = 1; node <= 3; ++node)
            if (node != killed && believes_alive(node, killed)) return true;
        return false;
    };
    EXPECT_TRUE(wait_until([&] { return !lives(); }, patience));
    expect_ignored([&] {
        replay(recorded);
        EXPECT_FALSE(lives());
    });
    EXPECT_FALSE(lives());
    EXPECT_EQ(cluster().active(), active);
}

TEST_F(Attack, AReplayOfItsFormerLifeDoesNotDisturbARestartedNode) {
    const auto recorded = record_a_life();
    const int killed = cluster().active().value_or(1);
    expect_takeover(killed, [&] { cluster().kill_main(killed); });
    EXPECT_TRUE(cluster().daemon(killed).wait(patience));
    cluster().start(killed);
    EXPECT_TRUE(wait_until([&] { return !status(killed).empty(); }, patience));
    expect_all_joined();
    expect_ignored([&] {
        replay(recorded);
        for (int node = 1; node <= 3; ++node)
            EXPECT_TRUE(node == killed || believes_alive(node, killed));
    });
}

TEST_F(Attack, AReplayOfAnEarlierClusterLifeIsIgnoredByTheNextOne) {
    const auto recorded = record_a_life();
    for (int node = 1; node <= 3; ++node) EXPECT_EQ(cluster().stop(node), 0);
    mark();
    for (const int node : {1, 2}) cluster().start(node);
    ASSERT_TRUE(cluster().wait_for_active());
    expect_all_joined();
    expect_ignored([&] {
        replay(recorded);
        for (const int node : {1, 2}) EXPECT_FALSE(believes_alive(node, 3));
    });
    for (const int node : {1, 2}) EXPECT_FALSE(believes_alive(node, 3));
}

TEST_F(Attack, AReplayOfAnEarlierLifeIsCountedAsStaleByAWholeNewCluster) {
    const auto recorded = record_a_life();
    for (int node = 1; node <= 3; ++node) EXPECT_EQ(cluster().stop(node), 0);
    mark();
    cluster().start_all();
    ASSERT_TRUE(cluster().wait_for_active());
    expect_all_joined();
    std::map<int, std::uint64_t> before;
    for (int node = 1; node <= 3; ++node) before[node] = refused(node, "stale");
    expect_ignored([&] { replay(recorded); });
    // All but releases, which are bound to a term and have no need to be fresh.
    for (int node = 1; node <= 3; ++node)
        EXPECT_GT(refused(node, "stale"), before[node] + recorded.size() / 2);
}

// Two nodes, one after the other: each must prove itself to the other, and must stay free to vote
// until the other is.
TEST_F(Attack, AReplayThatNeverEndsDoesNotKeepAClusterFromForming) {
    const auto recorded = record_a_life();
    for (int node = 1; node <= 3; ++node) EXPECT_EQ(cluster().stop(node), 0);
    std::jthread attack([&](const std::stop_token& stop) { replay_until(stop, recorded); });
    cluster().start(1);
    sleep_for(deadtime);
    cluster().start(2);
    EXPECT_TRUE(cluster().wait_for_active());
    expect_all_joined();
}

TEST_F(Attack, GarbageIsCountedAndIgnored) {
    const int active = begin();
    const Attacker attacker(cluster().client_host());
    std::mt19937 random(77);
    std::uniform_int_distribution<int> byte(0, 255);
    std::uniform_int_distribution<std::size_t> length(0, 1400);
    expect_ignored([&] {
        for (int i = 0; i < 300; ++i) {
            Datagram garbage{cluster().host(active).ipv4, Payload(length(random))};
            for (std::byte& b : garbage.payload) b = static_cast<std::byte>(byte(random));
            for (int node = 1; node <= 3; ++node) attacker.send(garbage, cluster().host(node));
        }
    });
    for (int node = 1; node <= 3; ++node)
        EXPECT_TRUE(node == active || refused(node, "malformed") > 100);
}

TEST_F(Attack, ADatagramOfAnyKindIsRefusedWhenAnyByteOfItIsAltered) {
    std::vector<Datagram> altered;
    for (const Datagram& genuine : one_of_each_kind(record_a_life()))
        for (std::size_t at = 0; at < genuine.payload.size(); ++at)
            for (const auto mask : {std::byte{0xff}, std::byte{1} << (at % 8)}) {
                altered.push_back(genuine);
                altered.back().payload[at] ^= mask;
            }
    expect_refused(altered);
}

TEST_F(Attack, ADatagramOfAnyKindIsRefusedAtAnyOtherLength) {
    std::vector<Datagram> altered;
    for (const Datagram& genuine : one_of_each_kind(record_a_life())) {
        for (std::size_t bytes = 0; bytes < genuine.payload.size(); ++bytes) {
            altered.push_back(genuine);
            altered.back().payload.resize(bytes);
        }
        altered.push_back(genuine);
        altered.back().payload.push_back(std::byte{0});
        altered.push_back(genuine);
        altered.back().payload.resize(1400);
    }
    expect_refused(altered);
}

TEST_F(Attack, WhatIsTooLongForADatagramOfOursIsDroppedByTheKernel) {
    const int active = begin();
    const int target = after(active);
    const auto dropped = [&] { return counter(target, "/datagrams/dropped"); };
    const auto before = dropped();
    constexpr std::size_t longest = 65507;
    std::uint64_t sent = 0;
    expect_ignored([&] {
        cluster().host(active).space.run([&] {
            const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
            const SocketAddress to({cluster().host(target).ipv4, heartbeat_port});
            for (std::size_t bytes = DatagramLink::datagram_bytes_max + 1; bytes <= longest;
                 bytes = bytes == longest ? bytes + 1 : std::min(2 * bytes, longest)) {
                const Payload payload(bytes);
                EXPECT_EQ(::sendto(socket.get(), payload.data(), bytes, 0, &to.generic, to.size()),
                          std::ssize(payload));
                ++sent;
            }
        });
        EXPECT_TRUE(wait_until([&] { return dropped() >= before + sent; }, patience));
    });
}

TEST_F(Attack, WhatComesFromNoPeerIsDroppedByTheKernel) {
    const auto recorded = record_a_life();
    std::vector<Datagram> strange = recorded;
    for (Datagram& datagram : strange) datagram.sender = cluster().client_host().ipv4;
    const auto dropped = [&](int node) { return counter(node, "/datagrams/dropped"); };
    std::map<int, std::uint64_t> before;
    for (int node = 1; node <= 3; ++node) before[node] = dropped(node);
    expect_ignored([&] {
        send_to_all(strange);
        for (int node = 1; node <= 3; ++node)
            EXPECT_TRUE(wait_until([&] { return dropped(node) == before[node] + strange.size(); },
                                   patience));
    });
}

// At a rate that leaves the machine time for the lab; bench-flood goes to the end.
TEST_F(Attack, AFloodLeavesTheActiveWhereItIs) {
    const auto recorded = record_a_life();
    const auto heartbeats = of_kind(recorded, 1);
    ASSERT_FALSE(heartbeats.empty());
    auto forged = heartbeats;
    for (Datagram& datagram : forged) datagram.payload.back() ^= std::byte{1};
    auto strange = heartbeats;
    for (std::size_t i = 0; i < strange.size(); ++i)
        strange[i].sender = parse_address(fmt::format("10.77.0.{}", 10 + i % 80)).value();
    constexpr std::uint64_t a_second = 9000;
    for (const auto& datagrams : {heartbeats, forged, strange}) {
        std::uint64_t sent = 0;
        expect_ignored([&] {
            std::jthread attack([&](const std::stop_token& stop) {
                sent = Attacker(cluster().client_host())
                           .flood(stop, shots_at_all(datagrams), a_second);
            });
            sleep_for(1s);
        });
        EXPECT_GT(sent, a_second / 4) << "that was no flood";
    }
}

}  // namespace
}  // namespace komainu::lab
