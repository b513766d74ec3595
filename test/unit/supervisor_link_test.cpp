// What the supervisor is told, and when, with a real loop and deadlines of a few milliseconds; what
// is asserted is the order of things.
#include "daemon/supervisor_link.h"

#include <gtest/gtest.h>

#include "io/clock.h"
#include "test/lab/supervisor.h"
#include "test/lab/temporary_directory.h"

namespace komainu {
namespace {

constexpr Duration patience = 10s;

class SupervisorLinkTest : public testing::Test {
protected:
    SupervisorLink link(Duration watchdog = {}) {
        return {*loop, std::move(NotifySocket::open(supervisor.address())).value(), watchdog,
                [this] {
                    ++composed;
                    return std::string_view(line);
                }};
    }
    /// Lets the loop work until the supervisor has heard something.
    std::optional<lab::Notice> heard() {
        const Instant end = boot_now() + patience;
        while (boot_now() < end) {
            if (auto notice = supervisor.next()) return notice;
            loop->wake_up();
        }
        return {};
    }
    void ticks(int more) {
        for (const int until = composed + more; composed < until;) loop->wake_up();
    }

    lab::TemporaryDirectory directory;
    lab::Supervisor supervisor{directory.path("notify")};
    std::unique_ptr<Loop> loop = std::move(Loop::create()).value();
    std::string line = "standby";
    int composed = 0;
};

TEST_F(SupervisorLinkTest, SaysReadyAtOnceAndThenTheLineWheneverItHasChanged) {
    auto to = link();
    EXPECT_FALSE(supervisor.next());
    to.ready();
    EXPECT_EQ(supervisor.next().value().lines, "READY=1\nSTATUS=standby\n");
    ticks(2);
    EXPECT_FALSE(supervisor.next()) << "nothing has changed";
    line = "active";
    EXPECT_EQ(heard().value().lines, "STATUS=active\n");
}

TEST_F(SupervisorLinkTest, DatesAReloadAndSaysWhenItIsOver) {
    auto to = link();
    to.ready();
    supervisor.forget();
    const auto before = monotonic_us();
    to.reloading();
    const auto reloading = supervisor.next();
    ASSERT_TRUE(reloading);
    EXPECT_TRUE(reloading->has("RELOADING=1"));
    const auto dated = std::stoull(reloading->value("MONOTONIC_USEC").value_or("0"));
    EXPECT_LE(before, dated);
    EXPECT_LE(dated, monotonic_us());
    to.ready();
    EXPECT_EQ(supervisor.next().value().lines, "READY=1\n");
}

TEST_F(SupervisorLinkTest, SaysNothingButItsLineOnceItIsStopping) {
    auto to = link();
    to.ready();
    supervisor.forget();
    to.stopping();
    EXPECT_EQ(supervisor.next().value().lines, "STOPPING=1\nSTATUS=stopping: standby\n");
    to.ready();
    to.reloading();
    EXPECT_FALSE(supervisor.next());
    line = "handed over";
    EXPECT_EQ(heard().value().lines, "STATUS=stopping: handed over\n");
}

TEST_F(SupervisorLinkTest, GivesSignsOfLifeTwiceInTheTimeOfTheWatchdog) {
    constexpr Duration watchdog = 40ms;
    auto to = link(watchdog);
    to.ready();
    EXPECT_TRUE(supervisor.next().value().has("WATCHDOG=1"));
    const Instant from = boot_now();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(heard().value().lines, "WATCHDOG=1\n");
    EXPECT_GE(boot_now() - from, 4 * watchdog / 2 - watchdog / 4);
}

TEST_F(SupervisorLinkTest, TellsTheNewestAgainWhenItWasNotTaken) {
    auto filler = std::move(NotifySocket::open(supervisor.address())).value();
    while (filler.send("filler")) {
    }
    auto to = link();
    to.ready();
    to.reloading();
    to.ready();
    line = "active";
    ticks(1);
    supervisor.forget();
    const auto notice = heard();
    ASSERT_TRUE(notice);
    EXPECT_EQ(notice->lines, "READY=1\nSTATUS=active\n");
    ticks(2);
    EXPECT_FALSE(supervisor.next());
}

TEST_F(SupervisorLinkTest, WithoutASupervisorDoesNothing) {
    SupervisorLink to(*loop, {}, 10ms, [this] {
        ++composed;
        return std::string_view(line);
    });
    to.ready();
    to.stopping();
    EXPECT_EQ(composed, 0);
}

TEST_F(SupervisorLinkTest, CutsOffALineThatIsTooLong) {
    line.assign(2000, 'x');
    auto to = link();
    to.ready();
    EXPECT_EQ(supervisor.next().value().value("STATUS").value_or(""),
              std::string(SupervisorLink::line_bytes_max, 'x'));
    ticks(1);
    EXPECT_FALSE(supervisor.next()) << "it is the same line";
}

}  // namespace
}  // namespace komainu
