// The text of a pgpool.conf, and its values.
#include "conf/pgpool_conf.h"

#include <gtest/gtest.h>

#include "conf/pgpool_watchdog.h"
#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using namespace conf_text;

std::string value_of(std::string_view text) {
    const auto conf = read_pgpool_conf(text);
    EXPECT_EQ(lines_of(conf.problems), Said{}) << text;
    return conf.parameters.empty() ? "none" : conf.parameters.front().value;
}

TEST(PgpoolConfText, HasAValueInQuotesOrPlain) {
    EXPECT_EQ(value_of("a = 'b c'"), "b c");
    EXPECT_EQ(value_of("  a='b'# 'c'"), "b");
    EXPECT_EQ(value_of("a 'b'"), "b");
    EXPECT_EQ(value_of("a = 10s # ten"), "10s");
    EXPECT_EQ(value_of("a = on\r\n"), "on");
    EXPECT_EQ(value_of("a = 10.0.0.1"), "10.0.0.1");
    EXPECT_EQ(value_of("a = ''"), "");
    EXPECT_EQ(value_of("# a = 'b'\n\n \t\n"), "none");
}

TEST(PgpoolConfText, HasQuotesInAQuotedValue) {
    EXPECT_EQ(value_of("a = 'it''s'"), "it's");
    EXPECT_EQ(value_of(R"(a = 'echo \'x\' y')"), R"(echo \'x\' y)");
    EXPECT_EQ(value_of(R"(a = 'C:\')"), R"(C:\)");
    EXPECT_EQ(value_of("a = ''''"), "'");
    EXPECT_EQ(value_of("a = 'b # c'"), "b # c");
}

TEST(PgpoolConfText, TakesTheLaterOfTwoValues) {
    const auto conf = read_pgpool_conf("a = 1\nb = 2\na = 3 b = 4\n");
    ASSERT_EQ(conf.parameters.size(), 2u);
    EXPECT_EQ(conf.parameters[0].value, "3");
    EXPECT_EQ(conf.parameters[0].line, 3);
    EXPECT_EQ(conf.parameters[1].value, "4");
}

TEST(PgpoolConfText, SaysWhatIsWrongWhere) {
    const auto said = [](std::string_view text) {
        return lines_of(read_pgpool_conf(text).problems);
    };
    EXPECT_EQ(
        said("a = 1\n= 2\nb =\nc = 'd\n"),
        (Said{"k.conf:2: line: there is something else than a parameter; write name = 'value'",
              "k.conf:3: b: has no value; write one, or '' for none",
              "k.conf:4: c: its quote is not closed; write another '"}));
    EXPECT_EQ(said("a = =\nb = '\x01'\n\x02"),
              (Said{"k.conf:1: a: has no value that can be read; write one in quotes",
                    "k.conf:2: b: has a control character; remove it",
                    "k.conf:3: line: has a control character; remove it"}));
}

TEST(PgpoolConfText, HasABound) {
    std::string text;
    for (std::size_t i = 0; i <= pgpool_parameters_max + 1; ++i)
        text += fmt::format("a{} = 1\n", i);
    text += "a4096 = 2\na0 = 2\n";
    const auto conf = read_pgpool_conf(text);
    EXPECT_EQ(
        lines_of(conf.problems),
        Said{"k.conf:4097: a4096: one too many, there may be at most 4096; remove what is not "
             "used"});
    EXPECT_EQ(conf.parameters.size(), pgpool_parameters_max);
    EXPECT_EQ(conf.parameters.front().value, "2");
}

TEST(PgpoolConfText, HasSwitchesAndDurations) {
    for (const char* on : {"on", "ON", "yes", "true", "1"})
        EXPECT_TRUE(read_pgpool_switch(on).value()) << on;
    for (const char* off : {"off", "no", "False", "0"})
        EXPECT_FALSE(read_pgpool_switch(off).value()) << off;
    EXPECT_FALSE(read_pgpool_switch("maybe"));
    const auto duration = [](std::string_view text) {
        return read_pgpool_duration(text, {100ms, 60min}).value();
    };
    EXPECT_EQ(duration("2"), 2s);
    EXPECT_EQ(duration("1500ms"), 1500ms);
    EXPECT_EQ(duration("2 min"), 2min);
    EXPECT_EQ(duration("1h"), 60min);
    for (const char* bad : {"", "x", "-1", "1y", "99", "2h", "9223372036854775807h"})
        EXPECT_FALSE(read_pgpool_duration(bad, {100ms, 60s})) << bad;
}

}  // namespace
}  // namespace komainu
