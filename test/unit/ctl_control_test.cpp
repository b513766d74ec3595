// What komainuctl makes of a daemon that is away, silent, strange or refusing.
#include "ctl/control.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/fd.h"
#include "test/lab/temporary_directory.h"

namespace komainu {
namespace {

using lab::TemporaryDirectory;
using nlohmann::json;

/// A listener that says one thing to its only client, whatever it is asked, and closes.
class OneAnswer {
public:
    OneAnswer(const std::string& path, std::string answer)
        : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        union {
            sockaddr generic;
            sockaddr_un local;
        } address{};
        address.local.sun_family = AF_UNIX;
        path.copy(address.local.sun_path, sizeof address.local.sun_path - 1);
        EXPECT_EQ(::bind(listener_.get(), &address.generic, sizeof address.local), 0);
        EXPECT_EQ(::listen(listener_.get(), 1), 0);
        thread_ = std::thread([this, answer = std::move(answer)] { serve(answer); });
    }
    ~OneAnswer() { thread_.join(); }

    std::string asked;  ///< what the client sent; to be read when the answer is there

private:
    void serve(const std::string& answer) {
        const Fd client(::accept(listener_.get(), nullptr, nullptr));
        char block[4096];
        const auto n = ::read(client.get(), block, sizeof block);
        if (n > 0) asked.assign(block, static_cast<std::size_t>(n));
        std::string_view rest = answer;
        while (!rest.empty()) {
            const auto sent = ::send(client.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            rest.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    Fd listener_;
    std::thread thread_;
};

class Control : public testing::Test {
protected:
    Answer ask_for(std::string answer) {
        OneAnswer server(path_, std::move(answer));
        auto got = ask(path_, {{"command", "status"}}, 5s);
        asked_ = server.asked;
        return got;
    }

    TemporaryDirectory directory_;
    const std::string path_ = directory_.path("sock");
    std::string asked_;
};

TEST_F(Control, SendsOneLineAndTakesOne) {
    const auto answer = ask_for("{\"ok\":true,\"status\":{\"term\":4}}\nmore");
    EXPECT_EQ(answer.status, ExitStatus::done);
    EXPECT_EQ(answer.body["status"]["term"], 4);
    EXPECT_EQ(asked_, "{\"command\":\"status\"}\n");
}

TEST_F(Control, TakesAnAnswerOfManyPieces) {
    const std::string name(200'000, 'x');
    EXPECT_EQ(ask_for("{\"ok\":true,\"name\":\"" + name + "\"}\n").body["name"], name);
}

TEST_F(Control, RepeatsTheReasonOfARefusal) {
    const auto answer = ask_for("{\"ok\":false,\"error\":\"node 2 is down\"}\n");
    EXPECT_EQ(answer.status, ExitStatus::failed);
    EXPECT_EQ(answer.why, "node 2 is down");
}

TEST_F(Control, SaysThatThereIsNoSocket) {
    const auto answer = ask(path_, json::object(), 1s);
    EXPECT_EQ(answer.status, ExitStatus::no_daemon);
    EXPECT_EQ(answer.why, "no daemon: there is no socket " + path_ +
                              "; start komainud, or name another socket with --socket");
}

TEST_F(Control, SaysThatNobodyListens) {
    {
        OneAnswer gone(path_, "");
        ask(path_, json::object(), 5s);
    }
    const auto answer = ask(path_, json::object(), 1s);
    EXPECT_EQ(answer.status, ExitStatus::no_daemon);
    EXPECT_EQ(answer.why, "no daemon: nobody listens at " + path_ +
                              "; start komainud, its log says why it ended");
}

TEST_F(Control, SaysThatTheConnectionWasClosed) {
    for (const char* const cut : {"", "{\"ok\":tr"}) {
        unlink(path_.c_str());
        const auto answer = ask_for(cut);
        EXPECT_EQ(answer.status, ExitStatus::failed);
        EXPECT_EQ(answer.why, "the daemon at " + path_ +
                                  " closed the connection without an answer; look at its log");
    }
}

TEST_F(Control, DoesNotTakeAnEndlessAnswer) {
    const auto answer = ask_for(std::string(3 << 20, 'x'));
    EXPECT_EQ(answer.status, ExitStatus::failed);
    EXPECT_NE(answer.why.find("Message too long"), std::string::npos) << answer.why;
}

TEST_F(Control, DoesNotTakeAPathThatIsTooLongForASocket) {
    EXPECT_EQ(ask("/" + std::string(200, 'x'), json::object(), 1s).status, ExitStatus::failed);
}

TEST(Answer, TellsByItsCodeThatThisUserIsRefused) {
    const auto refused = read_answer(R"({"ok":false,"error":"only root","code":"forbidden"})");
    EXPECT_EQ(refused.status, ExitStatus::failed);
    EXPECT_EQ(refused.why, "only root");
    EXPECT_EQ(refused.code, EACCES);
    EXPECT_EQ(read_answer(R"({"ok":false,"error":"only root"})").code, 0);
    EXPECT_EQ(read_answer(R"({"ok":false,"error":"only root","code":13})").code, 0);
}

TEST(Answer, IsOfADaemonOnlyWithItsOk) {
    for (const char* const line : {"", "{", "[]", "1", "{}", "{\"ok\":1}", "\xff"}) {
        EXPECT_EQ(read_answer(line).status, ExitStatus::failed) << line;
        EXPECT_EQ(read_answer(line).why, "the daemon's answer is not one of komainud") << line;
    }
    EXPECT_EQ(read_answer("{\"ok\":false}").why, "the daemon refused and gave no reason");
    EXPECT_EQ(read_answer("{\"ok\":false,\"error\":\"\"}").why,
              "the daemon refused and gave no reason");
}

}  // namespace
}  // namespace komainu
