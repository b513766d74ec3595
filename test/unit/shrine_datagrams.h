// The cluster "shrine" with a fixed key, and datagrams of it written by hand: what the tests of
// packet/ seal, open, damage and forge.
#pragma once

#include <gtest/gtest.h>
#include <sodium.h>

#include <array>
#include <string>
#include <string_view>

#include "packet/datagram.h"
#include "test/unit/hex.h"

namespace komainu::test {

/// Its bytes count up from the given one.
inline Key key_from(std::uint8_t first, std::uint32_t id) {
    Key key{{}, id};
    for (std::size_t i = 0; i < key_bytes; ++i) key.bytes[i] = static_cast<std::byte>(first + i);
    return key;
}

inline const Key shrine_key = key_from(0x00, 0xcb2f5160);
inline const Key second_key = key_from(0x80, 0xbb0e24be);

inline constexpr Incarnation incarnation_of_1{0x0000018e'00000009};
inline constexpr Incarnation incarnation_of_2{0x0000018f'00000001};
inline constexpr Incarnation incarnation_of_3{0x00000190'00000003};
inline constexpr Tenancy tenancy_of_1{{7, NodeId{1}}, incarnation_of_1};
inline constexpr Envelope envelope_of_2{NodeId{2}, incarnation_of_2, 0x102, 0};

/// The keyed BLAKE2b-256 of the text's bytes, by libsodium alone.
inline ByteVector tag_of(const ByteVector& bytes, const Key& key = shrine_key) {
    std::array<unsigned char, 32> tag;
    crypto_generichash(tag.data(), tag.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                       bytes.size(), reinterpret_cast<const unsigned char*>(key.bytes.data()),
                       key.bytes.size());
    ByteVector result;
    for (const unsigned char c : tag) result.push_back(std::byte{c});
    return result;
}

inline ByteVector with_tag(ByteVector bytes, const Key& key = shrine_key) {
    const auto tag = tag_of(bytes, key);
    bytes.insert(bytes.end(), tag.begin(), tag.end());
    return bytes;
}

/// A new vector rather than a shorter one: g++ 12 warns of resize() to an unknown smaller size.
inline ByteVector without_tag(const ByteVector& datagram) {
    return {datagram.begin(), datagram.end() - tag_bytes};
}

/// What node 2 sends: header, body in hexadecimal digits, and the tag that belongs to them.
inline ByteVector by_hand(std::uint8_t type, std::string_view body_digits) {
    const auto body = from_hex(body_digits);
    ByteVector bytes = from_hex(
        "4b4d4e55 01 00 02 00 cb2f5160 8e69c58449905834 0000 0000"
        "0000018f00000001 0000000000000102");
    bytes[5] = std::byte{type};
    bytes[20] = static_cast<std::byte>(body.size() >> 8);
    bytes[21] = static_cast<std::byte>(body.size());
    bytes.insert(bytes.end(), body.begin(), body.end());
    return with_tag(std::move(bytes));
}

/// The same datagram with other bytes at one place of it, and its tag renewed.
inline ByteVector altered(const ByteVector& datagram, std::size_t offset, std::string_view digits) {
    ByteVector bytes = without_tag(datagram);
    std::ranges::copy(from_hex(digits), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    return with_tag(std::move(bytes));
}

/// What a test asks of packet/datagram.h.
class Shrine : public testing::Test {
protected:
    struct Opened {
        std::optional<Refusal> refusal;
        Envelope envelope;
        Message message;
    };

    Shrine() { EXPECT_TRUE(start_cryptography()); }

    ByteVector seal(const Message& message, const Envelope& envelope = envelope_of_2) const {
        std::array<std::byte, datagram_bytes_max> room;
        const Bytes sealed = datagrams.seal(envelope, message, room);
        return {sealed.begin(), sealed.end()};
    }
    Opened open(Bytes datagram) const {
        Opened opened;
        opened.refusal = datagrams.open(datagram, opened.envelope, opened.message);
        return opened;
    }
    std::optional<Refusal> refusal_of(Bytes datagram) const { return open(datagram).refusal; }

    KeyRing keys{std::array{shrine_key}};
    Datagrams datagrams{cluster_hash("shrine"), keys};
};

}  // namespace komainu::test
