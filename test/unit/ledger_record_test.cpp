#include "packet/ledger_record.h"

#include <gtest/gtest.h>

#include <array>

#include "test/unit/hex.h"
#include "test/unit/sample_table.h"

namespace komainu {
namespace {

using test::ByteVector;

const LedgerRecord sample{{12, NodeId{3}}, test::sample_table(), 6};

ByteVector encoded(const LedgerRecord& record) {
    std::array<std::byte, ledger_record_bytes_max> room;
    const Bytes bytes = encode(record, room);
    return {bytes.begin(), bytes.end()};
}

/// With a sum that belongs to them.
ByteVector summed(ByteVector bytes) {
    for (const std::byte b : hash_of(bytes)) bytes.push_back(b);
    return bytes;
}

ByteVector without_sum(const ByteVector& bytes) { return {bytes.begin(), bytes.end() - tag_bytes}; }

TEST(LedgerRecord, ComesBackAsItWas) {
    for (const LedgerRecord& record :
         {LedgerRecord{}, sample, LedgerRecord{{1, NodeId{1}}, test::longest_table(), 69}})
        EXPECT_EQ(decode_ledger_record(encoded(record)), record);
}

TEST(LedgerRecord, HasItsBytes) {
    EXPECT_EQ(test::hex(encoded({{12, NodeId{3}}, {}, 0})),
              "4b4d4e4c01"
              "000000000000000c03"
              "0000000000000000"
              "000000000000000000"
              "0000000000000000"
              "ffffffffffffffff0000"
              "0000000000000000"
              "00"
              "b1fd965d55d4a1604f42de815129b1ba2278ac6c28c3b4b916f66d93f4ce6546");
}

TEST(LedgerRecord, IsWhole) {
    const ByteVector bytes = encoded(sample);
    for (std::size_t n = 0; n < bytes.size(); ++n)
        EXPECT_FALSE(decode_ledger_record(Bytes(bytes).first(n))) << n;
    ByteVector longer = bytes;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(decode_ledger_record(longer));
}

TEST(LedgerRecord, IsUndamaged) {
    const ByteVector bytes = encoded(sample);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        ByteVector damaged = bytes;
        damaged[i] ^= std::byte{0x10};
        EXPECT_FALSE(decode_ledger_record(damaged)) << i;
    }
}

TEST(LedgerRecord, OfAnotherKindOrVersionIsNone) {
    ByteVector bytes = without_sum(encoded(sample));
    bytes[4] = std::byte{2};
    EXPECT_FALSE(decode_ledger_record(summed(bytes)));
    bytes[4] = std::byte{1};
    EXPECT_TRUE(decode_ledger_record(summed(bytes)));
    bytes[3] = std::byte{'U'};
    EXPECT_FALSE(decode_ledger_record(summed(bytes)));
}

TEST(LedgerRecord, HasNothingBehindItsTable) {
    ByteVector bytes = without_sum(encoded(sample));
    bytes.push_back(std::byte{0});
    EXPECT_FALSE(decode_ledger_record(summed(bytes)));
}

TEST(LedgerRecord, HasAppliedNothingThatItHasNot) {
    EXPECT_TRUE(decode_ledger_record(encoded({{12, NodeId{3}}, test::sample_table(), 7})));
    EXPECT_FALSE(decode_ledger_record(encoded({{12, NodeId{3}}, test::sample_table(), 8})));
}

TEST(LedgerRecord, HasNoEndOfACommandThatIsNotBeforeIt) {
    ByteVector bytes = without_sum(encoded({{12, NodeId{3}}, {}, 0}));
    bytes[bytes.size() - 2] = std::byte{1};  // the last of what tells up to where they have ended
    EXPECT_FALSE(decode_ledger_record(summed(bytes)));
}

}  // namespace
}  // namespace komainu
