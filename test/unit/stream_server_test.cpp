// The control socket's server with real sockets in a directory of its own.
#include "io/stream_server.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "test/lab/temporary_directory.h"

namespace komainu {
namespace {

using lab::TemporaryDirectory;

class Connection {
public:
    explicit Connection(const std::string& path)
        : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        union {
            sockaddr generic;
            sockaddr_un unix_path;
        } address{};
        address.unix_path.sun_family = AF_UNIX;
        path.copy(address.unix_path.sun_path, sizeof address.unix_path.sun_path - 1);
        connected_ = connect(socket_.get(), &address.generic, sizeof address.unix_path) == 0;
    }

    bool connected() const { return connected_; }
    void send(const std::string& text) const {
        EXPECT_EQ(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    void send_no_more() const { EXPECT_EQ(shutdown(socket_.get(), SHUT_WR), 0); }
    void close() { socket_.close(); }

    /// Takes what has come.
    std::string read() {
        char bytes[65536];
        std::string text = std::exchange(kept_, {});
        for (;;) {
            const auto got = recv(socket_.get(), bytes, sizeof bytes, 0);
            if (got <= 0) {
                ended_ = got == 0 || errno != EAGAIN;
                return text;
            }
            text.append(bytes, static_cast<std::size_t>(got));
        }
    }
    bool ended() {
        kept_ = read();
        return ended_;
    }

private:
    Fd socket_;
    std::string kept_;  // read, and not yet asked for
    bool connected_ = false;
    bool ended_ = false;
};

class StreamServerTest : public testing::Test {
protected:
    struct Request {
        ClientId client;
        std::string line;
    };

    StreamServerTest() {
        tick_ = std::make_unique<Loop::Timer>(*loop, [] {});
        auto listener = UnixListener::open(path);
        EXPECT_TRUE(listener) << listener.error().what;
        server = std::make_unique<StreamServer>(
            *loop, std::move(listener).value(),
            [this](ClientId client, std::string_view line) {
                requests.push_back({client, std::string(line)});
                if (!echo) return;
                const bool looks = server->may_only_look(client);
                server->reply(client, (looks ? "only looks: " : "") + echo_of(line));
            },
            lookers);
    }

    static constexpr gid_t lookers = 65533;

    static std::string echo_of(std::string_view line) { return "echo " + std::string(line); }

    // What is ready is handled; nothing is waited for.
    void turn(int times = 3) {
        for (int i = 0; i < times; ++i) {
            tick_->set(loop->now());
            loop->wake_up();
        }
    }

    TemporaryDirectory directory;
    const std::string path = directory.path("control.sock");
    std::unique_ptr<Loop> loop = std::move(Loop::create()).value();
    std::unique_ptr<Loop::Timer> tick_;
    std::vector<Request> requests;
    bool echo = true;
    std::unique_ptr<StreamServer> server;
};

TEST_F(StreamServerTest, AnswersALineWithALine) {
    Connection client(path);
    client.send("status\n");
    turn();
    EXPECT_EQ(client.read(), "echo status\n");
    EXPECT_FALSE(client.ended());
}

TEST_F(StreamServerTest, PutsALineTogetherThatComesInPieces) {
    Connection client(path);
    client.send("sta");
    turn();
    EXPECT_TRUE(requests.empty());
    client.send("tus\n");
    turn();
    EXPECT_EQ(client.read(), "echo status\n");
}

TEST_F(StreamServerTest, AnswersLinesThatComeTogetherOneByOneAndInOrder) {
    Connection client(path);
    client.send("a\nb\n\nc\n");
    client.send_no_more();
    turn(6);
    EXPECT_EQ(client.read(), "echo a\necho b\necho \necho c\n");
    EXPECT_TRUE(client.ended());
}

TEST_F(StreamServerTest, AnswersOneLineOfAClientInATurn) {
    constexpr int lines = 200;
    Connection client(path);
    std::string all;
    for (int i = 0; i < lines; ++i) all += "a\n";
    client.send(all);
    turn(1);  // accepts it
    for (std::size_t turns = 1; turns <= lines; ++turns) {
        turn(1);
        EXPECT_EQ(requests.size(), turns);
        EXPECT_EQ(client.read(), "echo a\n");
    }
}

TEST_F(StreamServerTest, HasOneRequestOfAClientUnderWayAtATime) {
    echo = false;
    Connection client(path);
    client.send("a\nb\n");
    turn();
    ASSERT_EQ(requests.size(), 1);
    server->reply(requests[0].client, "first");
    EXPECT_EQ(requests.size(), 1) << "the next line has a turn of its own";
    turn();
    ASSERT_EQ(requests.size(), 2);
    EXPECT_EQ(requests[1].line, "b");
    server->reply(requests[1].client, "second");
    EXPECT_EQ(client.read(), "first\nsecond\n");
}

TEST_F(StreamServerTest, IgnoresASecondReplyToOneRequest) {
    echo = false;
    Connection client(path);
    client.send("a\n");
    turn();
    server->reply(requests[0].client, "first");
    server->reply(requests[0].client, "again");
    EXPECT_EQ(client.read(), "first\n");
}

TEST_F(StreamServerTest, AnswersAClientThatHasSaidAllAndThenEndsTheConnection) {
    echo = false;
    Connection client(path);
    client.send("a\n");
    client.send_no_more();
    turn();
    ASSERT_EQ(requests.size(), 1);
    EXPECT_FALSE(client.ended());
    server->reply(requests[0].client, "done");
    turn();
    EXPECT_EQ(client.read(), "done\n");
    EXPECT_TRUE(client.ended());
}

TEST_F(StreamServerTest, DropsTheReplyToAClientThatHasGoneEvenWhenAnotherHasItsPlace) {
    echo = false;
    Connection gone(path);
    gone.send("a\n");
    turn();
    gone.close();
    turn();
    Connection next(path);
    next.send("b\n");
    turn();
    ASSERT_EQ(requests.size(), 2);
    server->reply(requests[0].client, "for the first");
    EXPECT_EQ(next.read(), "");
    server->reply(requests[1].client, "for the second");
    EXPECT_EQ(next.read(), "for the second\n");
}

TEST_F(StreamServerTest, RefusesARequestThatIsTooLong) {
    Connection client(path);
    client.send(std::string(StreamServer::request_bytes_max + 10, 'x'));
    turn();
    EXPECT_EQ(client.read(), "{\"ok\":false,\"error\":\"the request is too long\"}\n");
    EXPECT_TRUE(client.ended());
    EXPECT_TRUE(requests.empty());
}

TEST_F(StreamServerTest, RefusesARequestThatIsTooLongAfterAnother) {
    echo = false;
    Connection client(path);
    const std::string first(StreamServer::request_bytes_max - 1, 'x');
    client.send(first + "\n");
    turn();
    client.send(std::string(StreamServer::request_bytes_max, 'x'));
    ASSERT_EQ(requests.size(), 1);
    server->reply(requests[0].client, "first");
    turn();
    EXPECT_EQ(client.read(), "first\n{\"ok\":false,\"error\":\"the request is too long\"}\n");
    EXPECT_TRUE(client.ended());
}

TEST_F(StreamServerTest, TakesARequestThatIsJustAsLongAsItMayBe) {
    Connection client(path);
    client.send(std::string(StreamServer::request_bytes_max - 1, 'x') + "\n");
    turn();
    EXPECT_EQ(requests.size(), 1);
}

TEST_F(StreamServerTest, IsNotHeldUpByAClientThatDoesNotReadItsAnswer) {
    echo = false;
    Connection slow(path);
    slow.send("a\n");
    turn();
    const std::string answer(StreamServer::answer_bytes_max - 1, 'x');
    server->reply(requests[0].client, answer);
    echo = true;
    Connection other(path);
    other.send("b\n");
    turn();
    EXPECT_EQ(other.read(), "echo b\n");

    std::string received = slow.read();
    while (received.size() <= answer.size() && !slow.ended()) {
        turn();
        received += slow.read();
    }
    EXPECT_EQ(received, answer + "\n");
}

TEST_F(StreamServerTest, SaysSoWhenAnAnswerIsTooLong) {
    echo = false;
    Connection client(path);
    client.send("a\n");
    turn();
    server->reply(requests[0].client, std::string(StreamServer::answer_bytes_max, 'x'));
    EXPECT_EQ(client.read(), "{\"ok\":false,\"error\":\"the answer is too long\"}\n");
}

TEST_F(StreamServerTest, TurnsOneClientTooManyAwayAndTakesItWhenAPlaceIsFree) {
    std::deque<Connection> clients;
    for (std::size_t i = 0; i < StreamServer::clients_max; ++i) clients.emplace_back(path);
    turn();
    Connection late(path);
    turn();
    EXPECT_EQ(late.read(), "{\"ok\":false,\"error\":\"too many clients, try again\"}\n");
    EXPECT_TRUE(late.ended());
    clients.front().close();
    turn();
    Connection again(path);
    again.send("a\n");
    turn();
    EXPECT_EQ(again.read(), "echo a\n");
}

TEST_F(StreamServerTest, MayBeDestroyedWhileClientsAreConnected) {
    Connection client(path);
    turn();
    server.reset();
    EXPECT_TRUE(client.ended());
    EXPECT_FALSE(std::filesystem::exists(path));
}

// --- Who may ask --------------------------------------------------------------------------------

class OtherUser : public StreamServerTest {
protected:
    static constexpr gid_t nobody = 65534;

    // What a process of another user is answered. Nothing when there can be no other user here.
    // With more than one connection, the last.
    std::string answer_to_a_process_of(gid_t supplementary_group, std::size_t connections = 1) {
        // The files let everybody in, so that it is the server who decides.
        EXPECT_EQ(chmod(directory.path("").c_str(), 0755), 0);
        EXPECT_EQ(chmod(path.c_str(), 0666), 0);
        int ends[2];
        EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
        const Fd answer(ends[0]);
        Fd write_end(ends[1]);
        const pid_t child = fork();
        if (child == 0) ask_as_nobody(supplementary_group, connections, write_end.get());
        write_end.close();
        while (waitpid(child, nullptr, WNOHANG) == 0) turn(1);
        char bytes[256];
        const auto got = read(answer.get(), bytes, sizeof bytes);
        return {bytes, static_cast<std::size_t>(std::max(got, ssize_t{0}))};
    }

private:
    [[noreturn]] void ask_as_nobody(gid_t supplementary_group, std::size_t connections,
                                    int answer_to) const {
        if (setgroups(1, &supplementary_group) != 0 || setgid(nobody) != 0 || setuid(nobody) != 0)
            _exit(1);
        std::deque<Connection> before;
        while (before.size() + 1 < connections) before.emplace_back(path);
        Connection client(path);
        client.send("status\n");
        std::string answer;
        while (answer.empty() && !client.ended()) answer += client.read();
        answer += client.read();
        _exit(write(answer_to, answer.data(), answer.size()) > 0 ? 0 : 1);
    }
};

TEST_F(OtherUser, IsRefused) {
    const auto answer = answer_to_a_process_of(nobody);
    if (answer.empty()) GTEST_SKIP() << "there is no other user here";
    EXPECT_NE(answer.find("only root and the user or group"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with(R"(,"code":"forbidden"})"
                                 "\n"))
        << answer;
    EXPECT_TRUE(requests.empty());
}

TEST_F(OtherUser, IsServedWhenInTheGroupOfTheDaemon) {
    const auto answer = answer_to_a_process_of(getegid());
    if (answer.empty()) GTEST_SKIP() << "there is no other user here";
    EXPECT_EQ(answer, "echo status\n");
}

TEST_F(OtherUser, MayOnlyLookWhenInTheGroupForThat) {
    const auto answer = answer_to_a_process_of(lookers);
    if (answer.empty()) GTEST_SKIP() << "there is no other user here";
    EXPECT_EQ(answer, "only looks: echo status\n");
}

TEST_F(OtherUser, CannotTakeThePlacesOfThoseWhoMayDoEverything) {
    const auto answer = answer_to_a_process_of(lookers, StreamServer::lookers_max + 1);
    if (answer.empty()) GTEST_SKIP() << "there is no other user here";
    EXPECT_EQ(answer, "{\"ok\":false,\"error\":\"too many clients, try again\"}\n");
}

// --- The listener -------------------------------------------------------------------------------

TEST_F(StreamServerTest, LetsNobodyButOwnerAndGroupConnect) {
    struct stat found {};
    ASSERT_EQ(stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0660);
}

TEST_F(StreamServerTest, LetsEverybodyConnectWhereTheServerAsksWhoItIs) {
    const auto open = UnixListener::open(directory.path("other.sock"), SocketIsFor::everybody);
    ASSERT_TRUE(open);
    struct stat found {};
    ASSERT_EQ(stat(directory.path("other.sock").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0666);
}

TEST_F(StreamServerTest, IsNotDisplacedByASecondDaemon) {
    const auto second = UnixListener::open(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().what,
              "another komainud (pid " + std::to_string(getpid()) + ") already serves " + path);
    EXPECT_TRUE(Connection(path).connected());
}

TEST_F(StreamServerTest, LeavesThePathToTheNextDaemon) {
    server.reset();
    EXPECT_TRUE(UnixListener::open(path));
}

TEST_F(StreamServerTest, TakesOverASocketThatAKilledDaemonLeft) {
    TemporaryDirectory other;
    const auto left = other.path("control.sock");
    {
        auto killed = UnixListener::open(left);
        killed->close();
    }
    EXPECT_TRUE(std::filesystem::exists(left));
    const auto next = UnixListener::open(left);
    ASSERT_TRUE(next) << next.error().what;
    EXPECT_TRUE(Connection(left).connected());
}

TEST(UnixListener, DoesNotRemoveAFileThatIsNoSocket) {
    TemporaryDirectory directory;
    const auto path = directory.write("control.sock", "precious");
    const auto listener = UnixListener::open(path);
    ASSERT_FALSE(listener);
    EXPECT_EQ(listener.error().what, path + " exists and is not a socket");
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(UnixListener, NamesADirectoryThatIsMissing) {
    const auto listener = UnixListener::open("/nonexistent/control.sock");
    ASSERT_FALSE(listener);
    EXPECT_EQ(listener.error().what,
              "cannot create /nonexistent/control.sock.lock: directory /nonexistent: No such file "
              "or directory; make it, for the user of komainud: install -d -m 750 /nonexistent");
}

TEST(UnixListener, RefusesAPathThatIsTooLongForASocket) {
    TemporaryDirectory directory;
    const auto listener = UnixListener::open(directory.path(std::string(120, 'x')));
    ASSERT_FALSE(listener);
    EXPECT_NE(listener.error().what.find("too long for the name of a socket: at most 107 bytes"),
              std::string::npos);
}

}  // namespace
}  // namespace komainu
