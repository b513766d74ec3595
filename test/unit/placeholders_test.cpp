// What stands for a value in the commands under [backends].
#include "conf/placeholders.h"

#include <gtest/gtest.h>

#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using conf_text::good;

const std::string two =
    "[backend.0]\n"
    "address = 10.0.0.11:5432\n"
    "data_directory = /data/0\n"
    "[backend.1]\n"
    "address = 10.0.0.12:5433\n"
    "data_directory = /data/1\n";

TEST(Placeholders, StandForWhatPgpoolHasThemStandFor) {
    const Config config = read_config(good + two).config;
    const BackendChange change{.backend = 0, .main = 1, .old_main = 0, .old_primary = 0};
    EXPECT_EQ(expand("%d|%h|%p|%D", change, config), "0|10.0.0.11|5432|/data/0");
    EXPECT_EQ(expand("%m|%H|%r|%R", change, config), "1|10.0.0.12|5433|/data/1");
    EXPECT_EQ(expand("%M|%P|%N|%S", change, config), "0|0|10.0.0.11|5432");
    EXPECT_EQ(expand("100%% of %d", change, config), "100% of 0");
}

TEST(Placeholders, StandForMinusOneOrNothingWhereThereIsNone) {
    const Config config = read_config(good + two).config;
    const BackendChange change{.backend = 0, .main = {}, .old_main = {}, .old_primary = {}};
    EXPECT_EQ(expand("%m|%H|%r|%R", change, config), "-1|||");
    EXPECT_EQ(expand("%M|%P|%N|%S", change, config), "-1|-1||");
}

TEST(Placeholders, TellTheBackendTheMainNodesAndTheOldPrimaryFromEachOther) {
    const Config config =
        read_config(good + two + "[backend.63]\naddress = [fd00::13]:5434\n").config;
    const BackendChange change{.backend = 0, .main = 1, .old_main = 7, .old_primary = 63};
    EXPECT_EQ(expand("%d %m %M %P", change, config), "0 1 7 63");
    EXPECT_EQ(expand("%h %H %N", change, config), "10.0.0.11 10.0.0.12 fd00::13");
    EXPECT_EQ(expand("%p %r %S", change, config), "5432 5433 5434");
    EXPECT_EQ(expand("%%d%%%d", change, config), "%d%0") << "each is replaced once";
    const BackendChange last{.backend = 63, .main = {}, .old_main = {}, .old_primary = {}};
    EXPECT_EQ(expand("[%D]", last, config), "[]") << "it has no directory";
}

TEST(Placeholders, AreFoundWhereTheyStandForNothing) {
    EXPECT_EQ(unknown_placeholder("%d%h%p%D%m%H%M%P%r%R%N%S%%"), "");
    EXPECT_EQ(unknown_placeholder("%%x"), "");
    EXPECT_EQ(unknown_placeholder("a%dz%z"), "%z");
    EXPECT_EQ(unknown_placeholder("a%"), "%");
    EXPECT_EQ(unknown_placeholder("%%%"), "%");
    EXPECT_EQ(unknown_placeholder("% d"), "% ");
}

}  // namespace
}  // namespace komainu
