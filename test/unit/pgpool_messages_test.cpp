// What komainu-pgpool and komainud say to each other, and the verdict.
#include <gtest/gtest.h>

#include "pgpool/control_messages.h"
#include "pgpool/verdict.h"

namespace komainu {
namespace {

TEST(PgpoolMessages, AskForTheTableAndSubmitAndTell) {
    EXPECT_EQ(ask_backends(""), R"({"command":"backends"})");
    EXPECT_EQ(ask_backends("4.7"), R"({"after":"4.7","command":"backends"})");
    EXPECT_EQ(submit_event({1, PgpoolEvent::detach, 2}, 0xfe),
              R"({"command":"backend","event":"detach","id":2,"key":"00000000000000fe",)"
              R"("origin":"pgpool","wait_ms":5000})");
    EXPECT_EQ(tell_verdict(true, "", ""), R"({"command":"pgpool","in_line":true})");
    EXPECT_EQ(tell_verdict(false, "it is \xff", ""),
              "{\"command\":\"pgpool\",\"in_line\":false,\"why\":\"it is \xef\xbf\xbd\"}");
    EXPECT_EQ(tell_verdict(true, "", "it has a watchdog"),
              R"({"caution":"it has a watchdog","command":"pgpool","in_line":true})");
}

TEST(PgpoolMessages, ReadTheTable) {
    const auto answer = read_backends(
        R"({"ok":true,"revision":"r","agreed":true,"backends":[
            {"id":0,"address":"10.0.0.11:5432","state":"up","role":"primary"},
            {"id":1,"address":"[fd00::1]:5432","state":"quarantined","role":"standby"},
            {"id":2,"address":"10.0.0.13:5432","state":"down","role":"standby","recovered_by":2}]})");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer.value(), (BackendsAnswer{"r",
                                              {true,
                                               {{0, "10.0.0.11:5432", true, true, false},
                                                {1, "[fd00::1]:5432", true, false, true},
                                                {2, "10.0.0.13:5432", false, false, false}}}}));
}

TEST(PgpoolMessages, ATableThatMakesNoSenseIsRefused) {
    const auto with = [](const std::string& backend) {
        return read_backends(R"({"ok":true,"agreed":true,"backends":[)" + backend + "]}");
    };
    EXPECT_TRUE(with(R"({"id":0,"address":"10.0.0.11:5432","state":"up"})"));
    EXPECT_FALSE(with(R"({"id":-1,"address":"10.0.0.11:5432","state":"up"})"));
    EXPECT_FALSE(with(R"({"id":"0","address":"10.0.0.11:5432","state":"up"})"));
    EXPECT_FALSE(with(R"({"id":0,"address":"db:5432","state":"up"})"));
    EXPECT_FALSE(with(R"({"id":0,"address":"10.0.0.11:5432","state":"sideways"})"));
    EXPECT_FALSE(with("7"));
    EXPECT_FALSE(read_backends(R"({"ok":true})"));
    EXPECT_FALSE(read_backends("["));
}

TEST(PgpoolMessages, ARefusalSaysWhy) {
    EXPECT_EQ(read_submitted(R"({"ok":false,"error":"nobody is active"})").error().what,
              "nobody is active");
    EXPECT_EQ(read_told(R"({"ok":false})").error().what, "komainud refuses, and does not say why");
    EXPECT_TRUE(read_submitted(R"({"ok":true,"outcome":"already"})"));
}

// --- The verdict ---------------------------------------------------------------------------------

TEST(PgpoolVerdict, OfOneThatHasNotBeenAskedIsNotInLine) {
    EXPECT_FALSE(PgpoolVerdict().in_line());
}

TEST(PgpoolVerdict, OfOneThatHasStartedCountsAtOnce) {
    PgpoolVerdict verdict;
    verdict.find(Instant(1h), "backend 1 is attached");
    EXPECT_EQ(verdict.why(), "backend 1 is attached");
    verdict.find(Instant(1h), "");
    EXPECT_TRUE(verdict.in_line());
}

TEST(PgpoolVerdict, OfOneThatWasInLineBearsAChangeForAWhile) {
    PgpoolVerdict verdict;
    verdict.find(Instant(1h), "");
    verdict.find(Instant(1h), "backend 1 is attached");
    verdict.find(Instant(1h) + PgpoolVerdict::grace - 1ms, "backend 1 is attached");
    EXPECT_TRUE(verdict.in_line());
    verdict.find(Instant(1h) + PgpoolVerdict::grace, "backend 1 is attached");
    EXPECT_FALSE(verdict.in_line());
    verdict.find(Instant(2h), "");
    verdict.start_anew();
    verdict.find(Instant(2h), "backend 2 is attached");
    EXPECT_FALSE(verdict.in_line());
}

TEST(PgpoolVerdict, WithNothingToGoByHoldsNobodyBackAndIsNoPromise) {
    PgpoolVerdict verdict;
    verdict.find_nothing_to_go_by();
    EXPECT_TRUE(verdict.in_line());
    verdict.find(Instant(1h), "backend 1 is attached");
    EXPECT_FALSE(verdict.in_line());
}

}  // namespace
}  // namespace komainu
