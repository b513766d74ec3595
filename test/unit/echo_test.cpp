// ICMP echo, byte by byte.
#include "packet/echo.h"

#include <gtest/gtest.h>

#include <vector>

#include "test/unit/hex.h"

namespace komainu {
namespace {

using test::from_hex;

constexpr std::uint64_t token = 0x0102030405060708;
constexpr auto v4 = Family::ipv4;
constexpr auto v6 = Family::ipv6;

// The checksums are by hand: the complement of 0x0000 + 0x0102 + 0x0304 + 0x0506 + 0x0708 = 0x1014.
const auto reply_v4 = from_hex("00 00 efeb 0000 0000 0102030405060708");
const auto reply_v6 = from_hex("81 00 0000 0000 0000 0102030405060708");

std::vector<std::byte> with_header(std::string_view header, Bytes message) {
    auto packet = from_hex(header);
    packet.insert(packet.end(), message.begin(), message.end());
    return packet;
}
const std::string header_20 = "45000024 00004000 4001 0000 0a4d00fe 0a4d0001";
const std::string header_24 = "46000028 00004000 4001 0000 0a4d00fe 0a4d0001 01010101";

TEST(Echo, RequestIsAsRfc792HasIt) {
    const auto request = echo_request(v4, token);
    EXPECT_EQ(std::vector(request.begin(), request.end()),
              from_hex("08 00 e7eb 0000 0000 0102030405060708"));
}

TEST(Echo, RequestIsAsRfc4443HasItWithTheChecksumLeftToTheKernel) {
    const auto request = echo_request(v6, token);
    EXPECT_EQ(std::vector(request.begin(), request.end()),
              from_hex("80 00 0000 0000 0000 0102030405060708"));
}

TEST(Echo, ReplyGivesTheTokenBack) {
    EXPECT_EQ(parse_echo_reply(v4, EchoFraming::message, reply_v4), token);
    EXPECT_EQ(parse_echo_reply(v6, EchoFraming::message, reply_v6), token);
}

TEST(Echo, ReplyIsFoundBehindAnIpv4HeaderOfAnyLength) {
    for (const auto& header : {header_20, header_24})
        EXPECT_EQ(parse_echo_reply(v4, EchoFraming::ipv4_packet, with_header(header, reply_v4)),
                  token);
}

TEST(Echo, NoHeaderIsNoPacket) {
    EXPECT_FALSE(parse_echo_reply(v4, EchoFraming::ipv4_packet, reply_v4));
    // Version 6; a header of 16 bytes; one that is longer than the packet.
    for (const char* first : {"65", "44", "4f"}) {
        const auto header = first + header_20.substr(2);
        EXPECT_FALSE(parse_echo_reply(v4, EchoFraming::ipv4_packet, with_header(header, reply_v4)));
    }
}

TEST(Echo, ReplyOfTheOtherFamilyIsNone) {
    EXPECT_FALSE(parse_echo_reply(v6, EchoFraming::message, reply_v4));
    EXPECT_FALSE(parse_echo_reply(v4, EchoFraming::message, reply_v6));
}

TEST(Echo, RequestIsNoReply) {
    EXPECT_FALSE(parse_echo_reply(v4, EchoFraming::message, echo_request(v4, token)));
    EXPECT_FALSE(parse_echo_reply(v6, EchoFraming::message, echo_request(v6, token)));
}

TEST(Echo, ReplyOfAnotherLengthOrCodeIsNotToOurRequest) {
    auto longer = reply_v6;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(parse_echo_reply(v6, EchoFraming::message, longer));
    auto coded = reply_v6;
    coded[1] = std::byte{1};
    EXPECT_FALSE(parse_echo_reply(v6, EchoFraming::message, coded));
}

TEST(Echo, ReplyIsRefusedWhicheverOfItsBytesIsDamaged) {
    for (std::size_t i = 0; i < reply_v4.size(); ++i) {
        auto damaged = reply_v4;
        damaged[i] ^= std::byte{0x10};
        EXPECT_FALSE(parse_echo_reply(v4, EchoFraming::message, damaged)) << i;
    }
}

TEST(Echo, ParserTakesWhateverIsCutShort) {
    const auto packet = with_header(header_24, reply_v4);
    for (std::size_t length = 0; length < packet.size(); ++length)
        EXPECT_FALSE(parse_echo_reply(v4, EchoFraming::ipv4_packet, Bytes(packet).first(length)));
}

}  // namespace
}  // namespace komainu
