// A heartbeat costs no allocation: neither composing and sealing one, nor opening and hearing one.
#include <gtest/gtest.h>

#include "packet/datagram.h"
#include "test/lab/allocation_counter.h"
#include "test/unit/lone_node.h"

namespace komainu {
namespace {

TEST(SteadyState, OfAnActiveAllocatesNothing) {
    LoneNode cluster(3);
    const auto round = cluster.become_active({2, 3});
    ASSERT_NE(round, 0u);
    const std::array<Key, 1> key{};
    const KeyRing ring(key);
    const Datagrams datagrams(cluster_hash("shrine"), ring);
    std::array<std::byte, datagram_bytes_max> room;
    Event event = Received{};
    ActionList actions;
    actions.reserve(16);

    const auto beat = [&] {
        cluster.pass(LoneNode::interval);
        Received& received = std::get<Received>(event);
        for (const int peer : {2, 3}) {
            const Envelope envelope{n(peer), cluster.incarnation_of(peer),
                                    ++cluster.sequence_of(peer), 0};
            const auto words = cluster.words_following(peer, cluster.own_tenancy(round));
            const Bytes bytes = datagrams.seal(envelope, words, room);
            EXPECT_FALSE(datagrams.open(bytes, received.envelope, received.message));
            actions.clear();
            cluster.node().step(cluster.now(), event, actions);
        }
    };
    for (int i = 0; i < 10; ++i) beat();
    const auto before = lab::allocations();
    for (int i = 0; i < 1000; ++i) beat();
    EXPECT_EQ(lab::allocations(), before);
    EXPECT_EQ(cluster.node().role(), Role::active);
}

}  // namespace
}  // namespace komainu
