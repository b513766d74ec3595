// The TCP check against listeners on the loopback interface.
#include "check/tcp_check.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <vector>

#include "io/socket_address.h"

namespace komainu {
namespace {

constexpr std::uint16_t port = 29695;

Fd listen_on(const Endpoint& endpoint, int backlog) {
    const SocketAddress address(endpoint);
    Fd socket(::socket(address.generic.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    EXPECT_EQ(setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), 0);
    EXPECT_EQ(bind(socket.get(), &address.generic, address.size()), 0);
    EXPECT_EQ(listen(socket.get(), backlog), 0);
    return socket;
}

class TcpCheckTest : public testing::Test {
protected:
    std::unique_ptr<TcpCheck> start(const char* address, Duration timeout = 1s) {
        ServiceConfig service;
        service.check = CheckKind::tcp;
        service.address = parse_endpoint(address);
        service.interval = 1ms;
        service.timeout = timeout;
        auto check = std::make_unique<TcpCheck>(*loop, service, [this](const auto& result) {
            verdicts.push_back(result.verdict);
            reason = result.reason;
        });
        check->start();
        return check;
    }

    void await(std::size_t count) {
        while (verdicts.size() < count) loop->wake_up();
    }

    std::unique_ptr<Loop> loop = std::move(Loop::create()).value();
    std::vector<Verdict> verdicts;
    std::string reason;
};

TEST_F(TcpCheckTest, PassesWhileSomebodyAccepts) {
    const Fd listener = listen_on({parse_address("127.0.0.1").value(), port}, 16);
    const auto check = start("127.0.0.1:29695");
    await(3);
    EXPECT_EQ(verdicts, std::vector(3, Verdict::passed)) << reason;
    EXPECT_EQ(reason, "127.0.0.1:29695: connected");
}

TEST_F(TcpCheckTest, PassesOverIpv6) {
    const Fd listener = listen_on({parse_address("::1").value(), port}, 16);
    const auto check = start("[::1]:29695");
    await(1);
    EXPECT_EQ(verdicts.back(), Verdict::passed) << reason;
}

TEST_F(TcpCheckTest, FailsWhileNobodyListensAndPassesOnceSomebodyDoes) {
    const auto check = start("127.0.0.1:29695");
    await(2);
    EXPECT_EQ(verdicts.back(), Verdict::failed);
    EXPECT_EQ(reason, "127.0.0.1:29695: Connection refused");
    const Fd listener = listen_on({parse_address("127.0.0.1").value(), port}, 16);
    while (verdicts.back() != Verdict::passed) loop->wake_up();
}

// A full backlog takes no further connection and refuses none either.
TEST_F(TcpCheckTest, FailsWhenNoAnswerComesInTime) {
    const Endpoint endpoint{parse_address("127.0.0.1").value(), port};
    const Fd listener = listen_on(endpoint, 0);
    const SocketAddress address(endpoint);
    std::vector<Fd> waiting;
    for (int i = 0; i < 4; ++i) {
        waiting.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        connect(waiting.back().get(), &address.generic, address.size());
    }
    const auto check = start("127.0.0.1:29695", 5ms);
    await(1);
    EXPECT_EQ(verdicts.back(), Verdict::failed);
    EXPECT_EQ(reason, "127.0.0.1:29695: Connection timed out");
}

TEST_F(TcpCheckTest, EndsTheConnectionWithoutAReset) {
    const Fd listener = listen_on({parse_address("127.0.0.1").value(), port}, 16);
    const auto check = start("127.0.0.1:29695");
    await(1);
    const Fd accepted(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    char byte;
    EXPECT_EQ(recv(accepted.get(), &byte, 1, 0), 0) << std::strerror(errno);
}

}  // namespace
}  // namespace komainu
