// The bytes of version 1 of the frames in which nodes agree on the table of backends. They stay as
// they are: a later version is tested against them.
#include "packet/ledger_body.h"

#include <gtest/gtest.h>

#include <array>

#include "test/unit/hex.h"
#include "test/unit/sample_table.h"

namespace komainu {
namespace {

using test::from_hex;

std::string written(const LedgerMessage& message) {
    std::array<std::byte, ledger_body_bytes_max> room;
    Writer writer(room);
    write_ledger_body(writer, message);
    EXPECT_TRUE(writer.ok());
    return test::hex(writer.written());
}

std::string without_blanks(std::string text) {
    std::erase(text, ' ');
    return text;
}

std::optional<LedgerMessage> read(std::uint8_t type, const std::string& digits) {
    LedgerMessage message;
    if (!read_ledger_body(type, from_hex(digits), message)) return {};
    return message;
}

const std::string ballot_9 = "0000000000000009 01";
const std::string no_ballot = "0000000000000000 00";
const std::string id = "02 1122334455667788";
const std::string times = "0000018e00000000 8000000000000001 0000000000000000 00";
const std::string detach_0 = id + "00 00 02" + times;
const std::string promote_2 = id + "02 02 02" + times;
const std::string states = "fffffffffffffffd 01 01 01 03 0000000000000004";
const std::string table =
    ballot_9 + "0000000000000005" + states + "02" + detach_0 + "01" + promote_2 + "00";

struct Golden {
    std::uint8_t type;
    LedgerMessage message;
    std::string body;
};

std::vector<Golden> golden() {
    const Ballot ballot{9, NodeId{1}};
    BackendEvent ended = test::sample_event(BackendEventKind::command_ended, 63);
    ended.ended = 6;
    ended.status = 255;
    return {
        {16, Prepare{ballot}, ballot_9},
        {17, Promised{{10, NodeId{2}}, test::sample_table()}, "000000000000000a 02" + table},
        {18, Outbid{ballot}, ballot_9},
        {19, Accept{test::sample_table(), 6, true}, table + "0000000000000006 01"},
        {20, Accepted{ballot, 7, true}, ballot_9 + "0000000000000007 01"},
        {21, Committed{ballot, 7}, ballot_9 + "0000000000000007"},
        {22, RecordLost{}, ""},
        {23, EventSubmitted{ended},
         id + "05 3f 02 0000018e00000000 8000000000000001 0000000000000006 ff"},
        {24, EventRefused{{NodeId{2}, 0x1122334455667788}, EventOutcome::timed_out}, id + "08"},
        {25, BackendsSeen{5}, "0000000000000005"},
    };
}

TEST(LedgerBody, EachMessageHasItsBytes) {
    for (const auto& [type, message, body] : golden()) {
        EXPECT_EQ(ledger_message_type(message), type);
        EXPECT_EQ(written(message), without_blanks(body)) << int{type};
        EXPECT_EQ(read(type, body), message) << int{type};
    }
}

TEST(LedgerBody, ATableThatNothingWasEverEnteredInIsOne) {
    const LedgerMessage promised = Promised{{1, NodeId{1}}, {}};
    EXPECT_EQ(read(17, written(promised)), promised);
}

TEST(LedgerBody, TheLongestFitsItsRoom) {
    const LedgerMessage promised = Promised{{1, NodeId{1}}, test::longest_table()};
    EXPECT_EQ(written(promised).size() / 2, ballot_bytes + backend_table_bytes_max);
    EXPECT_EQ(read(17, written(promised)), promised);
    const LedgerMessage accept = Accept{test::longest_table(), 69, false};
    EXPECT_EQ(read(19, written(accept)), accept);
}

TEST(LedgerBody, WhatALaterVersionAddsIsPassedOver) {
    for (const auto& [type, message, body] : golden())
        EXPECT_EQ(read(type, body + "c0ffee"), message) << int{type};
}

TEST(LedgerBody, NoneMayBeShorter) {
    for (const auto& [type, message, body] : golden()) {
        const auto bytes = from_hex(body);
        for (std::size_t n = 0; n < bytes.size(); ++n)
            EXPECT_FALSE(read(type, test::hex(Bytes(bytes).first(n)))) << int{type} << " has " << n;
    }
}

TEST(LedgerBody, AnUnknownTypeIsNoLedgerMessage) {
    for (const int type : {0, 1, 15, 26, 255})
        EXPECT_FALSE(read(static_cast<std::uint8_t>(type), table));
}

TEST(LedgerBody, ABallotIsSomebodys) {
    EXPECT_FALSE(read(16, no_ballot));
    EXPECT_FALSE(read(16, "0000000000000000 01"));
    EXPECT_FALSE(read(16, "0000000000000001 00"));
    EXPECT_FALSE(read(16, "0000000000000001 41"));
    EXPECT_TRUE(read(16, "0000000000000001 40"));
    EXPECT_FALSE(read(17, no_ballot + table));
}

TEST(LedgerBody, AFlagIs0Or1) {
    EXPECT_FALSE(read(19, table + "0000000000000006 02"));
    EXPECT_FALSE(read(20, ballot_9 + "0000000000000007 02"));
}

TEST(LedgerBody, NothingIsCommittedThatTheTableHasNot) {
    EXPECT_TRUE(read(19, table + "0000000000000007 00"));
    EXPECT_FALSE(read(19, table + "0000000000000008 00"));
}

TEST(LedgerBody, AnEventIsOneOfOurs) {
    EXPECT_TRUE(read(23, id + "05 3f 03" + times));
    EXPECT_FALSE(read(23, id + "06 3f 03" + times)) << "kind";
    EXPECT_FALSE(read(23, id + "05 40 03" + times)) << "backend";
    EXPECT_FALSE(read(23, id + "05 3f 04" + times)) << "origin";
    EXPECT_FALSE(read(23, "00 1122334455667788 05 3f 03" + times)) << "no node";
    EXPECT_FALSE(read(24, id + "09")) << "outcome";
}

TEST(LedgerBody, ATableMeansSomething) {
    const auto reads = [](const std::string& digits) {
        return read(17, ballot_9 + digits).has_value();
    };
    const std::string front = ballot_9 + "0000000000000005";
    EXPECT_TRUE(reads(front + "0000000000000000 40 00 0000000000000004 00"));
    EXPECT_FALSE(reads(front + "0000000000000000 41 00 0000000000000004 00")) << "primary";
    EXPECT_TRUE(reads(front + "0000000000000000 00 02 0103 0203 0000000000000004 00"));
    EXPECT_FALSE(reads(front + "0000000000000000 00 02 0203 0103 0000000000000004 00")) << "order";
    EXPECT_FALSE(reads(front + "0000000000000000 00 02 0103 0103 0000000000000004 00")) << "twice";
    EXPECT_FALSE(reads(front + "0000000000000000 00 01 4003 0000000000000004 00")) << "backend";
    EXPECT_FALSE(reads(front + "0000000000000000 00 01 0100 0000000000000004 00")) << "node";
    EXPECT_FALSE(reads(no_ballot + "0000000000000005" + states + "00")) << "nobody's";
    EXPECT_FALSE(reads(ballot_9 + "ffffffffffffffff" + states + "00")) << "index";
    EXPECT_FALSE(reads(front + "0000000000000000 00 00 0000000000000006 00")) << "commands ended";
    std::string entries;
    for (std::size_t i = 0; i <= entries_max; ++i) entries += detach_0 + "00";
    EXPECT_FALSE(reads(front + states + "41" + entries)) << "too many";
}

}  // namespace
}  // namespace komainu
