// PCP's bytes, as pgpool-II 4.3.5 sent and took them, and what is none of its messages.
#include "pgpool/pcp.h"

#include <gtest/gtest.h>

#include "pgpool/pcp_session.h"

namespace komainu {
namespace {

using namespace std::literals;

std::string framed(char kind, std::string_view body) {
    const auto length = static_cast<char>(body.size() + 4);
    return std::string{kind, 0, 0, static_cast<char>(body.size() + 4 > 0xff ? 1 : 0), length} +
           std::string(body);
}

Result<PcpMessage> read(char kind, std::string_view body) {
    return read_pcp_message({kind, body, body.size() + 5});
}

PcpNode node_of(std::string_view body) {
    const auto message = read('i', body);
    EXPECT_TRUE(message) << (message ? "" : message.error().what);
    return message ? std::get<PcpNode>(message.value()) : PcpNode{};
}

constexpr auto node_0 =
    "NodeInfo\000127.0.0.1\00019001\0001\0000\000unknown\000715827882.333333\0003\000unknown\0000"
    "\000\000\0001795842442\000"sv;
constexpr auto node_2 =
    "NodeInfo\000127.0.0.1\00019003\0003\0000\000down\000715827882.333333\0002\000primary\0000"
    "\000\000\0001795842617\000"sv;

TEST(Pcp, FramesHaveALetterAndALengthThatCountsItself) {
    EXPECT_EQ(pcp_salt_request(), "M\0\0\0\4"s);
    EXPECT_EQ(pcp_request({PcpCommand::node_count}), "L\0\0\0\4"s);
    EXPECT_EQ(pcp_request({PcpCommand::node_info}), "I\0\0\0\7-1\0"s);
    EXPECT_EQ(pcp_request({PcpCommand::detach, 1}), "D\0\0\0\0061\0"s);
    EXPECT_EQ(pcp_request({PcpCommand::attach, 12}), "C\0\0\0\00712\0"s);
    EXPECT_EQ(pcp_request({PcpCommand::promote, 2}), "J\0\0\0\0102 \0n"s);
    EXPECT_EQ(pcp_request({PcpCommand::settings}), "B\0\0\0\4"s);
    EXPECT_EQ(pcp_goodbye(), "X\0\0\0\4"s);
}

// The proof as Python's hashlib has it.
TEST(Pcp, LogsInByTheMd5OfTheMd5OfTheMd5) {
    EXPECT_EQ(pcp_login({"komainu", "secret"}, {'\1', '\2', '\3', '\4'}),
              "R\0\0\0\055komainu\000b8e1878ca0e0584f8891ccadd5ef8567\0"s);
}

TEST(Pcp, AFrameIsReadWhenAllOfItHasCome) {
    const std::string bytes = framed('l', "CommandComplete\0003\0"sv) + "i";
    for (std::size_t n = 0; n + 1 < bytes.size(); ++n) {
        const auto frame = first_pcp_frame(std::string_view(bytes).substr(0, n));
        ASSERT_TRUE(frame);
        EXPECT_FALSE(frame.value()) << n;
    }
    const auto frame = first_pcp_frame(bytes);
    ASSERT_TRUE(frame && frame.value());
    EXPECT_EQ(frame.value()->bytes + 1, bytes.size());
    EXPECT_EQ(read_pcp_message(*frame.value()).value(), PcpMessage(PcpDone{3}));
}

TEST(Pcp, AFrameOfAnImpossibleLengthIsNone) {
    EXPECT_FALSE(first_pcp_frame("i\0\0\0\3"sv));
    EXPECT_FALSE(first_pcp_frame("i\0\1\0\0"sv));
    EXPECT_EQ(first_pcp_frame("HTTP/1.1 400 Bad Request").error().what,
              "what answers there does not speak PCP");
}

TEST(Pcp, ANodeOfEachReleaseIsReadByTheNumberOfItsFields) {
    EXPECT_EQ(node_of(node_0),
              (PcpNode{"127.0.0.1", 19001, PcpNodeStatus::waiting, false, "1795842442"}));
    EXPECT_EQ(node_of(node_2),
              (PcpNode{"127.0.0.1", 19003, PcpNodeStatus::down, true, "1795842617"}));
    const PcpNode primary{"/tmp", 5432, PcpNodeStatus::up, true, "9"};
    EXPECT_EQ(node_of("NodeInfo\0/tmp\0005432\0002\0000\0001.0\0002\0000\0009\0"sv), primary);
    EXPECT_EQ(node_of("NodeInfo\0/tmp\0005432\0002\0000\0001.0\0002\0000\000s\000a\0009\0"sv),
              primary);
    EXPECT_EQ(node_of("NodeInfo\0/tmp\0005432\0002\0000\000up\0001.0\0002\000primary\0000\000"
                      "0\000s\000a\0009\0"sv),
              primary);
}

TEST(Pcp, ANodeInQuarantineCountsAsDown) {
    EXPECT_EQ(node_of("NodeInfo\0/tmp\0005432\0002\0001\0001.0\0003\0000\0009\0"sv).status,
              PcpNodeStatus::down);
}

TEST(Pcp, ASettingHasANameAndAValueWhichMayBeEmpty) {
    EXPECT_EQ(read('b', "ProcessConfig\0use_watchdog\0000\0non 0 if operating in use_watchdog\0"sv)
                  .value(),
              PcpMessage(PcpSetting{"use_watchdog", "0"}));
    EXPECT_EQ(read('b', "ProcessConfig\0ssl_key\0\0path to the SSL private key file\0"sv).value(),
              PcpMessage(PcpSetting{"ssl_key", ""}));
    EXPECT_EQ(read('b', "ArraySize\0\0\0\0\220"sv).value(), PcpMessage(PcpNotice{}));
    EXPECT_EQ(read('b', "CommandComplete\0"sv).value(), PcpMessage(PcpDone{}));
    EXPECT_FALSE(read('b', "ProcessConfig\0use_watchdog\0000\0"sv));
    EXPECT_FALSE(read('i', "ProcessConfig\0use_watchdog\0000\0as it is\0"sv));
}

TEST(Pcp, AnErrorIsPgpoolsOwnWordsInOneLine) {
    EXPECT_EQ(read('E',
                   "SERROR\000CXX000\000Minvalid degenerate backend request, node id : 1\000"
                   "Fpool_internal_comms.c\000L199\000\0"sv)
                  .value(),
              PcpMessage(PcpError{"invalid degenerate backend request, node id : 1"}));
    EXPECT_EQ(read('E', "SFATAL\000Mfailed\000Dbecause\033[2J\000\0"sv).value(),
              PcpMessage(PcpError{"failed: because?[2J"}));
    EXPECT_EQ(read('E', "M"sv).value(), PcpMessage(PcpError{"an error without a message"}));
    EXPECT_EQ(read('E', ""sv).value(), PcpMessage(PcpError{"an error without a message"}));
}

TEST(Pcp, WhatMakesNoSenseIsRefused) {
    EXPECT_FALSE(read('m', "abc"sv));
    EXPECT_FALSE(read('r', "AuthenticationOK"sv));
    EXPECT_FALSE(read('l', "CommandComplete\0"sv));
    EXPECT_FALSE(read('l', "CommandComplete\000129\0"sv));
    EXPECT_FALSE(read('i', "ArraySize\000-1\0"sv));
    EXPECT_FALSE(read('i', "NodeInfo\0host\0"sv));
    EXPECT_FALSE(read('i', node_0.substr(0, node_0.size() - 1)));
    EXPECT_FALSE(read('i', "NodeInfo\0/tmp\00070000\0002\0000\0001.0\0002\0000\0009\0"sv));
    EXPECT_FALSE(read('i', "NodeInfo\0/tmp\0005432\0004\0000\0001.0\0002\0000\0009\0"sv));
    EXPECT_FALSE(read('d', ""sv));
    EXPECT_FALSE(read('z', "CommandComplete\0"sv));
}

// --- The session ---------------------------------------------------------------------------------

class PcpSessionTest : public testing::Test {
protected:
    void log_in() {
        EXPECT_EQ(session_.take_unsent(), "M\0\0\0\4"s);
        EXPECT_TRUE(session_.receive(framed('m', "abcd")));
        EXPECT_EQ(session_.take_unsent().substr(0, 13), "R\0\0\0\055komainu\0"s);
        EXPECT_TRUE(session_.receive(framed('r', "AuthenticationOK\0"sv)));
    }

    PcpSession session_{PcpLogin{"komainu", "secret"}};
};

TEST_F(PcpSessionTest, AsksWhenTheLoginIsOver) {
    session_.ask({PcpCommand::node_count});
    log_in();
    EXPECT_EQ(session_.take_unsent(), "L\0\0\0\4"s);
    EXPECT_TRUE(session_.receive(framed('l', "CommandComplete\0003\0"sv)));
    EXPECT_EQ(session_.take_answer()->count, 3u);
    EXPECT_FALSE(session_.take_answer());
    EXPECT_FALSE(session_.is_busy());
}

TEST_F(PcpSessionTest, CollectsTheNodesHoweverTheBytesCome) {
    log_in();
    session_.ask({PcpCommand::node_info});
    const std::string bytes = framed('N', "SNOTICE\000Mx\000\0"sv) +
                              framed('i', "ArraySize\0002\0"sv) + framed('i', node_0) +
                              framed('i', node_2) + framed('i', "CommandComplete\0"sv);
    for (const char byte : bytes) ASSERT_TRUE(session_.receive({&byte, 1}));
    const auto answer = session_.take_answer();
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->nodes.size(), 2u);
    EXPECT_TRUE(answer->nodes[1].primary);
}

TEST_F(PcpSessionTest, OfTheSettingsTellsWhetherTheWatchdogRuns) {
    log_in();
    const auto setting = [](std::string_view value) {
        return framed('b', "ProcessConfig\0use_watchdog\0"s + std::string(value) + "\0non 0 if\0"s);
    };
    const auto others = framed('b', "ArraySize\0\0\0\0\220"sv) +
                        framed('b', "ProcessConfig\0port\09999\0port number\0"sv);
    const auto watchdog_in = [&](const std::string& settings) {
        session_.ask({PcpCommand::settings});
        EXPECT_TRUE(session_.receive(others + settings + framed('b', "CommandComplete\0"sv)));
        const auto answer = session_.take_answer();
        return answer ? answer->watchdog : std::nullopt;
    };
    EXPECT_EQ(watchdog_in(setting("1")), std::optional(true));
    EXPECT_EQ(watchdog_in(setting("0")), std::optional(false));
    EXPECT_EQ(watchdog_in(""), std::nullopt);
    session_.ask({PcpCommand::node_info});
    EXPECT_FALSE(session_.receive(setting("1"))) << "they were not asked for";
}

TEST_F(PcpSessionTest, ARefusalIsAnAnswerAndTheSessionGoesOn) {
    log_in();
    session_.ask({PcpCommand::detach, 1});
    EXPECT_TRUE(session_.receive(framed('E', "SERROR\000Mnot valid for failover\000\0"sv)));
    EXPECT_EQ(session_.take_answer()->error, "not valid for failover");
    session_.ask({PcpCommand::detach, 2});
    EXPECT_TRUE(session_.receive(framed('d', "CommandComplete\0"sv)));
    EXPECT_EQ(session_.take_answer()->error, "");
}

TEST_F(PcpSessionTest, ALoginThatIsRefusedEndsIt) {
    session_.ask({PcpCommand::node_info});
    EXPECT_TRUE(session_.receive(framed('m', "abcd")));
    EXPECT_EQ(
        session_
            .receive(framed('E',
                            "SFATAL\000Mauthentication failed for user \"komainu\"\000"
                            "Dusername and/or password does not match\000\0"sv))
            .error()
            .what,
        "authentication failed for user \"komainu\": username and/or password does not match");
}

TEST_F(PcpSessionTest, FewerNodesThanAnnouncedOrMoreEndIt) {
    log_in();
    session_.ask({PcpCommand::node_info});
    EXPECT_TRUE(session_.receive(framed('i', "ArraySize\0002\0"sv) + framed('i', node_0)));
    EXPECT_FALSE(session_.receive(framed('i', "CommandComplete\0"sv)));
    PcpSession other{PcpLogin{}};
    EXPECT_FALSE(other.receive(framed('i', node_0)));
}

TEST_F(PcpSessionTest, AnAnswerToNothingEndsIt) {
    log_in();
    EXPECT_FALSE(session_.receive(framed('d', "CommandComplete\0"sv)));
}

}  // namespace
}  // namespace komainu
