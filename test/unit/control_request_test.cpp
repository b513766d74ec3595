// What a client of the control socket may say, and what it is told.
#include "daemon/control_request.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace komainu {
namespace {

TEST(ControlRequest, IsAStatusOrASwitchover) {
    EXPECT_EQ(read_control_request(R"({"command":"status"})").value(), ControlRequest{AskStatus{}});
    EXPECT_EQ(read_control_request(R"({"command":"switchover"})").value(),
              ControlRequest{AskSwitchover{}});
    EXPECT_EQ(read_control_request(R"({"command":"switchover","node":64})").value(),
              (ControlRequest{AskSwitchover{NodeId{64}}}));
}

TEST(ControlRequest, IsAPauseOfTheClusterOrOfTheNode) {
    EXPECT_EQ(read_control_request(R"({"command":"pause"})").value(),
              (ControlRequest{AskPause{PauseScope::cluster, true}}));
    EXPECT_EQ(read_control_request(R"({"command":"resume","scope":"cluster"})").value(),
              (ControlRequest{AskPause{PauseScope::cluster, false}}));
    EXPECT_EQ(read_control_request(R"({"command":"pause","scope":"node"})").value(),
              (ControlRequest{AskPause{PauseScope::node, true}}));
    EXPECT_EQ(read_control_request(R"({"command":"pause","scope":7})").error().what,
              "\"scope\" is neither \"cluster\" nor \"node\"");
}

TEST(ControlRequest, IsAStandbyOrItsEnd) {
    EXPECT_EQ(read_control_request(R"({"command":"reload"})").value(), ControlRequest{AskReload{}});
    EXPECT_EQ(read_control_request(R"({"command":"standby"})").value(),
              (ControlRequest{AskStandby{true}}));
    EXPECT_EQ(read_control_request(R"({"command":"unstandby"})").value(),
              (ControlRequest{AskStandby{false}}));
}

TEST(ControlRequest, IsAReportOfANode) {
    EXPECT_EQ(read_control_request(R"({"command":"report","node":3,"alive":false})").value(),
              (ControlRequest{AskReport{NodeId{3}, false}}));
    EXPECT_EQ(read_control_request(R"({"command":"report","alive":true})").error().what,
              "\"node\" is not a node id, 1 to 64");
    EXPECT_EQ(read_control_request(R"({"command":"report","node":3,"alive":1})").error().what,
              "\"alive\" is neither true nor false");
}

TEST(ControlRequest, IsRefusedWithAReasonOtherwise) {
    EXPECT_EQ(read_control_request(R"({"command":"fly"})").error().what, "unknown command fly");
    EXPECT_EQ(read_control_request(R"({"command":"switchover","node":65})").error().what,
              "\"node\" is not a node id, 1 to 64");
    EXPECT_EQ(read_control_request("status").error().what,
              "not a request: a line of JSON with a \"command\"");
}

// The reason may name a file of the configuration, whose name need not be UTF-8.
TEST(ControlAnswer, IsALineEvenWhenItQuotesWhatIsNoText) {
    const auto line = answer_line({{"ok", true}, {"reason", "cannot read /run/\xff.pid"}});
    EXPECT_EQ(nlohmann::json::parse(line)["reason"], "cannot read /run/\xef\xbf\xbd.pid");
    EXPECT_FALSE(nlohmann::json::parse(refusal_line("\xff\n"), nullptr, false).is_discarded());
}

}  // namespace
}  // namespace komainu
