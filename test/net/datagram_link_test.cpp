// Two links on one host, by two addresses of its loopback interface.
#include "io/datagram_link.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "io/loop.h"
#include "test/lab/allocation_counter.h"

namespace komainu {
namespace {

constexpr std::uint16_t port = 29694;

IpAddress address(const char* text) { return parse_address(text).value(); }

DatagramLinkOptions options(const char* own, std::vector<IpAddress> peers) {
    return {.own = address(own), .port = port, .group = {}, .peers = std::move(peers)};
}

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

struct Received {
    std::string text;
    Endpoint source;
    bool operator==(const Received&) const = default;
};

std::vector<Received> receive(DatagramLink& link) {
    std::vector<Received> all;
    link.receive([&](std::span<const std::byte> datagram, const Endpoint& source) {
        std::string text(datagram.size(), ' ');
        std::ranges::transform(datagram, text.begin(),
                               [](std::byte b) { return static_cast<char>(b); });
        all.push_back({text, source});
    });
    return all;
}

TEST(DatagramLink, SendsToAllPeersFromItsOwnAddress) {
    auto one =
        DatagramLink::open(options("127.0.0.1", {address("127.0.0.2"), address("127.0.0.3")}));
    auto two = DatagramLink::open(options("127.0.0.2", {address("127.0.0.1")}));
    auto three = DatagramLink::open(options("127.0.0.3", {address("127.0.0.1")}));
    ASSERT_TRUE(one && two && three);
    one->send_all(bytes("hello"));
    const std::vector<Received> expected{{"hello", {address("127.0.0.1"), port}}};
    EXPECT_EQ(receive(*two), expected);
    EXPECT_EQ(receive(*three), expected);
    EXPECT_EQ(one->counters().sent, 2);
    EXPECT_EQ(two->counters().received, 1);
}

TEST(DatagramLink, SendsToOnePeer) {
    auto one =
        DatagramLink::open(options("127.0.0.1", {address("127.0.0.2"), address("127.0.0.3")}));
    auto two = DatagramLink::open(options("127.0.0.2", {address("127.0.0.1")}));
    auto three = DatagramLink::open(options("127.0.0.3", {address("127.0.0.1")}));
    ASSERT_TRUE(one && two && three);
    one->send_to(1, bytes("hello"));
    EXPECT_TRUE(receive(*two).empty());
    EXPECT_EQ(receive(*three).size(), 1);
}

TEST(DatagramLink, SendsToTheOtherPeersWhenOneCannotBeReached) {
    // Nothing routes to the addresses for future use (RFC 1112, section 4).
    auto one = DatagramLink::open(
        options("127.0.0.1", {address("240.0.0.1"), address("127.0.0.2"), address("240.0.0.2")}));
    auto two = DatagramLink::open(options("127.0.0.2", {address("127.0.0.1")}));
    ASSERT_TRUE(one && two);
    one->send_all(bytes("hello"));
    EXPECT_EQ(receive(*two).size(), 1);
    EXPECT_EQ(one->counters().sent, 1);
    EXPECT_NE(one->counters().last_send_error, 0);
}

TEST(DatagramLink, DropsAndCountsADatagramThatIsTooLong) {
    auto one = DatagramLink::open(options("127.0.0.1", {address("127.0.0.2")}));
    auto two = DatagramLink::open(options("127.0.0.2", {address("127.0.0.1")}));
    ASSERT_TRUE(one && two);
    one->send_all(bytes(std::string(DatagramLink::datagram_bytes_max + 1, 'x')));
    one->send_all(bytes(std::string(DatagramLink::datagram_bytes_max, 'x')));
    EXPECT_EQ(receive(*two).size(), 1);
    EXPECT_EQ(two->counters().dropped, 1);
}

TEST(DatagramLink, HearsNobodyButItsPeers) {
    auto one = DatagramLink::open(options("127.0.0.1", {address("127.0.0.9")}));
    auto two = DatagramLink::open(options("127.0.0.2", {address("127.0.0.9")}));
    auto nine = DatagramLink::open(
        options("127.0.0.9", {address("127.0.0.7"), address("127.0.0.8"), address("127.0.0.2")}));
    ASSERT_TRUE(one && two && nine);
    one->send_all(bytes("stranger"));
    two->send_all(bytes("peer"));
    const std::vector<Received> expected{{"peer", {address("127.0.0.2"), port}}};
    EXPECT_EQ(receive(*nine), expected);
    EXPECT_EQ(nine->counters().dropped, 1);
}

TEST(DatagramLink, HearsNobodyButItsIpv6Peers) {
    auto link = DatagramLink::open(options("::1", {address("fd77::1"), address("::2")}));
    ASSERT_TRUE(link) << link.error().what;
    const Fd stranger(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const SocketAddress to({address("::1"), port});
    ASSERT_EQ(::sendto(stranger.get(), "x", 1, 0, &to.generic, to.size()), 1);
    EXPECT_TRUE(receive(*link).empty());
    EXPECT_EQ(link->counters().dropped, 1);
}

TEST(DatagramLink, TakesAnEmptyDatagramForADatagram) {
    auto one = DatagramLink::open(options("127.0.0.1", {address("127.0.0.2")}));
    auto two = DatagramLink::open(options("127.0.0.2", {address("127.0.0.1")}));
    ASSERT_TRUE(one && two);
    one->send_all({});
    EXPECT_EQ(receive(*two).size(), 1);
}

// How many datagrams fit in the buffer depends on net.core.rmem_max; what does not is lost.
TEST(DatagramLink, ReceivesABoundedNumberAndTheRestTheNextTime) {
    auto one = DatagramLink::open(options("127.0.0.1", {address("127.0.0.2")}));
    auto two = DatagramLink::open(options("127.0.0.2", {address("127.0.0.1")}));
    ASSERT_TRUE(one && two);
    for (std::size_t i = 0; i < 2 * DatagramLink::receive_datagrams_max; ++i)
        one->send_all(bytes("x"));
    std::size_t all = 0;
    while (const auto some = receive(*two).size()) {
        EXPECT_LE(some, DatagramLink::receive_datagrams_max);
        all += some;
    }
    EXPECT_EQ(all, two->counters().received);
    EXPECT_GT(all, 100);
}

TEST(DatagramLink, ReceivesNothingAndCountsNoErrorWhenNothingIsThere) {
    auto one = DatagramLink::open(options("127.0.0.1", {}));
    ASSERT_TRUE(one);
    EXPECT_TRUE(receive(*one).empty());
    EXPECT_EQ(one->counters().receive_errors, 0);
}

TEST(DatagramLink, SpeaksIpv6) {
    auto link = DatagramLink::open(options("::1", {address("::1")}));
    ASSERT_TRUE(link) << link.error().what;
    link->send_all(bytes("hello"));
    const std::vector<Received> expected{{"hello", {address("::1"), port}}};
    EXPECT_EQ(receive(*link), expected);
}

TEST(DatagramLink, SaysWhoMayHaveTheAddressThatIsInUse) {
    const auto first = DatagramLink::open(options("127.0.0.1", {}));
    const auto second = DatagramLink::open(options("127.0.0.1", {}));
    ASSERT_TRUE(first);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().what,
              "127.0.0.1:29694 is in use: another komainud with this node's address runs on this "
              "host, or another program has the port (ss -tulnp shows it); end it, or give all "
              "nodes another port");
}

TEST(DatagramLink, SaysThatAnAddressIsNotOfThisHost) {
    const auto link = DatagramLink::open(options("192.0.2.1", {}));
    ASSERT_FALSE(link);
    EXPECT_EQ(link.error().what, "192.0.2.1 is not an address of this host (or not usable yet)");
}

TEST(DatagramLink, AllocatesNothingInTheSteadyStateAndNeitherDoesTheLoop) {
    auto one = DatagramLink::open(options("127.0.0.1", {address("127.0.0.2")}));
    auto two = DatagramLink::open(options("127.0.0.2", {address("127.0.0.1")}));
    ASSERT_TRUE(one && two);
    const auto loop = std::move(Loop::create()).value();
    std::uint64_t rounds = 0;
    std::uint64_t before = 0;
    Loop::Timer interval(*loop, [&] {
        one->send_all(bytes("heartbeat"));
        interval.set(loop->now() + 100us);
    });
    const auto watch = loop->watch(two->fd(), EPOLLIN, [&](std::uint32_t) {
        two->receive([&](std::span<const std::byte>, const Endpoint&) { ++rounds; });
        if (rounds == 5) before = lab::allocations();
        if (rounds >= 50) loop->stop();
    });
    interval.set(loop->now());
    loop->run();
    EXPECT_NE(before, 0);
    EXPECT_EQ(lab::allocations(), before);
}

}  // namespace
}  // namespace komainu
