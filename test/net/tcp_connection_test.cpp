// Connections between two addresses of one host's loopback interface, and a listener on a host of a
// LAN.
#include "io/tcp_connection.h"

#include <gtest/gtest.h>
#include <seccomp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "io/loop.h"
#include "test/lab/allocation_counter.h"
#include "test/lab/clock.h"
#include "test/lab/network.h"

namespace komainu {
namespace {

constexpr std::uint16_t port = 29695;

IpAddress address(const char* text) { return parse_address(text).value(); }

DatagramLinkOptions options(const char* own, std::vector<IpAddress> peers) {
    return {.own = address(own), .port = port, .group = {}, .peers = std::move(peers)};
}

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text(std::span<const std::byte> received) {
    std::string text(received.size(), ' ');
    std::ranges::copy(received, std::as_writable_bytes(std::span(text)).begin());
    return text;
}

class TcpConnectionTest : public testing::Test {
protected:
    TcpConnectionTest() {
        auto dialed = TcpConnection::dial(own, address("127.0.0.1"));
        EXPECT_TRUE(dialed);
        dialing.emplace(std::move(*dialed));
        EXPECT_TRUE(lab::wait_until([&] { return accept(); }, 2s));
        EXPECT_TRUE(dialing->on_ready(EPOLLOUT));
        EXPECT_FALSE(dialing->is_connecting());
    }
    bool accept() {
        auto accepted = listener->accept();
        EXPECT_TRUE(accepted);
        if (!accepted.value()) return false;
        EXPECT_EQ(accepted.value()->from.address, own.own);
        accepting.emplace(std::move(accepted.value()->socket));
        return true;
    }
    static bool receives(TcpConnection& connection, std::string_view expected) {
        return lab::wait_until(
            [&] {
                EXPECT_TRUE(connection.on_ready(EPOLLIN));
                return text(connection.received()) == expected;
            },
            2s);
    }

    DatagramLinkOptions own = options("127.0.0.2", {address("127.0.0.1")});
    Result<TcpListener> listener = TcpListener::open(options("127.0.0.1", {address("127.0.0.2")}));
    std::optional<TcpConnection> dialing;
    std::optional<TcpConnection> accepting;
};

TEST_F(TcpConnectionTest, CarriesBytesBothWays) {
    EXPECT_TRUE(dialing->send(bytes("hello")));
    EXPECT_TRUE(receives(*accepting, "hello"));
    accepting->drop_received(4);
    EXPECT_TRUE(dialing->send(bytes(", world")));
    EXPECT_TRUE(receives(*accepting, "o, world"));
    EXPECT_TRUE(accepting->send(bytes("yes")));
    EXPECT_TRUE(receives(*dialing, "yes"));
}

TEST_F(TcpConnectionTest, WaitsForRoomToSendOnlyWhileItHasSomethingToSend) {
    EXPECT_EQ(dialing->wanted_events(), std::uint32_t{EPOLLIN});
    const std::string much(16 * 1024, 'x');
    while (!dialing->has_unsent()) ASSERT_TRUE(dialing->send(bytes(much)));
    EXPECT_EQ(dialing->wanted_events(), std::uint32_t{EPOLLIN | EPOLLOUT});
    EXPECT_TRUE(lab::wait_until(
        [&] {
            EXPECT_TRUE(accepting->on_ready(EPOLLIN));
            accepting->drop_received(accepting->received().size());
            EXPECT_TRUE(dialing->on_ready(EPOLLOUT));
            return !dialing->has_unsent();
        },
        2s));
    EXPECT_EQ(dialing->wanted_events(), std::uint32_t{EPOLLIN});
}

TEST_F(TcpConnectionTest, WhoReadsNothingIsSentNoMoreThanFits) {
    const std::string much(16 * 1024, 'x');
    int sent = 0;
    while (dialing->send(bytes(much))) ASSERT_LT(++sent, 10'000);
    EXPECT_TRUE(dialing->has_unsent());
}

TEST_F(TcpConnectionTest, KeepsNoMoreThanFitsOfWhatIsNotTaken) {
    const std::string much(16 * 1024, 'x');
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(dialing->send(bytes(much)));
    EXPECT_TRUE(lab::wait_until(
        [&] {
            EXPECT_TRUE(accepting->on_ready(EPOLLIN));
            return accepting->received().size() == TcpConnection::received_bytes_max;
        },
        2s));
    EXPECT_TRUE(accepting->on_ready(EPOLLIN));
    EXPECT_EQ(accepting->received().size(), TcpConnection::received_bytes_max);
}

TEST_F(TcpConnectionTest, TellsOfTheEndAfterWhatCameBeforeIt) {
    EXPECT_TRUE(dialing->send(bytes("bye")));
    dialing.reset();
    EXPECT_TRUE(receives(*accepting, "bye"));
    EXPECT_TRUE(lab::wait_until([&] { return !accepting->on_ready(EPOLLIN); }, 2s));
    EXPECT_FALSE(accepting->send(bytes("?")) && accepting->send(bytes("?")) &&
                 accepting->send(bytes("?")));
}

TEST_F(TcpConnectionTest, AllocatesNothingOnceItIsMade) {
    const auto before = lab::allocations();
    EXPECT_TRUE(dialing->send(bytes("hello")));
    while (accepting->received().size() < 5) EXPECT_TRUE(accepting->on_ready(EPOLLIN));
    accepting->drop_received(5);
    EXPECT_EQ(lab::allocations(), before);
}

TEST_F(TcpConnectionTest, NobodyButPeersIsAnswered) {
    auto stranger = TcpConnection::dial(options("127.0.0.3", {}), address("127.0.0.1"));
    ASSERT_TRUE(stranger);
    lab::sleep_for(200ms);
    auto accepted = listener->accept();
    ASSERT_TRUE(accepted);
    EXPECT_FALSE(accepted.value());
}

TEST(TcpListener, IsOpenAgainAtOnceAfterItWasClosed) {
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(TcpListener::open(options("127.0.0.1", {address("127.0.0.2")})));
}

TEST(TcpListener, WaitsForAnAddressThatIsNotThere) {
    const auto listener = TcpListener::open(options("192.0.2.1", {}));
    ASSERT_FALSE(listener);
    EXPECT_TRUE(may_come_later(listener.error()));
}

/// Of a host's own address on its only interface.
class TiedListener : public testing::TestWithParam<Family> {
protected:
    TiedListener() {
        host.space.run([&] {
            auto opened =
                TcpListener::open({.own = GetParam() == Family::ipv4 ? host.ipv4 : host.ipv6,
                                   .port = port,
                                   .interface = "eth0",
                                   .group = {},
                                   .peers = {}});
            ASSERT_TRUE(opened) << opened.error().what;
            listener.emplace(std::move(*opened));
        });
    }
    bool was_replaced() const {
        bool replaced = false;
        host.space.run([&] { replaced = listener->interface_was_replaced(); });
        return replaced;
    }

    lab::Network network;
    const lab::Host& host = network.add_host("node1", 1);
    std::optional<TcpListener> listener;
};

TEST_P(TiedListener, FollowsItsInterfaceWhenThatIsReplaced) {
    EXPECT_FALSE(was_replaced());
    network.remove_interface(host);
    EXPECT_FALSE(was_replaced()) << "there is none yet";
    network.replace_interface(host);
    EXPECT_TRUE(was_replaced());
    host.space.run([&] {
        const Status opened = listener->reopen();
        EXPECT_TRUE(opened) << opened.error().what;
    });
    EXPECT_FALSE(was_replaced());
}

/// A list of the addresses of a host may be long, and the kernel is asked for it by netlink.
TEST_P(TiedListener, AsksForNoListWhileItsInterfaceStays) {
    host.space.run([&] {
        const pid_t child = fork();
        if (child == 0) {
            const auto filter = seccomp_init(SCMP_ACT_ALLOW);
            const scmp_arg_cmp netlink{0, SCMP_CMP_EQ, AF_NETLINK, 0};
            seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(socket), 1, &netlink);
            if (seccomp_load(filter) != 0) _exit(2);
            _exit(listener->interface_was_replaced() ? 1 : 0);
        }
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    });
}

INSTANTIATE_TEST_SUITE_P(, TiedListener, testing::Values(Family::ipv4, Family::ipv6),
                         [](const auto& family) {
                             return family.param == Family::ipv4 ? "Ipv4" : "Ipv6";
                         });

TEST(TcpConnection, WhereNobodyListensThereIsNone) {
    auto dialed = TcpConnection::dial(options("127.0.0.2", {}), address("127.0.0.9"));
    EXPECT_TRUE(!dialed || !dialed->on_ready(EPOLLOUT));
}

}  // namespace
}  // namespace komainu
