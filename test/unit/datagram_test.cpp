// The datagrams of the UDP channel: golden bytes for each type, and what must not open. The golden
// tags were computed by other code than ours (Python's hashlib).
#include "packet/datagram.h"

#include <fmt/format.h>

#include <random>

#include "base/deadtime.h"
#include "packet/message_body.h"
#include "test/unit/shrine_datagrams.h"

namespace komainu {
namespace {

using test::altered;
using test::by_hand;
using test::ByteVector;
using test::envelope_of_2;
using test::from_hex;
using test::hex;
using test::tenancy_of_1;

class DatagramTest : public test::Shrine {};

Heartbeat heartbeat() {
    Heartbeat h;
    h.highest_term = {7, NodeId{1}};
    h.following = tenancy_of_1;
    h.released = {5, NodeId{3}};
    h.priority = 100;
    h.conditions.healthy = true;
    h.conditions.free = true;
    h.conditions.paused = true;
    h.maintenance = {{2, NodeId{3}}, true};
    h.deadtime = 500ms;
    h.remembered = 1s;
    h.digests = {1, 2, 3, 4, 5, 6, 0xffff'ffff};
    h.echoes.push_back({NodeId{1}, test::incarnation_of_1, 0xff, 600});
    h.echoes.push_back({NodeId{3}, test::incarnation_of_3, 0x1000, 0});
    return h;
}

Heartbeat heartbeat_with_all_peers() {
    Heartbeat h = heartbeat();
    h.echoes.clear();
    for (int peer = 2; peer <= nodes_max; ++peer)
        h.echoes.push_back({NodeId{static_cast<std::uint8_t>(peer)}, Incarnation{UINT64_MAX},
                            UINT64_MAX, held_us_max});
    return h;
}

struct Golden {
    const char* name;
    Message message;
    ByteVector bytes;
};

// The fields of the header, in order: magic, version, type, sender, link, key id, cluster hash,
// length of the body, reserved, incarnation, sequence.
const std::array golden_datagrams{
    Golden{"heartbeat", heartbeat(),
           from_hex("4b4d4e55 01 01 02 00 cb2f5160 8e69c58449905834 007d 0000"
                    "0000018f00000001 0000000000000102"
                    "0000000000000007 01"                   // highest term
                    "0000000000000007 01 0000018e00000009"  // following
                    "0000000000000005 03"                   // released
                    "0064"                                  // priority
                    "49"                                    // healthy, free, paused
                    "0000000000000002 03 01"                // maintenance
                    "000001f4 000003e8"                     // deadtime, remembered
                    "00000001 00000002 00000003 00000004"   // digests of settings
                    "00000005 00000006 ffffffff"
                    "02"                                           // echoes
                    "01 0000018e00000009 00000000000000ff 000258"  // of node 1
                    "03 0000019000000003 0000000000001000 000000"  // of node 3
                    "3f7ea38de077e4d7ef91ba8f5adf9356"             // tag
                    "65422052caf41b5b17328db0dbbebab8")},
    Golden{"vote request", VoteRequest{8, 500ms},
           from_hex("4b4d4e55 01 02 02 00 cb2f5160 8e69c58449905834 000c 0000"
                    "0000018f00000001 0000000000000102"
                    "0000000000000008"                  // round
                    "000001f4"                          // deadtime
                    "f421bc6a8300c8a5e5257fcde696a11a"  // tag
                    "bd82b15dbede050cae91ff130408c546")},
    Golden{"vote", Vote{tenancy_of_1, VoteAnswer::granted, {8, NodeId{2}}, 1s},
           from_hex("4b4d4e55 01 03 02 00 cb2f5160 8e69c58449905834 001f 0000"
                    "0000018f00000001 0000000000000102"
                    "0000000000000007 01 0000018e00000009"  // candidate
                    "01"                                    // granted
                    "0000000000000008 02"                   // highest term
                    "000003e8"                              // remembered
                    "2acf539e7809e7005f1eeaa0462558a8"      // tag
                    "bc21dd31ed83b8da26e6c59ebee69a06")},
    Golden{"release", Release{7, NodeId{3}},
           from_hex("4b4d4e55 01 04 02 00 cb2f5160 8e69c58449905834 0009 0000"
                    "0000018f00000001 0000000000000102"
                    "0000000000000007"                  // round
                    "03"                                // successor
                    "74a3944c88fd4d6d19ef8b99eaed6b5f"  // tag
                    "8fb4de4c03ab21d052f381cc03e85120")},
    Golden{"switchover request", SwitchoverRequest{tenancy_of_1, NodeId{3}},
           from_hex("4b4d4e55 01 05 02 00 cb2f5160 8e69c58449905834 0012 0000"
                    "0000018f00000001 0000000000000102"
                    "0000000000000007 01 0000018e00000009"  // active
                    "03"                                    // target
                    "8d9634d7e3b97e8494e8532af41540dd"      // tag
                    "e67251b1592d5061c14a362fac89031a")},
};

// --- Golden bytes -------------------------------------------------------------------------------

TEST_F(DatagramTest, EveryTypeHasTheseBytes) {
    for (const Golden& golden : golden_datagrams)
        EXPECT_EQ(hex(seal(golden.message)), hex(golden.bytes)) << golden.name;
}

TEST_F(DatagramTest, TheseBytesOpenToTheMessage) {
    for (const Golden& golden : golden_datagrams) {
        const auto opened = open(golden.bytes);
        EXPECT_FALSE(opened.refusal) << golden.name;
        EXPECT_EQ(opened.envelope, envelope_of_2) << golden.name;
        EXPECT_TRUE(opened.message == golden.message) << golden.name;
    }
}

TEST_F(DatagramTest, EveryTypeHasAGoldenDatagram) {
    EXPECT_EQ(golden_datagrams.size(), std::variant_size_v<Message>);
    for (std::size_t i = 0; i < golden_datagrams.size(); ++i)
        EXPECT_EQ(golden_datagrams[i].message.index(), i);
}

TEST_F(DatagramTest, TheTagIsKeyedBlake2bOfAllBytesBeforeIt) {
    for (const Golden& golden : golden_datagrams)
        EXPECT_EQ(hex(test::with_tag(test::without_tag(golden.bytes))), hex(golden.bytes))
            << golden.name;
}

TEST_F(DatagramTest, TheLinkTravelsInTheHeader) {
    const auto opened =
        open(seal(VoteRequest{8, 500ms}, {NodeId{64}, test::incarnation_of_3, 1, 255}));
    EXPECT_FALSE(opened.refusal);
    EXPECT_EQ(opened.envelope.link, 255);
    EXPECT_EQ(opened.envelope.sender, NodeId{64});
}

// --- What is not whole --------------------------------------------------------------------------

TEST_F(DatagramTest, EveryTruncationIsMalformed) {
    for (const Golden& golden : golden_datagrams)
        for (std::size_t length = 0; length < golden.bytes.size(); ++length)
            EXPECT_EQ(refusal_of(Bytes(golden.bytes).first(length)), Refusal::malformed)
                << golden.name << " cut to " << length;
}

TEST_F(DatagramTest, ATrailingByteIsMalformed) {
    for (const Golden& golden : golden_datagrams) {
        ByteVector longer = golden.bytes;
        longer.push_back(std::byte{});
        EXPECT_EQ(refusal_of(longer), Refusal::malformed) << golden.name;
    }
}

/// What a bit that flips on the way is called, by where it stands.
Refusal refusal_for_damage_at(std::size_t offset) {
    if (offset < 4) return Refusal::malformed;  // magic
    if (offset == 4) return Refusal::unknown_version;
    if (offset >= 8 && offset < 12) return Refusal::unknown_key;
    if (offset >= 12 && offset < 20) return Refusal::foreign_cluster;
    if (offset == 20 || offset == 21) return Refusal::malformed;  // length
    return Refusal::bad_tag;
}

TEST_F(DatagramTest, EverySingleBitThatFlipsIsRefused) {
    for (const Golden& golden : golden_datagrams)
        for (std::size_t bit = 0; bit < 8 * golden.bytes.size(); ++bit) {
            ByteVector damaged = golden.bytes;
            damaged[bit / 8] ^= std::byte{1} << (bit % 8);
            EXPECT_EQ(refusal_of(damaged), refusal_for_damage_at(bit / 8))
                << golden.name << ", bit " << bit % 8 << " of byte " << bit / 8;
        }
}

// --- What is whole and yet not for us -----------------------------------------------------------

TEST_F(DatagramTest, AnotherClusterWithTheSameKeyIsForeign) {
    const Datagrams temple(cluster_hash("temple"), keys);
    std::array<std::byte, datagram_bytes_max> room;
    EXPECT_EQ(refusal_of(temple.seal(envelope_of_2, VoteRequest{8, 500ms}, room)),
              Refusal::foreign_cluster);
}

TEST_F(DatagramTest, AKeyThatWeDoNotHaveIsUnknown) {
    const KeyRing other(std::array{test::second_key});
    const Datagrams stranger(cluster_hash("shrine"), other);
    std::array<std::byte, datagram_bytes_max> room;
    EXPECT_EQ(refusal_of(stranger.seal(envelope_of_2, VoteRequest{8, 500ms}, room)),
              Refusal::unknown_key);
}

TEST_F(DatagramTest, AnotherKeyUnderTheNameOfOursIsForgery) {
    const KeyRing other(std::array{test::key_from(0x40, test::shrine_key.id)});
    const Datagrams forger(cluster_hash("shrine"), other);
    std::array<std::byte, datagram_bytes_max> room;
    EXPECT_EQ(refusal_of(forger.seal(envelope_of_2, VoteRequest{8, 500ms}, room)),
              Refusal::bad_tag);
}

TEST_F(DatagramTest, AnotherVersionIsRefusedThoughItsTagIsRight) {
    const auto release = golden_datagrams[3].bytes;
    for (const char* version : {"00", "02", "ff"})
        EXPECT_EQ(refusal_of(altered(release, 4, version)), Refusal::unknown_version) << version;
}

// The tag is right in all of these: only a member could have sent them.
TEST_F(DatagramTest, AHeaderThatMeansNothingIsMalformed) {
    struct Nonsense {
        const char* what;
        std::size_t offset;
        const char* digits;
    };
    const auto release = golden_datagrams[3].bytes;
    for (const auto& [what, offset, digits] :
         {Nonsense{"magic", 0, "4b4d4e56"}, Nonsense{"type 0", 5, "00"},
          Nonsense{"type 6", 5, "06"}, Nonsense{"type 255", 5, "ff"}, Nonsense{"sender 0", 6, "00"},
          Nonsense{"sender 65", 6, "41"}, Nonsense{"length one less", 20, "0008"},
          Nonsense{"length one more", 20, "000a"}, Nonsense{"length 65535", 20, "ffff"},
          Nonsense{"reserved bits", 22, "0001"}, Nonsense{"reserved bits", 22, "8000"},
          Nonsense{"incarnation 0", 24, "0000000000000000"},
          Nonsense{"sequence 0", 32, "0000000000000000"}})
        EXPECT_EQ(refusal_of(altered(release, offset, digits)), Refusal::malformed) << what;
}

// --- A byte string opens to one message, which seals to the same bytes again --------------------

TEST_F(DatagramTest, TheLargestHeartbeatFitsItsRoom) {
    const Message message = heartbeat_with_all_peers();
    const auto sealed = seal(message);
    EXPECT_EQ(sealed.size(), 1417u);
    EXPECT_LE(sealed.size(), datagram_bytes_max);
    const auto opened = open(sealed);
    EXPECT_FALSE(opened.refusal);
    EXPECT_TRUE(opened.message == message);
}

// A node echoes all others. One that echoes itself as well can be read; behind that nothing can.
TEST_F(DatagramTest, WhatComesBehindTheLastEchoIsMalformed) {
    const std::string before =
        "000000000000000000 0000000000000000000000000000000000 000000000000000000"
        "0064 01 00000000000000000000 000001f4 000003e8" +
        std::string(2 * sizeof Heartbeat::digests, '0');
    std::string echoes;
    for (int peer = 1; peer <= 64; ++peer)
        echoes += fmt::format("{:02x} 0000018f00000001 0000000000000001 000000", peer);
    EXPECT_EQ(refusal_of(by_hand(1, before + "40" + echoes)), std::nullopt);
    for (const char* const last : {"41", "c1", "00", "7f", "ff", "40"})
        EXPECT_EQ(refusal_of(by_hand(1, before + "41" + echoes + last)), Refusal::malformed)
            << last;
}

TEST_F(DatagramTest, ARoundAfterWhichThereMayBeNoNextIsMalformed) {
    VoteRequest request{round_max, 1s};
    EXPECT_TRUE(open(seal(request)).message == Message(request));
    ++request.round;
    EXPECT_EQ(refusal_of(seal(request)), Refusal::malformed);
    EXPECT_EQ(refusal_of(seal(Release{round_max + 1, no_node})), Refusal::malformed);
    Heartbeat heartbeat = heartbeat_with_all_peers();
    heartbeat.highest_term.round = round_max + 1;
    EXPECT_EQ(refusal_of(seal(heartbeat)), Refusal::malformed);
}

/// Messages that may be sent, at random.
class RandomMessages {
public:
    explicit RandomMessages(std::uint64_t seed) : random_(seed) {}

    Message next() {
        switch (below(5)) {
            case 0:
                return heartbeat();
            case 1:
                return VoteRequest{some_round(), some_deadtime()};
            case 2:
                return Vote{tenancy(), below(2) ? VoteAnswer::granted : VoteAnswer::refused,
                            term_or_none(), some_deadtime()};
            case 3:
                return Release{some_round(), node_or_none()};
        }
        return SwitchoverRequest{tenancy(), node_or_none()};
    }

    Envelope envelope() {
        return {node(), Incarnation{some_number()}, some_number(),
                static_cast<std::uint8_t>(below(256))};
    }

    std::uint64_t below(std::uint64_t end) { return random_() % end; }

private:
    /// Not 0; small ones as often as large ones.
    std::uint64_t some_number() { return (random_() >> below(64)) | 1; }
    Duration some_deadtime() { return deadtime_min + below(3'599'981) * 1ms; }
    NodeId node() { return NodeId{static_cast<std::uint8_t>(1 + below(nodes_max))}; }
    NodeId node_or_none() { return below(2) ? node() : no_node; }
    std::uint64_t some_round() { return some_number() & round_max; }
    Term term() { return {some_round(), node()}; }
    Term term_or_none() { return below(2) ? term() : no_term; }
    Tenancy tenancy() { return {term(), Incarnation{some_number()}}; }

    Heartbeat heartbeat() {
        Heartbeat h;
        h.highest_term = term_or_none();
        if (below(2)) h.following = tenancy();
        if (below(2)) h.released = {some_round(), node_or_none()};
        h.priority = static_cast<std::uint16_t>(random_());
        h.conditions = {below(2) == 1, below(2) == 1, below(2) == 1, below(2) == 1, below(2) == 1};
        h.deadtime = some_deadtime();
        h.remembered = some_deadtime();
        for (std::uint32_t& digest : h.digests) digest = static_cast<std::uint32_t>(random_());
        const std::uint64_t share = below(5);  // of four: none to all of the peers
        for (std::uint8_t peer = 1; peer < nodes_max; ++peer)
            if (below(4) < share)
                h.echoes.push_back({NodeId{peer}, Incarnation{random_()}, random_() >> below(64),
                                    static_cast<std::uint32_t>(random_()) & held_us_max});
        return h;
    }

    std::mt19937_64 random_;
};

constexpr std::uint64_t seed = 20260101;
constexpr int rounds = 5000;

TEST_F(DatagramTest, WhatIsSealedOpensToTheSame) {
    RandomMessages messages(seed);
    for (int i = 0; i < rounds; ++i) {
        const Message message = messages.next();
        const Envelope envelope = messages.envelope();
        const auto opened = open(seal(message, envelope));
        ASSERT_FALSE(opened.refusal) << "round " << i;
        ASSERT_TRUE(opened.message == message && opened.envelope == envelope) << "round " << i;
    }
}

TEST_F(DatagramTest, WhatOpensSealsToTheSameBytes) {
    RandomMessages messages(seed);
    int opened_after_change = 0;
    for (int i = 0; i < rounds; ++i) {
        auto bytes = test::without_tag(seal(messages.next(), messages.envelope()));
        for (std::uint64_t changes = 1 + messages.below(3); changes > 0; --changes)
            bytes[5 + messages.below(bytes.size() - 5)] =
                static_cast<std::byte>(messages.below(256));
        const auto datagram = test::with_tag(std::move(bytes));
        const auto opened = open(datagram);
        if (opened.refusal) continue;
        ++opened_after_change;
        ASSERT_EQ(hex(seal(opened.message, opened.envelope)), hex(datagram)) << "round " << i;
    }
    EXPECT_GT(opened_after_change, rounds / 10) << "the test no longer tests much";
}

TEST_F(DatagramTest, AnAuthenticBodyOfAnyBytesOpensOrIsMalformed) {
    RandomMessages random(seed);
    for (int i = 0; i < rounds; ++i) {
        ByteVector body(random.below(120));
        for (std::byte& b : body) b = static_cast<std::byte>(random.below(4));
        const auto datagram = by_hand(static_cast<std::uint8_t>(random.below(7)), hex(body));
        const auto opened = open(datagram);
        if (opened.refusal)
            ASSERT_EQ(opened.refusal, Refusal::malformed) << "round " << i;
        else
            ASSERT_EQ(hex(seal(opened.message, opened.envelope)), hex(datagram)) << "round " << i;
    }
}

}  // namespace
}  // namespace komainu
