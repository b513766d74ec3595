// The bytes by which version 1 of the peer protocol opens a stream.
#include "packet/hello.h"

#include <gtest/gtest.h>

#include "test/unit/shrine_streams.h"

namespace komainu {
namespace {

using test::from_hex;

const std::string golden =
    "4b4d4e50 01 01 02 00 8e69c58449905834 0000018f00000001 cb2f5160 00000000"
    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";

Hello sample() {
    return {{1, 1},
            NodeId{2},
            cluster_hash("shrine"),
            test::incarnation_of_2,
            0xcb2f5160,
            test::random_from(0x20)};
}

std::optional<Hello> decode(const std::string& digits) { return decode_hello(from_hex(digits)); }

std::string with(std::size_t offset, const std::string& digits) {
    auto bytes = from_hex(golden);
    std::ranges::copy(from_hex(digits), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    return test::hex(bytes);
}

TEST(Hello, HasItsBytes) {
    EXPECT_EQ(test::hex(encode(sample())), test::hex(from_hex(golden)));
    EXPECT_EQ(decode(golden), sample());
}

TEST(Hello, IsWhole) {
    const auto bytes = from_hex(golden);
    for (std::size_t n = 0; n < bytes.size(); ++n)
        EXPECT_FALSE(decode_hello(Bytes(bytes).first(n)));
    EXPECT_FALSE(decode(golden + "00"));
}

TEST(Hello, OfALaterVersionMayUseWhatThisOneDoesNotLookAt) {
    EXPECT_TRUE(decode(with(7, "01")));
    EXPECT_TRUE(decode(with(28, "01020304")));
    EXPECT_EQ(decode(with(4, "01 07"))->versions, (Versions{1, 7}));
}

TEST(Hello, ThatMeansNothingIsNone) {
    EXPECT_FALSE(decode(with(0, "4b4d4e55"))) << "magic";
    EXPECT_FALSE(decode(with(4, "00"))) << "version 0";
    EXPECT_FALSE(decode(with(4, "02"))) << "lowest above highest";
    EXPECT_FALSE(decode(with(6, "00"))) << "node 0";
    EXPECT_FALSE(decode(with(6, "41"))) << "node 65";
    EXPECT_FALSE(decode(with(16, "0000000000000000"))) << "no incarnation";
}

TEST(Hello, TheVersionIsTheHighestThatBothSpeak) {
    EXPECT_EQ(common_version({1, 1}, {1, 1}), 1);
    EXPECT_EQ(common_version({1, 3}, {2, 5}), 3);
    EXPECT_EQ(common_version({2, 5}, {1, 2}), 2);
    EXPECT_FALSE(common_version({1, 1}, {2, 5}));
    EXPECT_FALSE(common_version({3, 5}, {1, 2}));
}

TEST(Hello, ARefusalInClearHasItsBytes) {
    const auto bytes_of = [](StreamRefusal why) {
        std::array<std::byte, hello_refusal_bytes> room;
        return test::hex(encode_hello_refusal(why, room));
    };
    EXPECT_EQ(bytes_of(StreamRefusal::unknown_version), "4b4d4e5801010100");
    EXPECT_EQ(bytes_of(StreamRefusal::foreign_cluster), "4b4d4e5802010100");
    EXPECT_EQ(bytes_of(StreamRefusal::unknown_key), "4b4d4e5803010100");
    for (const auto why :
         {StreamRefusal::malformed, StreamRefusal::bad_tag, StreamRefusal::own_id,
          StreamRefusal::unknown_node, StreamRefusal::other_node, StreamRefusal::old_incarnation})
        EXPECT_EQ(bytes_of(why), "") << "is told to nobody";
    EXPECT_EQ(decode_hello_refusal(from_hex("4b4d4e5803010100")), StreamRefusal::unknown_key);
    for (const char* none : {"4b4d4e5800010100", "4b4d4e5804010100", "4b4d4e5003010100",
                             "4b4d4e58030101", "4b4d4e580301010000", ""})
        EXPECT_FALSE(decode_hello_refusal(from_hex(none))) << none;
}

}  // namespace
}  // namespace komainu
