// What the answers of HTTP and SQL servers mean, without any server.
#include "checker/answer.h"

#include <gtest/gtest.h>

namespace komainu {
namespace {

std::string said(const Outcome& outcome) {
    return std::to_string(static_cast<int>(outcome.finding)) + ": " + outcome.why;
}

TEST(Response, IsGoodByStatusAndByWhatTheBodyHolds) {
    ServiceConfig service;
    EXPECT_EQ(said(judge_response(service, 200, "")), "0: HTTP 200");
    EXPECT_EQ(said(judge_response(service, 199, "")), "1: HTTP 199, not 200-299");
    service.body = "up";
    EXPECT_EQ(said(judge_response(service, 200, "it is up.")), "0: HTTP 200");
    EXPECT_EQ(said(judge_response(service, 200, "it is down")),
              "1: HTTP 200, without \"up\" in the first 64 KiB of the body");
    EXPECT_EQ(said(judge_response(service, 500, "it is up")), "1: HTTP 500, not 200-299");
}

TEST(Row, IsGoodByItsValueOrByBeingThere) {
    ServiceConfig service;
    EXPECT_EQ(said(judge_row(service, {})), "1: the answer has no row");
    EXPECT_EQ(said(judge_row(service, Row{})), "0: the answer is NULL");
    EXPECT_EQ(said(judge_row(service, Row{"f"})), "0: the answer is \"f\"");
    service.expect = "t";
    EXPECT_EQ(said(judge_row(service, Row{"t"})), "0: the answer is \"t\"");
    EXPECT_EQ(said(judge_row(service, Row{"f"})), "1: the answer is \"f\", not \"t\"");
    EXPECT_EQ(said(judge_row(service, Row{})), "1: the answer is NULL, not \"t\"");
    EXPECT_EQ(said(judge_row(service, {})), "1: the answer has no row");
}

TEST(ErrorAnswer, IsKnownByItsSqlstateInAnyLanguage) {
    EXPECT_EQ(sqlstate_of("ERROR:  42P01: relation \"x\" does not exist\nLINE 1: x"), "42P01");
    EXPECT_EQ(sqlstate_of("connection to server at \"h\" (10.0.0.1), port 1 failed: FATAL:  57P03: "
                          "the database system is starting up"),
              "57P03");
    EXPECT_EQ(sqlstate_of("ВАЖНО:  3D000: база данных \"d\" не существует"), "3D000");
    EXPECT_EQ(sqlstate_of(""), "");
    EXPECT_EQ(sqlstate_of("connection to server at \"h\", port 1 failed: Connection refused"), "");
    EXPECT_EQ(sqlstate_of("server closed the connection unexpectedly\n\tThis probably means"), "");
    EXPECT_EQ(sqlstate_of("FATAL:  no pg_hba.conf entry"), "");
    EXPECT_EQ(sqlstate_of("FATAL:  57P0"), "");
    EXPECT_EQ(sqlstate_of("FATAL:  57P03"), "");
}

TEST(ErrorAnswer, IsWellOnlyWhereItShallBeAndWhereAServerGaveIt) {
    ServiceConfig service;
    EXPECT_EQ(said(judge_error(service, "FATAL:  57P03: starting up\n")),
              "1: FATAL: 57P03: starting up");
    service.error_answers = ErrorAnswers::well;
    EXPECT_EQ(said(judge_error(service, "FATAL:  57P03: starting up\n")),
              "0: answers with an error: FATAL: 57P03: starting up");
    EXPECT_EQ(said(judge_error(service, "Connection refused\n\tIs it running?\n")),
              "1: Connection refused");
}

TEST(ErrorAnswer, IsToldWithoutItsDetailsAndForEachAddressThatWasTried) {
    const ServiceConfig service;
    EXPECT_EQ(said(judge_error(service, "ERROR:  42P01: no x\nLINE 1: x\nLOCATION:  f, f.c:1\n")),
              "1: ERROR: 42P01: no x");
    EXPECT_EQ(
        said(judge_error(service,
                         "connection to server at \"h\" (::1), port 1 failed: refused\n\tIs it?\n"
                         "connection to server at \"h\" (10.0.0.1), port 1 failed: lost\n")),
        "1: connection to server at \"h\" (::1), port 1 failed: refused; connection to server "
        "at \"h\" (10.0.0.1), port 1 failed: lost");
}

TEST(OneLine, HasNothingThatCommandsATerminal) {
    EXPECT_EQ(one_line("  a\r\n\tb\x1b[2J\x7f c\n"), "a b?[2J? c");
    EXPECT_EQ(one_line("\n"), "");
}

}  // namespace
}  // namespace komainu
