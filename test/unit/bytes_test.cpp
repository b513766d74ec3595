// Reader and Writer at their bounds.
#include "packet/bytes.h"

#include <gtest/gtest.h>

#include <array>

#include "test/unit/hex.h"

namespace komainu {
namespace {

using test::from_hex;
using test::hex;

constexpr std::uint8_t filler = 0xee;

TEST(Reader, ReadsBigEndianNumbersOfEverySize) {
    const auto bytes = from_hex("01 0203 04050607 08090a0b0c0d0e0f");
    Reader reader(bytes);
    EXPECT_EQ(reader.u8(), 0x01);
    EXPECT_EQ(reader.u16(), 0x0203);
    EXPECT_EQ(reader.u32(), 0x04050607u);
    EXPECT_EQ(reader.u64(), 0x08090a0b0c0d0e0fu);
    EXPECT_TRUE(reader.ok());
    EXPECT_TRUE(reader.at_end());
}

TEST(Reader, ReadsTheLargestNumberOfEverySize) {
    const auto bytes = from_hex("ff ffff ffffffff ffffffffffffffff");
    Reader reader(bytes);
    EXPECT_EQ(reader.u8(), UINT8_MAX);
    EXPECT_EQ(reader.u16(), UINT16_MAX);
    EXPECT_EQ(reader.u32(), UINT32_MAX);
    EXPECT_EQ(reader.u64(), UINT64_MAX);
    EXPECT_TRUE(reader.ok());
}

TEST(Reader, TakesBytesOutOfTheMiddle) {
    const auto bytes = from_hex("01 0203 04");
    Reader reader(bytes);
    reader.u8();
    EXPECT_EQ(hex(reader.bytes(2)), "0203");
    EXPECT_EQ(reader.left(), 1u);
    EXPECT_EQ(reader.u8(), 0x04);
}

TEST(Reader, GivesZeroInsteadOfANumberThatIsCutShort) {
    const auto bytes = from_hex("010203");
    Reader reader(bytes);
    EXPECT_EQ(reader.u32(), 0u);
    EXPECT_FALSE(reader.ok());
}

TEST(Reader, GivesNothingInsteadOfBytesThatAreCutShort) {
    const auto bytes = from_hex("0102");
    Reader reader(bytes);
    EXPECT_TRUE(reader.bytes(3).empty());
    EXPECT_FALSE(reader.ok());
}

TEST(Reader, OnceFailedStaysFailedAndReadsNoMore) {
    const auto bytes = from_hex("0102");
    Reader reader(bytes);
    reader.u64();
    EXPECT_EQ(reader.u8(), 0);
    EXPECT_EQ(reader.left(), 0u);
    EXPECT_FALSE(reader.ok());
}

TEST(Reader, CanBeFailedByWhoUnderstandsTheValue) {
    const auto bytes = from_hex("0102");
    Reader reader(bytes);
    reader.fail();
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.u8(), 0);
}

TEST(Reader, ReadingNothingFromNothingIsNoFailure) {
    Reader reader(Bytes{});
    EXPECT_TRUE(reader.bytes(0).empty());
    EXPECT_TRUE(reader.ok());
    EXPECT_TRUE(reader.at_end());
}

TEST(Reader, IsNotFooledByALengthThatWouldWrapAround) {
    const auto bytes = from_hex("0102");
    Reader reader(bytes);
    EXPECT_TRUE(reader.bytes(SIZE_MAX).empty());
    EXPECT_FALSE(reader.ok());
}

TEST(Writer, WritesBigEndianNumbersOfEverySize) {
    std::array<std::byte, 15> room{};
    Writer writer(room);
    writer.u8(0x01);
    writer.u16(0x0203);
    writer.u32(0x04050607);
    writer.u64(0x08090a0b0c0d0e0f);
    EXPECT_TRUE(writer.ok());
    EXPECT_EQ(hex(writer.written()), "0102030405060708090a0b0c0d0e0f");
}

TEST(Writer, ReturnsOnlyWhatWasWritten) {
    std::array<std::byte, 8> room{};
    Writer writer(room);
    EXPECT_TRUE(writer.written().empty());
    writer.bytes(from_hex("aabb"));
    EXPECT_EQ(hex(writer.written()), "aabb");
}

TEST(Writer, LeavesWhatIsBehindItsRoomAlone) {
    std::array<std::byte, 4> memory;
    memory.fill(std::byte{filler});
    Writer writer(std::span<std::byte>(memory).first(2));
    writer.u32(0);
    EXPECT_FALSE(writer.ok());
    EXPECT_EQ(hex(memory), "eeeeeeee");
}

TEST(Writer, OnceFailedStaysFailedThoughWhatFollowsWouldFit) {
    std::array<std::byte, 2> room{};
    Writer writer(room);
    writer.u32(1);
    writer.u8(2);
    EXPECT_FALSE(writer.ok());
}

TEST(Writer, FailsOnBytesThatDoNotFit) {
    std::array<std::byte, 2> room{};
    Writer writer(room);
    writer.bytes(from_hex("010203"));
    EXPECT_FALSE(writer.ok());
    EXPECT_TRUE(writer.written().empty());
}

TEST(Writer, ClaimedBytesAreFilledInLater) {
    std::array<std::byte, 3> room{};
    Writer writer(room);
    const auto length = writer.claim(2);
    writer.u8(0xcc);
    Writer(length).u16(1);
    EXPECT_EQ(hex(writer.written()), "0001cc");
}

TEST(Writer, IsNotFooledByAClaimThatWouldWrapAround) {
    std::array<std::byte, 3> room{};
    Writer writer(room);
    writer.u8(1);
    EXPECT_TRUE(writer.claim(SIZE_MAX).empty());
    EXPECT_FALSE(writer.ok());
}

TEST(Writer, WritingNothingIntoNoRoomIsNoFailure) {
    Writer writer(std::span<std::byte>{});
    writer.bytes({});
    EXPECT_TRUE(writer.ok());
}

}  // namespace
}  // namespace komainu
