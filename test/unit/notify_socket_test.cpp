// The way to the supervisor: where it is, and that nothing on it makes main wait.
#include "io/notify_socket.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "test/lab/supervisor.h"
#include "test/lab/temporary_directory.h"

namespace komainu {
namespace {

class NotifyEnvironment : public testing::Test {
protected:
    ~NotifyEnvironment() override { take_supervision(); }

    static void set(const char* name, const std::string& value) { setenv(name, value.c_str(), 1); }
};

TEST_F(NotifyEnvironment, IsTakenAndLeftToNobodyElse) {
    set("NOTIFY_SOCKET", "/run/systemd/notify");
    set("WATCHDOG_USEC", "10000000");
    set("WATCHDOG_PID", std::to_string(getpid()));
    const Supervision taken = take_supervision();
    EXPECT_EQ(taken.socket, "/run/systemd/notify");
    EXPECT_EQ(taken.watchdog, 10s);
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
        EXPECT_EQ(getenv(name), nullptr) << name;
}

TEST_F(NotifyEnvironment, WithoutASupervisorIsEmpty) {
    const Supervision taken = take_supervision();
    EXPECT_EQ(taken.socket, "");
    EXPECT_EQ(taken.watchdog, 0s);
}

TEST_F(NotifyEnvironment, HasNoWatchdogThatIsForAnotherProcessOrNoNumber) {
    set("WATCHDOG_USEC", "10000000");
    set("WATCHDOG_PID", std::to_string(getppid()));
    EXPECT_EQ(take_supervision().watchdog, 0s);
    for (const char* text : {"", "soon", "-1", "10s", "99999999999999999999999"}) {
        set("WATCHDOG_USEC", text);
        EXPECT_EQ(take_supervision().watchdog, 0s) << text;
    }
    set("WATCHDOG_USEC", "18446744073709551615");
    EXPECT_EQ(take_supervision().watchdog, 24h);
}

class NotifySocketTest : public testing::TestWithParam<bool> {
protected:
    std::string address() {
        return GetParam() ? "@komainu-test-" + std::to_string(getpid()) : directory.path("notify");
    }

    lab::TemporaryDirectory directory;
    lab::Supervisor supervisor{address()};
};

TEST_P(NotifySocketTest, SendsWhatItIsTold) {
    const auto socket = NotifySocket::open(supervisor.address());
    ASSERT_TRUE(socket) << socket.error().what;
    EXPECT_TRUE(socket->send("READY=1\nSTATUS=well"));
    const auto heard = supervisor.next();
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->lines, "READY=1\nSTATUS=well");
    EXPECT_EQ(heard->sender, getpid());
}

TEST_P(NotifySocketTest, WaitsForNobodyWhoDoesNotRead) {
    const auto socket = NotifySocket::open(supervisor.address());
    ASSERT_TRUE(socket);
    int taken = 0;
    while (socket->send("WATCHDOG=1")) ASSERT_LT(++taken, 100'000);
    EXPECT_GT(taken, 0);
    EXPECT_TRUE(supervisor.next());
    EXPECT_TRUE(socket->send("WATCHDOG=1"));
}

INSTANTIATE_TEST_SUITE_P(PathAndAbstract, NotifySocketTest, testing::Bool());

TEST(NotifySocket, ToNobodySendsNothing) {
    const NotifySocket socket;
    EXPECT_FALSE(socket);
    EXPECT_FALSE(socket.send("READY=1"));
}

TEST(NotifySocket, SaysWhatIsWrongWithItsAddress) {
    const std::string too_long = "/" + std::string(200, 'x');
    for (const std::string& address : {std::string("relative"), std::string("@"), too_long}) {
        const auto socket = NotifySocket::open(address);
        ASSERT_FALSE(socket);
        EXPECT_EQ(socket.error().what,
                  "NOTIFY_SOCKET=" + address + " is neither a path nor an abstract socket");
    }
    const auto nobody = NotifySocket::open("/nowhere/notify");
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().what, "NOTIFY_SOCKET=/nowhere/notify: No such file or directory");
}

}  // namespace
}  // namespace komainu
