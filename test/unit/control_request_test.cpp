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

TEST(ControlRequest, OnlyLooksOrChangesSomething) {
    EXPECT_EQ(read_control_request(R"({"command":"metrics"})").value(),
              ControlRequest{AskMetrics{}});
    for (const ControlRequest& looks : std::initializer_list<ControlRequest>{
             AskStatus{}, AskMetrics{}, AskBackends{}, AskBackendHistory{}})
        EXPECT_TRUE(only_looks(looks)) << looks.index();
    for (const ControlRequest& changes :
         std::initializer_list<ControlRequest>{AskSwitchover{}, AskPause{}, AskStandby{},
                                               AskReload{}, AskReport{}, AskBackend{}, AskPgpool{}})
        EXPECT_FALSE(only_looks(changes)) << changes.index();
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

/// What is read of, or said to, a request about a backend with these members.
Result<ControlRequest> backend_request(const std::string& members) {
    return read_control_request(R"({"command":"backend",)" + members + "}");
}

TEST(ControlRequest, IsAnEventOfABackend) {
    using Kind = BackendEventKind;
    for (const auto& [name, kind] : {std::pair{"detach", Kind::detach},
                                     {"attach", Kind::attach},
                                     {"promote", Kind::promote},
                                     {"recovery-start", Kind::recovery_start},
                                     {"recovery-end", Kind::recovery_end}})
        EXPECT_EQ(backend_request(R"("id":0,"event":")" + std::string(name) + '"').value(),
                  ControlRequest{AskBackend{.kind = kind}});
    EXPECT_EQ(
        backend_request(
            R"("event":"attach","id":63,"key":"00000000000000fF","origin":"pgpool","wait_ms":0)")
            .value(),
        (ControlRequest{AskBackend{Kind::attach, 63, 255, BackendEventOrigin::pgpool, 0s}}));
    EXPECT_EQ(
        backend_request(R"("event":"detach","id":1,"origin":"operator","wait_ms":3600000)").value(),
        (ControlRequest{AskBackend{.backend = 1, .wait = 1h}}));
}

TEST(ControlRequest, AboutABackendIsRefusedWithAReason) {
    const auto said = [](const std::string& members) {
        return backend_request(members).error().what;
    };
    const std::string detach = R"("event":"detach")";
    for (const std::string event : {R"("id":0)", R"("id":0,"event":"command-ended")",
                                    R"("id":0,"event":"stop")", R"("id":0,"event":1)"})
        EXPECT_EQ(said(event),
                  "\"event\" is none of detach, attach, promote, recovery-start and recovery-end");
    for (const std::string id : {"", R"(,"id":-1)", R"(,"id":64)", R"(,"id":"0")", R"(,"id":0.0)",
                                 R"(,"id":18446744073709551615)"})
        EXPECT_EQ(said(detach + id), "\"id\" is no number from 0 to 63") << id;
    for (const std::string key : {"1", "\"\"", "\"0\"", "\"x\"", "\"1g\"", "\"11112222333344445\"",
                                  "\"00000000000000001\"", "\"0x1\"", "\"-1\""})
        EXPECT_EQ(said(detach + R"(,"id":0,"key":)" + key),
                  "\"key\" is not 1 to 16 hexadecimal digits, one of which is not 0")
            << key;
    for (const std::string wait : {"-1", "3600001", "\"1\"", "null"})
        EXPECT_EQ(said(detach + R"(,"id":0,"wait_ms":)" + wait),
                  "\"wait_ms\" is no number from 0 to 3600000")
            << wait;
    EXPECT_EQ(said(detach + R"(,"id":0,"origin":"reports")"),
              "\"origin\" is neither \"operator\" nor \"pgpool\"");
}

TEST(ControlRequest, IsForTheBackendsOrTheirHistory) {
    EXPECT_EQ(read_control_request(R"({"command":"backends"})").value(),
              ControlRequest{AskBackends{}});
    EXPECT_EQ(read_control_request(R"({"command":"backends","after":"1.2-0"})").value(),
              ControlRequest{AskBackends{"1.2-0"}});
    EXPECT_EQ(read_control_request(R"({"command":"backends","after":1})").error().what,
              "\"after\" is no text");
    EXPECT_EQ(
        read_control_request(R"({"command":"backends","after":")" + std::string(2001, 'x') + "\"}")
            .error()
            .what,
        "\"after\" is longer than 2000 bytes");
    EXPECT_EQ(read_control_request(R"({"command":"backend-history"})").value(),
              ControlRequest{AskBackendHistory{}});
}

TEST(ControlRequest, IsWhatTheLinkToPgpoolSaysOfIt) {
    const auto said = [](const std::string& members) {
        return read_control_request(R"({"command":"pgpool")" + members + "}");
    };
    EXPECT_EQ(said(R"(,"in_line":true)").value(), ControlRequest{AskPgpool{}});
    EXPECT_EQ(said(R"(,"in_line":true,"why":"it was slow")").value(), ControlRequest{AskPgpool{}})
        << "what is in line is no trouble";
    EXPECT_EQ(said(R"(,"in_line":false,"why":"no answer")").value(),
              ControlRequest{AskPgpool{"no answer"}});
    for (const std::string why : {"", R"(,"why":"")"})
        EXPECT_EQ(said(R"(,"in_line":false)" + why).value(),
                  ControlRequest{AskPgpool{"no reason was given"}});
    for (const std::string in_line : {"", R"(,"in_line":1)", R"(,"in_line":"true")"})
        EXPECT_EQ(said(in_line).error().what, "\"in_line\" is neither true nor false");
    EXPECT_EQ(said(R"(,"in_line":true,"caution":"it has a watchdog")").value(),
              (ControlRequest{AskPgpool{"", "it has a watchdog"}}));
    EXPECT_EQ(said(R"(,"in_line":true,"caution":[])").error().what, "\"caution\" is no text");
    for (const std::string in_line : {"true", "false"})
        EXPECT_EQ(said(R"(,"in_line":)" + in_line + R"(,"why":7)").error().what,
                  "\"why\" is no text");
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
