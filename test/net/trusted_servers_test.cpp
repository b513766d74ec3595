// Pings by the kernel's two kinds of sockets, answered by this host itself on its loopback
// interface.
#include "check/trusted_servers.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "packet/echo.h"
#include "test/lab/fail.h"
#include "test/lab/network.h"

namespace komainu {
namespace {

const IpAddress loopback = parse_address("127.0.0.1").value();
const IpAddress loopback_v6 = parse_address("::1").value();
const IpAddress nobody = parse_address("192.0.2.1").value();  // RFC 5737; no route to it here

constexpr std::string_view nobodys = "1 0";  // the kernel's default
constexpr std::string_view roots = "0 0";

/// Which groups may open unprivileged sockets.
void permit_pings(std::string_view range) {
    const Fd file(lab::must(::open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY | O_CLOEXEC),
                            "ping_group_range"));
    lab::must(::write(file.get(), range.data(), range.size()), "ping_group_range");
}

/// On a host of its own, where these groups may open unprivileged sockets.
class EchoSocketTest : public testing::TestWithParam<std::string_view> {
protected:
    EchoSocketTest() {
        if (GetParam() != nobodys) host_.space.run([] { permit_pings(GetParam()); });
    }
    Result<EchoSocket> open(Family family) {
        std::optional<Result<EchoSocket>> socket;
        host_.space.run([&] { socket.emplace(EchoSocket::open(family)); });
        return std::move(*socket);
    }

private:
    lab::Network network_;
    lab::Host& host_ = network_.add_host("pings", 1);
};

TEST_P(EchoSocketTest, HearsTheReplyToItsRequest) {
    for (const IpAddress& host : {loopback, loopback_v6}) {
        auto socket = open(host.family);
        ASSERT_TRUE(socket) << socket.error().what;
        socket->send(host, echo_request(host.family, 77));
        pollfd ready{socket->fd(), POLLIN, 0};
        ASSERT_EQ(::poll(&ready, 1, 5000), 1);
        std::vector<std::optional<std::uint64_t>> tokens;
        socket->receive([&](Bytes bytes, const IpAddress& source) {
            EXPECT_EQ(source, host);
            tokens.push_back(parse_echo_reply(
                host.family,
                socket->gives_ip_header() ? EchoFraming::ipv4_packet : EchoFraming::message,
                bytes));
        });
        EXPECT_EQ(tokens, std::vector{std::optional<std::uint64_t>(77)});
    }
}

TEST_P(EchoSocketTest, IsARawOneOnlyWhereTheOtherIsNotPermitted) {
    auto socket = open(Family::ipv4);
    ASSERT_TRUE(socket);
    EXPECT_EQ(socket->gives_ip_header(), GetParam() == nobodys);
}

INSTANTIATE_TEST_SUITE_P(Both, EchoSocketTest, testing::Values(nobodys, roots));

class TrustedServersTest : public testing::Test {
protected:
    void start(std::vector<IpAddress> servers) {
        auto sockets = TrustedServers::open_sockets(servers);
        ASSERT_TRUE(sockets) << sockets.error().what;
        trusted_.emplace(*loop_, std::move(*sockets), servers,
                         [this](bool reachable) { told_.push_back(reachable); });
        trusted_->start();
    }
    void run_for(Duration time) {
        bool over = false;
        Loop::Timer end(*loop_, [&] { over = true; });
        end.set(loop_->now() + time);
        while (!over) loop_->wake_up();
    }

    std::unique_ptr<Loop> loop_ = std::move(Loop::create()).value();
    std::optional<TrustedServers> trusted_;
    std::vector<bool> told_;
};

TEST_F(TrustedServersTest, AreReachableAsSoonAsOneAnswers) {
    start({nobody, loopback_v6});
    EXPECT_FALSE(trusted_->reachable());
    while (told_.empty()) loop_->wake_up();
    EXPECT_EQ(told_, std::vector{true});
    EXPECT_FALSE(trusted_->view()[0].answers);
    EXPECT_TRUE(trusted_->view()[1].answers);
}

TEST_F(TrustedServersTest, AreNotReachableWhileNoneAnswers) {
    start({nobody});
    run_for(TrustedServers::interval + 100ms);
    EXPECT_EQ(told_, std::vector<bool>{});
    EXPECT_EQ(trusted_->reason(), "no trusted server answers: 192.0.2.1");
}

TEST_F(TrustedServersTest, AnswerWhenTheyAreAskedOutOfTurn) {
    start({loopback});
    while (told_.empty()) loop_->wake_up();
    run_for(10ms);
    const Instant asked_at = loop_->now();
    EXPECT_FALSE(trusted_->answered_since(asked_at));
    trusted_->ask_now();
    run_for(100ms);
    EXPECT_TRUE(trusted_->answered_since(asked_at));
}

TEST_F(TrustedServersTest, StayReachableRoundAfterRound) {
    start({loopback});
    run_for(4 * TrustedServers::interval + 100ms);
    EXPECT_EQ(told_, std::vector{true});
}

}  // namespace
}  // namespace komainu
