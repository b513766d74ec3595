// Hooks and commands of checks in the configuration: what is read, and what is refused.
#include <gtest/gtest.h>

#include "conf/summary.h"
#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using namespace conf_text;

const std::string hook = "[hook.up]\non = active standby\ncommand = /bin/tell 'all of them'\n";

TEST(HookSection, HasDefaults) {
    const auto read = read_config(good + hook);
    EXPECT_EQ(lines_of(read.problems), Said{});
    ASSERT_EQ(read.config.hooks.size(), 1u);
    const HookConfig& up = read.config.hooks.front();
    EXPECT_EQ(up.name, "up");
    EXPECT_EQ(up.on, (std::vector{HookEvent::active, HookEvent::standby}));
    EXPECT_EQ(up.command, (Argv{"/bin/tell", "all of them"}));
    EXPECT_EQ(up.when, HookWhen::after);
    EXPECT_EQ(up.user, "");
    EXPECT_EQ(up.timeout, 30s);
    EXPECT_FALSE(up.wait);
}

TEST(HookSection, IsReadWhole) {
    const auto read =
        read_config(good + hook + "when = before\nuser = postgres\ntimeout = 2s\nwait = yes\n");
    EXPECT_EQ(lines_of(read.problems), Said{});
    const HookConfig& up = read.config.hooks.front();
    EXPECT_EQ(up.when, HookWhen::before);
    EXPECT_EQ(up.user, "postgres");
    EXPECT_EQ(up.timeout, 2s);
    EXPECT_TRUE(up.wait);
    EXPECT_NE(describe(read.config)
                  .find("hook up: before active and standby, command /bin/tell 'all of them', as "
                        "user postgres, for at most 2s; the VIPs wait for it\n"),
              std::string::npos);
}

TEST(HookSection, NeedsEventsAndACommand) {
    EXPECT_EQ(problems_of(good + "[hook.up]\n"),
              (Said{"k.conf:12: on: is missing; write on = ... under [hook.up]",
                    "k.conf:12: command: is missing; write command = ... under [hook.up]"}));
}

TEST(HookSection, RefusesWhatIsNoEvent) {
    EXPECT_EQ(problems_of(good + "[hook.up]\ncommand = /bin/a\non = active master\n"),
              (Said{"k.conf:14: on: \"master\" is not one of the choices; write active or standby "
                    "or fault or peer_lost or conflict or backend"}));
    EXPECT_EQ(problems_of(good + "[hook.up]\ncommand = /bin/a\non = fault fault\n"),
              (Said{"k.conf:14: on: \"fault\" stands there twice; write it once"}));
}

TEST(HookSection, RefusesToComeBeforeWhatNobodyForesees) {
    EXPECT_EQ(problems_of(good + "[hook.up]\ncommand = /bin/a\non = active fault\nwhen = before\n"),
              (Said{"k.conf:15: when: before what? No VIP moves on fault; write when = after, or "
                    "another hook for that"}));
}

TEST(HookSection, RefusesToWaitForWhatRunsAfterwards) {
    EXPECT_EQ(
        problems_of(good + "[hook.up]\ncommand = /bin/a\non = active\nwait = yes\n"),
        (Said{"k.conf:15: wait: the VIPs have moved already when this hook runs; write when = "
              "before, or wait = no"}));
}

TEST(CommandCheckSection, IsRead) {
    const auto read = read_config(good +
                                  "[service.a]\ncheck = command\ncommand = /bin/true -x\n"
                                  "user = postgres\n");
    EXPECT_EQ(lines_of(read.problems), Said{});
    const ServiceConfig& service = read.config.services.front();
    EXPECT_EQ(service.check, CheckKind::command);
    EXPECT_EQ(service.command, (Argv{"/bin/true", "-x"}));
    EXPECT_EQ(service.user, "postgres");
    EXPECT_NE(
        describe(read.config).find("service a: command /bin/true -x, as user postgres, every"),
        std::string::npos);
}

TEST(CommandCheckSection, NeedsItsCommandAndNoOtherKindHasOne) {
    EXPECT_EQ(problems_of(good + "[service.a]\ncheck = command\n"),
              (Said{"k.conf:12: command: is missing, and check = command needs it; write one, such "
                    "as /usr/bin/test -e /run/ready"}));
    EXPECT_EQ(
        problems_of(good + "[service.a]\ncheck = tcp\naddress = 127.0.0.1:1\nuser = postgres\n"),
        (Said{"k.conf:15: user: belongs to check = command, and this check is tcp; remove it"}));
    EXPECT_EQ(problems_of(good + "[service.a]\ncheck = command\ncommand = true\n"),
              (Said{"k.conf:14: command: \"true\" does not begin with the absolute path of a "
                    "program; there is no shell and no search path, write it such as /usr/bin/test "
                    "-e /run/ready"}));
}

}  // namespace
}  // namespace komainu
