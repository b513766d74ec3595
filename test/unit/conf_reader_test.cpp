// What the reader says of a text that it cannot use. The texts are the operator's: they are
// compared letter by letter.
#include "conf/reader.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "conf/nearest.h"
#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using conf_text::good;
using conf_text::good_but;
using conf_text::problems_of;
using conf_text::Said;

TEST(ConfReader, KnowsThreeKindsOfFence) {
    using enum FenceMode;
    for (const auto& [word, mode] :
         {std::pair{"auto", automatic}, {"require", require}, {"off", off}})
        EXPECT_EQ(read_config(good + "[daemon]\nfence = " + word + "\n").config.daemon.fence, mode);
    EXPECT_EQ(
        problems_of(good + "[daemon]\nfence = yes\n"),
        Said{"k.conf:13: fence: \"yes\" is not one of the choices; write auto or require or off"});
}

TEST(ConfReader, FindsNothingWrongWithAGoodFile) { EXPECT_EQ(problems_of(good), Said{}); }

TEST(ConfReader, IgnoresCommentsBlanksAndTheEndsOfLinesOfOtherSystems) {
    const auto read =
        read_config("# top\r\n\r\n[ cluster ] # here\r\n\t name=shrine# and here\r\n\n");
    EXPECT_EQ(conf_text::lines_of(read.problems), Said{});
    EXPECT_EQ(read.config.cluster_name, "shrine");
}

TEST(ConfReader, ReadsALastLineWithoutItsEnd) {
    EXPECT_EQ(read_config("[cluster]\nname = shrine").config.cluster_name, "shrine");
}

TEST(ConfReader, NamesTheNearestKeyForAnUnknownOne) {
    EXPECT_EQ(problems_of(good + "[heartbeat]\nintervall = 100ms\n"),
              Said{"k.conf:13: intervall: there is no such key in [heartbeat]; did you mean "
                   "interval?"});
}

TEST(ConfReader, NamesTheNearestSectionForAnUnknownOneAndSkipsItsKeys) {
    EXPECT_EQ(problems_of(good + "[hartbeat]\nfoo = 1\n[vpi.two]\nbar = 2\n"),
              (Said{"k.conf:12: [hartbeat]: there is no such section; did you mean [heartbeat]?",
                    "k.conf:14: [vpi.two]: there is no such section; did you mean [vip.NAME]?"}));
}

TEST(ConfReader, RefusesASectionWithoutItsNumberOrName) {
    EXPECT_EQ(problems_of(good + "[node]\n[vip.]\n[service]\n"),
              (Said{"k.conf:12: [node]: does not say which one; write [node.N]",
                    "k.conf:13: [vip]: does not say which one; write [vip.NAME]",
                    "k.conf:14: [service]: does not say which one; write [service.NAME]"}));
}

TEST(ConfReader, RefusesANameWhereThereIsOnlyOneSection) {
    EXPECT_EQ(problems_of(good + "[control.x]\n"),
              Said{"k.conf:12: [control.x]: has no part after a dot; write [control]"});
}

TEST(ConfReader, RefusesANodeNumberOutside1To64) {
    EXPECT_EQ(problems_of(good + "[node.0]\n[node.65]\n[node.x]\n"),
              (Said{"k.conf:12: [node.0]: \"0\" is not a number from 1 to 64; write one",
                    "k.conf:13: [node.65]: \"65\" is not a number from 1 to 64; write one",
                    "k.conf:14: [node.x]: \"x\" is not a number from 1 to 64; write one"}));
}

TEST(ConfReader, RefusesANameThatCouldNotStandInALog) {
    EXPECT_EQ(problems_of(good + "[vip.my vip]\n").at(0),
              "k.conf:12: [vip.my vip]: \"my vip\" is not a name; write 1 to 63 letters, digits, "
              "dots, underscores or hyphens");
}

TEST(ConfReader, RefusesASectionThatIsGivenTwiceAlsoInAnotherSpelling) {
    EXPECT_EQ(problems_of(good + "[node.01]\naddress = 10.77.0.9\n"),
              Said{"k.conf:12: [node.01]: is given already on line 3; put its keys there"});
}

TEST(ConfReader, RefusesAKeyThatIsGivenTwice) {
    EXPECT_EQ(problems_of(good_but("name = shrine\n", "name = shrine\nname = temple\n")),
              Said{"k.conf:3: name: is given already on line 2; keep one of the two"});
}

TEST(ConfReader, RefusesMoreAddressesOfANodeThanThereMayBeLinks) {
    std::string four_more;
    for (const char* address : {"10.78.0.1", "10.79.0.1", "10.80.0.1", "10.81.0.1"})
        four_more += std::string("address = ") + address + "\n";
    const auto said = problems_of(good_but("[node.2]", four_more + "[node.2]"));
    EXPECT_NE(std::ranges::find(said,
                                "k.conf:8: address: one address too many, a node has at most 4; "
                                "remove this line"),
              said.end());
}

TEST(ConfReader, RefusesMoreServicesThanThereMayBe) {
    std::string text = good;
    for (std::size_t i = 0; i <= services_max; ++i)
        text += "[service.s" + std::to_string(i) + "]\npid_file = /run/s.pid\n";
    EXPECT_EQ(problems_of(text),
              Said{"k.conf:76: [service.s32]: one too many, there may be at most 32; remove it"});
}

TEST(ConfReader, MissesWhatIsRequired) {
    EXPECT_EQ(problems_of(good_but("name = shrine\n", "")),
              Said{"k.conf:1: name: is missing; write name = ... under [cluster]"});
    EXPECT_EQ(problems_of(good_but("address = 10.77.0.2\n", "")),
              Said{"k.conf:5: address: is missing; write address = ... under [node.2]"});
    EXPECT_EQ(problems_of(good_but("address = 10.77.0.100/24\ninterface = eth0\n", "")),
              (Said{"k.conf:9: address: is missing; write address = ... under [vip.main]",
                    "k.conf:9: interface: is missing; write interface = ... under [vip.main]"}));
}

TEST(ConfReader, MissesTheClusterInAnEmptyFile) {
    EXPECT_EQ(conf_text::lines_of(read_config("").problems),
              Said{"k.conf:1: [cluster]: is missing; write [cluster] and name = ... under it"});
}

TEST(ConfReader, RefusesWhatIsNeitherSectionNorEntry) {
    EXPECT_EQ(problems_of(good + "heartbeat\n= 5\n[control\n[]\n"),
              (Said{"k.conf:12: line: \"heartbeat\" is neither [section] nor key = value",
                    "k.conf:13: line: \"= 5\" is neither [section] nor key = value",
                    "k.conf:14: line: \"[control\" has no ]; write [section]",
                    "k.conf:15: line: a section without a name; write [section]"}));
}

TEST(ConfReader, RefusesAnEntryBeforeTheFirstSection) {
    EXPECT_EQ(problems_of("name = shrine\n" + good),
              Said{"k.conf:1: name: stands before the first section; begin with [cluster]"});
}

TEST(ConfReader, RefusesAKeyWithoutAValue) {
    EXPECT_EQ(problems_of(good + "[heartbeat]\nport =   # none\n"),
              Said{"k.conf:13: port: has no value; write one, or remove the line"});
}

TEST(ConfReader, RefusesControlCharacters) {
    using namespace std::string_literals;
    EXPECT_EQ(problems_of(good + "[control]\nsocket = /run/a\0b\n"s),
              Said{"k.conf:13: line: has a control character; remove it"});
}

// On a terminal what follows it would be written over what stands before it.
TEST(ConfReader, RefusesACarriageReturnThatEndsNoLine) {
    EXPECT_EQ(problems_of(good + "[control]\nsocket = /run/a\rb\r\n"),
              Said{"k.conf:13: line: has a control character; remove it"});
}

TEST(ConfReader, ShortensALongTextThatItQuotes) {
    EXPECT_EQ(problems_of(good + std::string(500, 'x') + "\n"),
              Said{"k.conf:12: line: \"" + std::string(60, 'x') +
                   "...\" is neither [section] nor key = value"});
}

TEST(ConfReader, TellsAllErrorsInOneGoInTheOrderOfTheFile) {
    EXPECT_EQ(problems_of("[cluster]\n"
                          "quorum = most\n"
                          "[node.1]\n"
                          "address = somewhere\n"
                          "priority = high\n"
                          "[heartbeat]\n"
                          "interval = 100\n"
                          "[vip.main]\n"
                          "address = 10.77.0.100/33\n"
                          "interface = eth0\n")
                  .size(),
              6u);
}

// --- single values ------------------------------------------------------------------------------

struct BadValue {
    std::string section;
    std::string entry;
    std::string problem;  ///< after the line
};

class ConfBadValue : public testing::TestWithParam<BadValue> {};

TEST_P(ConfBadValue, IsExplained) {
    const auto& [section, entry, problem] = GetParam();
    const auto read = read_config("[" + section + "]\n" + entry + "\n");
    const auto lines = conf_text::lines_of(read.problems);
    EXPECT_EQ(std::ranges::count(lines, "k.conf:2: " + problem), 1)
        << testing::PrintToString(lines);
}

INSTANTIATE_TEST_SUITE_P(
    All, ConfBadValue,
    testing::Values(
        BadValue{"heartbeat", "interval = 100",
                 "interval: 100 has no unit; write 100ms, 100s or 100min"},
        BadValue{"heartbeat", "interval = fast",
                 "interval: \"fast\" is not a duration; write a whole number and its unit (ms, s "
                 "or min), such as 100ms"},
        BadValue{"heartbeat", "interval = 1.5s",
                 "interval: \"1.5s\" is not a duration; write a whole number and its unit (ms, s "
                 "or min), such as 100ms"},
        BadValue{"heartbeat", "interval = -5ms",
                 "interval: \"-5ms\" is not a duration; write a whole number and its unit (ms, s "
                 "or min), such as 100ms"},
        BadValue{"heartbeat", "interval = 99999999999999999999ms",
                 "interval: \"99999999999999999999ms\" is not a duration; write a whole number "
                 "and its unit (ms, s or min), such as 100ms"},
        BadValue{"heartbeat", "interval = 0ms",
                 "interval: 0ms is out of range; write 1ms to 60min"},
        BadValue{"heartbeat", "interval = 9223372036854775807min",
                 "interval: 9223372036854775807min is out of range; write 1ms to 60min"},
        BadValue{"heartbeat", "deadtime = 19ms",
                 "deadtime: 19ms is out of range; write 20ms to 60min"},
        BadValue{"heartbeat", "deadtime = 61min",
                 "deadtime: 61min is out of range; write 20ms to 60min"},
        BadValue{"heartbeat", "port = 0", "port: \"0\" is not a number from 1 to 65535; write one"},
        BadValue{"heartbeat", "port = 65536",
                 "port: \"65536\" is not a number from 1 to 65535; write one"},
        BadValue{"heartbeat", "mode = unicsat",
                 "mode: \"unicsat\" is not one of the choices; write unicast or multicast"},
        BadValue{"heartbeat", "group = all",
                 "group: \"all\" is not an address; write it in numbers, such as 10.77.0.1 or "
                 "fd00::1"},
        BadValue{"node.1", "address = db1.example.com",
                 "address: \"db1.example.com\" is not an address; write it in numbers, such as "
                 "10.77.0.1 or fd00::1"},
        BadValue{"node.1", "priority = 65536",
                 "priority: \"65536\" is not a number from 0 to 65535; write one"},
        BadValue{"node.1", "witness = maybe",
                 "witness: \"maybe\" is not one of the choices; write yes or no"},
        BadValue{"cluster", "quorum = most",
                 "quorum: \"most\" is not one of the choices; write majority or half or none"},
        BadValue{"daemon", "realtime = 50",
                 "realtime: \"50\" is not one of the choices; write yes or no"},
        BadValue{"cluster", "preempt = perhaps",
                 "preempt: \"perhaps\" is not one of the choices; write yes or no"},
        BadValue{"cluster", "preempt_delay = 25",
                 "preempt_delay: 25 has no unit; write 25ms, 25s or 25min"},
        BadValue{"cluster", "on_quorum_loss = keep",
                 "on_quorum_loss: \"keep\" is not one of the choices; write release or hold"},
        BadValue{"cluster", "trusted_servers = 10.77.0.254 gateway",
                 "trusted_servers: \"gateway\" is not an address; write it in numbers, such as "
                 "10.77.0.1 or fd00::1"},
        BadValue{"cluster", "trusted_servers = ::1 ::2 ::3 ::4 ::5 ::6 ::7 ::8 ::9",
                 "trusted_servers: more than 8 addresses; remove some of them"},
        BadValue{"cluster", "node_id = 65",
                 "node_id: \"65\" is not a number from 1 to 64; write one"},
        BadValue{"cluster", "key_file = cluster.key",
                 "key_file: \"cluster.key\" is not an absolute path; begin it with /"},
        BadValue{"vip.main", "address = 10.77.0.100/33",
                 "address: \"10.77.0.100/33\" is not an address, with or without a prefix "
                 "length; write it such as 10.77.0.100/24, 10.77.0.100 or fd00::100/64"},
        BadValue{"vip.main", "label = eth0:sixteen-ltr",
                 "label: \"eth0:sixteen-ltr\" is not a label; write one of at most 15 letters "
                 "without blanks, such as eth0:pg"},
        BadValue{"vip.main", "label = eth0:a b",
                 "label: \"eth0:a b\" is not a label; write one of at most 15 letters without "
                 "blanks, such as eth0:pg"},
        BadValue{"vip.main", "scope = world",
                 "scope: \"world\" is not one of the choices; write global or site or link"},
        BadValue{"vip.main", "scope = host",
                 "scope: an address of scope host is for the use of its host alone, and clients "
                 "are to reach a VIP; write global, site or link"},
        BadValue{"vip.main", "noprefixroute = true",
                 "noprefixroute: \"true\" is not one of the choices; write yes or no"},
        BadValue{"vip.main", "interface = this-name-is-too-long",
                 "interface: \"this-name-is-too-long\" is not an interface name; write one of at "
                 "most 15 letters, such as eth0"},
        BadValue{
            "service.s", "check = ping",
            "check: \"ping\" is not one of the choices; write process or tcp or http or query or "
            "command"},
        BadValue{"service.s", "address = localhost:5432",
                 "address: \"localhost:5432\" is not an address with a port; write it such as "
                 "127.0.0.1:9999 or [::1]:9999"},
        BadValue{"service.s", "fall = 0", "fall: \"0\" is not a number from 1 to 1000; write one"},
        BadValue{"service.s", "interval = 5ms",
                 "interval: 5ms is out of range; write 10ms to 60min"},
        BadValue{"control", "socket = control.sock",
                 "socket: \"control.sock\" is not an absolute path; begin it with /"}));

TEST(Nearest, CountsInsertedRemovedAndReplacedLetters) {
    EXPECT_EQ(edit_distance("", ""), 0u);
    EXPECT_EQ(edit_distance("", "vip"), 3u);
    EXPECT_EQ(edit_distance("port", "port"), 0u);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Nearest, IsTheFirstOfSeveral) { EXPECT_EQ(nearest("x", {"ab", "a", "b"}), "a"); }

}  // namespace
}  // namespace komainu
