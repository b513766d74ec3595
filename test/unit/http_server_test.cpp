// The server of one page, with real sockets on the loopback interface.
#include "io/http_server.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <deque>

#include "io/http_request.h"
#include "io/socket_address.h"

namespace komainu {
namespace {

constexpr const char* request = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";

class HttpServerTest : public testing::Test {
protected:
    HttpServerTest() {
        auto listener = listen_at({*parse_address("127.0.0.1"), 0});
        EXPECT_TRUE(listener) << listener.error().what;
        socklen_t size = sizeof address_.ipv6;
        EXPECT_EQ(getsockname(listener->get(), &address_.generic, &size), 0);
        server_.emplace(*loop_, std::move(*listener),
                        HttpServer::Page{"/metrics", "text/plain", [this] { return page; }});
    }

    Fd connect() const {
        Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(::connect(socket.get(), &address_.generic, address_.size()), 0);
        constexpr timeval soon{0, 1000};
        setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
        return socket;
    }
    static void say(const Fd& socket, std::string_view text) {
        EXPECT_EQ(send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    /// What is answered, up to the end of the connection.
    std::string read(const Fd& socket) {
        std::string text;
        std::array<char, 65536> bytes;
        for (;;) {
            const auto got = recv(socket.get(), bytes.data(), bytes.size(), 0);
            if (got > 0) text.append(bytes.data(), static_cast<std::size_t>(got));
            if (got == 0) return text;
            if (got < 0 && errno != EAGAIN) return text + "[reset]";
            if (got < 0) turn();
        }
    }
    /// One wake-up, for which there is a reason.
    void turn() {
        tick_.set(loop_->now());
        loop_->wake_up();
    }

    std::string page = "a 1\n";

private:
    SocketAddress address_;
    std::unique_ptr<Loop> loop_ = std::move(Loop::create()).value();
    Loop::Timer tick_{*loop_, [] {}};
    std::optional<HttpServer> server_;
};

TEST_F(HttpServerTest, GivesThePageAndCloses) {
    const Fd client = connect();
    say(client, request);
    const std::string answer = read(client);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\na 1\n")) << answer;
}

TEST_F(HttpServerTest, TakesARequestInPieces) {
    const Fd client = connect();
    for (const char letter : std::string_view(request)) {
        say(client, std::string(1, letter));
        turn();
    }
    EXPECT_TRUE(read(client).ends_with("a 1\n"));
}

TEST_F(HttpServerTest, GivesALongPageToASlowReader) {
    page = std::string(8'000'000, 'x');
    const Fd client = connect();
    say(client, request);
    for (int i = 0; i < 20; ++i) turn();
    EXPECT_TRUE(read(client).ends_with("\r\n\r\n" + page));
}

TEST_F(HttpServerTest, AnswersWithoutAResetThoughMoreIsSentThanItReads) {
    const Fd client = connect();
    say(client, "POST /metrics HTTP/1.1\r\n\r\n" + std::string(100'000, 'x'));
    EXPECT_TRUE(read(client).starts_with("HTTP/1.1 405 "));
}

TEST_F(HttpServerTest, RefusesARequestWithoutEnd) {
    const Fd client = connect();
    say(client, std::string(http_request_bytes_max, 'x'));
    EXPECT_TRUE(read(client).starts_with("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, ServesOneMoreThanItHasPlacesForByClosingTheOldest) {
    std::deque<Fd> silent;
    for (std::size_t i = 0; i < HttpServer::connections_max; ++i) {
        silent.push_back(connect());
        turn();
    }
    const Fd client = connect();
    say(client, request);
    EXPECT_TRUE(read(client).ends_with("a 1\n"));
    EXPECT_EQ(read(silent.front()), "");
}

TEST_F(HttpServerTest, CannotListenWhereSomebodyDoes) {
    const auto first = listen_at({*parse_address("127.0.0.1"), 0});
    SocketAddress address;
    socklen_t size = sizeof address.ipv6;
    ASSERT_EQ(getsockname(first.value().get(), &address.generic, &size), 0);
    const auto second = listen_at(address.endpoint());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().what.find("cannot listen at 127.0.0.1:"), 0u) << second.error().what;
}

}  // namespace
}  // namespace komainu
