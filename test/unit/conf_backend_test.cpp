// The backends in the configuration: what is read, and what is refused.
#include <gtest/gtest.h>

#include "conf/reload.h"
#include "conf/summary.h"
#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using namespace conf_text;

/// Its keys are on line 13 on.
const std::string two = good +
                        "[backend.1]\naddress = 10.0.0.12:5432\n"
                        "[backend.0]\naddress = 10.0.0.11:5432\n"
                        "primary = yes\n";

TEST(ConfBackend, AreInTheOrderOfTheirNumbers) {
    EXPECT_EQ(problems_of(two), Said{});
    const auto config = read_config(two).config;
    ASSERT_EQ(config.backend_list.size(), 2u);
    EXPECT_EQ(config.backend_list[0].id, 0);
    EXPECT_TRUE(config.backend_list[0].primary);
    EXPECT_EQ(config.backend(1)->id, 1);
    EXPECT_EQ(config.backend(2), nullptr);
}

TEST(ConfBackend, HaveNumbersFrom0To63) {
    EXPECT_EQ(problems_of(good + "[backend.63]\naddress = 10.0.0.11:5432\n"), Said{});
    EXPECT_EQ(problems_of(good + "[backend.64]\naddress = 10.0.0.11:5432\n").size(), 1u);
    EXPECT_EQ(problems_of(good + "[backend]\naddress = 10.0.0.11:5432\n"),
              Said{"k.conf:12: [backend]: does not say which one; write [backend.N]"});
}

TEST(ConfBackend, NeedAnAddressOfTheirOwn) {
    EXPECT_EQ(problems_of(good + "[backend.0]\nprimary = yes\n"),
              Said{"k.conf:12: address: is missing; write address = ... under [backend.0]"});
    EXPECT_EQ(problems_of(two + "[backend.2]\naddress = 10.0.0.11:5432\n"),
              Said{"k.conf:18: address: 10.0.0.11:5432 is the address of [backend.0] as well; each "
                   "is one server"});
}

TEST(ConfBackend, HaveOnePrimary) {
    EXPECT_EQ(problems_of(two + "[backend.2]\naddress = 10.0.0.13:5432\nprimary = yes\n"),
              Said{"k.conf:19: primary: [backend.0] is the primary already; keep one of the two"});
}

TEST(ConfBackend, CommandsHavePgpoolsPlaceholders) {
    EXPECT_EQ(problems_of(two + "[backends]\nfailover_command = /f %d %h %p %D %m %H %M %P %r %R "
                                "%N %S %% a%%b\n"),
              Said{});
    const auto refused = [&](const std::string& word) {
        return problems_of(two + "[backends]\nfailback_command = /f " + word + "\n");
    };
    const auto said = [](const std::string& what) {
        return Said{"k.conf:18: failback_command: " + what +
                    " stands for nothing; write one of %d %h %p %D %m %H %M %P %r %R %N %S, or %% "
                    "for a percent sign"};
    };
    EXPECT_EQ(refused("%x"), said("%x"));
    EXPECT_EQ(refused("50%"), said("%"));
}

TEST(ConfBackend, AreWhatTheCommonSectionIsAbout) {
    EXPECT_EQ(
        problems_of(good + "[backends]\nconsensus = 1\n"),
        Said{"k.conf:12: [backends]: there is no backend; write [backend.0] and address = ... "
             "under it"});
    EXPECT_EQ(problems_of(two + "[backends]\nconsensus = 60\n").size(), 1u);
}

TEST(ConfBackend, AMajorityFindsThemDownUnlessItIsSaidHowMany) {
    const auto nodes = read_config(two).config.nodes.size();
    EXPECT_EQ(read_config(two).config.reports_needed(), static_cast<int>(nodes) / 2 + 1);
    EXPECT_EQ(read_config(two + "[backends]\nconsensus = 1\n").config.reports_needed(), 1);
}

TEST(ConfBackend, AreCheckedByServicesThatNameThem) {
    const std::string check = "[service.db]\ncheck = tcp\naddress = 10.0.0.11:5432\n";
    EXPECT_EQ(problems_of(two + check + "backend = 0\n"), Said{});
    EXPECT_EQ(problems_of(two + check + "backend = 7\n"),
              Said{"k.conf:20: backend: there is no [backend.7]; write one with its address"});
    EXPECT_EQ(problems_of(two + check + "backend = 0\nweight = 3\n"),
              Said{"k.conf:21: weight: what is checked is a backend, which takes nothing from this "
                   "node's priority; remove it"});
}

TEST(ConfBackend, AreShown) {
    const auto text = describe(
        read_config(two + "[backends]\nfailover_command = /f %d\ncommand_timeout = 5s\n").config);
    for (const std::string line :
         {"backend 0: 10.0.0.11:5432, the primary at first\n", "backend 1: 10.0.0.12:5432\n",
          "failover command /f %d, for at most 5s\n", "nodes find down is detached\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(ConfBackend, TakeARestartToBeOthers) {
    const auto before = read_config(two).config;
    for (const std::string more :
         {"[backend.2]\naddress = 10.0.0.13:5432\n", "[backends]\nfailover_command = /f\n",
          "[backends]\nfailback_command = /f\n", "[backends]\nfollow_primary_command = /f\n",
          "[backends]\ncommand_timeout = 7s\n", "[backends]\nconsensus = 1\n"}) {
        auto wanted = read_config(two + more);
        plan_reload(before, wanted.config, wanted.lines, wanted.problems);
        EXPECT_EQ(lines_of(wanted.problems).size(), 1u) << more;
    }
}

}  // namespace
}  // namespace komainu
