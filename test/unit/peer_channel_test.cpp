// Whom a stream is opened with, and that nobody who has not the key can say anything on it, not
// even with what he has recorded.
#include "packet/peer_channel.h"

#include "test/unit/sample_table.h"
#include "test/unit/shrine_streams.h"

namespace komainu {
namespace {

using Taken = PeerChannel::Taken;
using test::ByteVector;
using test::copy_of;
using test::StreamEnd;

class PeerChannelTest : public test::ShrineStreams {
protected:
    void open_both() { open(dialing, accepting); }

    ByteVector hello() const { return copy_of(dialer().channel.opening()); }
    ByteVector hello_with(std::size_t offset, const std::string& digits) const {
        ByteVector bytes = hello();
        std::ranges::copy(test::from_hex(digits),
                          bytes.begin() + static_cast<std::ptrdiff_t>(offset));
        return bytes;
    }
    void expect_refused(StreamEnd& end, const ByteVector& bytes, StreamRefusal why) {
        EXPECT_EQ(end.take(bytes), Taken::refused);
        EXPECT_EQ(end.channel.refusal(), why);
        EXPECT_FALSE(end.channel.refused_by_other());
    }

    StreamEnd dialing = dialer();
    StreamEnd accepting = accepter();
};

TEST_F(PeerChannelTest, BothEndsProveThemselvesAndTalk) {
    open_both();
    EXPECT_TRUE(dialing.channel.proven() && accepting.channel.proven());
    EXPECT_EQ(dialing.channel.incarnation(), test::incarnation_of_1);
    EXPECT_EQ(accepting.channel.incarnation(), test::incarnation_of_2);
    const PeerMessage accept = LedgerMessage(Accept{test::longest_table(), 69, false});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(dialing.take(accepting.seal(accept)), Taken::message);
        EXPECT_EQ(dialing.message, accept);
        EXPECT_EQ(accepting.take(dialing.seal(JoinAccepted{})), Taken::message);
    }
}

TEST_F(PeerChannelTest, WhatComesByteByByteIsTheSame) {
    const auto feed = [](StreamEnd& end, const ByteVector& bytes) {
        Taken taken = Taken::nothing;
        for (const std::byte b : bytes) {
            EXPECT_EQ(taken, Taken::nothing);
            taken = end.take({b});
        }
        return taken;
    };
    EXPECT_EQ(feed(accepting, copy_of(dialing.channel.opening())), Taken::hello);
    const ByteVector answer = copy_of(accepting.channel.answer());
    const auto split = answer.begin() + hello_bytes;
    EXPECT_EQ(feed(dialing, {answer.begin(), split}), Taken::hello);
    EXPECT_EQ(feed(dialing, {split, answer.end()}), Taken::message);
    EXPECT_EQ(feed(accepting, dialing.seal(JoinRefused{})), Taken::message);
}

// --- Whose hello it is --------------------------------------------------------------------------

TEST_F(PeerChannelTest, AHelloOfTheClusterIsTaken) {
    EXPECT_FALSE(refusal_of(hello()));
    EXPECT_FALSE(refusal_of(hello_with(4, "01 09"))) << "speaks later versions as well";
}

TEST_F(PeerChannelTest, AHelloIsRefusedForWhatIsWrongWithIt) {
    EXPECT_EQ(refusal_of(hello_with(0, "00")), StreamRefusal::malformed);
    EXPECT_EQ(refusal_of(hello_with(6, "00")), StreamRefusal::malformed);
    EXPECT_EQ(refusal_of(hello_with(4, "02 09")), StreamRefusal::unknown_version);
    EXPECT_EQ(refusal_of(hello_with(8, "00")), StreamRefusal::foreign_cluster);
    EXPECT_EQ(refusal_of(hello_with(6, "01")), StreamRefusal::own_id);
    EXPECT_EQ(refusal_of(hello_with(6, "03")), StreamRefusal::other_node);
    EXPECT_EQ(refusal_of(hello_with(24, "00")), StreamRefusal::unknown_key);
    EXPECT_EQ(refusal_of(hello(), {no_node, no_incarnation}), StreamRefusal::unknown_node);
    EXPECT_EQ(refusal_of(hello(), {NodeId{2}, Incarnation{0x0000018f'00000002}}),
              StreamRefusal::old_incarnation);
    EXPECT_FALSE(refusal_of(hello(), {NodeId{2}, test::incarnation_of_2}));
}

TEST_F(PeerChannelTest, GarbageIsRefusedAtItsFirstByte) {
    expect_refused(accepting, {std::byte{'G'}}, StreamRefusal::malformed);
    EXPECT_TRUE(accepting.channel.answer().empty());
}

TEST_F(PeerChannelTest, TheDialerIsToldWhyItsHelloIsOfNoUse) {
    for (const auto& [bytes, why] :
         {std::pair{hello_with(24, "00"), StreamRefusal::unknown_key},
          std::pair{hello_with(4, "02 09"), StreamRefusal::unknown_version},
          std::pair{hello_with(8, "00"), StreamRefusal::foreign_cluster}}) {
        StreamEnd end = accepter();
        expect_refused(end, bytes, why);
        StreamEnd told = dialer();
        EXPECT_EQ(told.take(copy_of(end.channel.answer())), Taken::refused);
        EXPECT_EQ(told.channel.refusal(), why);
        EXPECT_TRUE(told.channel.refused_by_other());
    }
}

TEST_F(PeerChannelTest, AHelloThatIsRefusedForWhoItIsIsNotAnswered) {
    expect_refused(accepting, hello_with(6, "03"), StreamRefusal::other_node);
    EXPECT_TRUE(accepting.channel.answer().empty());
}

TEST_F(PeerChannelTest, TheDialerTakesNoAnswerOfAnother) {
    const auto answered = [&](std::size_t offset, const std::string& digits) {
        StreamEnd end = accepter();
        end.take(hello());
        ByteVector answer = copy_of(end.channel.answer());
        std::ranges::copy(test::from_hex(digits),
                          answer.begin() + static_cast<std::ptrdiff_t>(offset));
        StreamEnd told = dialer();
        EXPECT_EQ(told.take(answer), Taken::refused);
        return told.channel.refusal();
    };
    EXPECT_EQ(answered(6, "02"), StreamRefusal::own_id);
    EXPECT_EQ(answered(6, "03"), StreamRefusal::other_node);
    EXPECT_EQ(answered(24, "00"), StreamRefusal::unknown_key);
}

// --- Keys ---------------------------------------------------------------------------------------

TEST_F(PeerChannelTest, OfTwoKeysTheDialersFirstIsUsed) {
    const KeyRing old_first(std::array{test::shrine_key, test::second_key});
    const KeyRing new_first(std::array{test::second_key, test::shrine_key});
    const KeyRing new_alone(std::array{test::second_key});
    StreamEnd a = dialer(new_first), b = accepter(old_first);
    open(a, b);
    StreamEnd c = dialer(old_first), d = accepter(new_first);
    open(c, d);
    StreamEnd e = dialer(new_first), f = accepter(new_alone);
    open(e, f);
    StreamEnd g = accepter(new_alone);
    expect_refused(g, copy_of(dialer(old_first).channel.opening()), StreamRefusal::unknown_key);
}

TEST_F(PeerChannelTest, WhoHasNotTheKeyCannotAnswer) {
    Key forged = test::second_key;
    forged.id = test::shrine_key.id;
    const KeyRing other(std::array{forged});
    StreamEnd end = accepter(other);
    end.take(hello());
    EXPECT_EQ(dialing.take(copy_of(end.channel.answer())), Taken::hello);
    EXPECT_EQ(dialing.take_more(), Taken::refused);
    EXPECT_EQ(dialing.channel.refusal(), StreamRefusal::bad_tag);
    EXPECT_FALSE(dialing.channel.proven());
}

TEST_F(PeerChannelTest, WhoHasNotTheKeyCannotSpeak) {
    Key forged = test::second_key;
    forged.id = test::shrine_key.id;
    const KeyRing other(std::array{forged});
    StreamEnd stranger = dialer(other);
    accepting.take(copy_of(stranger.channel.opening()));
    stranger.take(copy_of(accepting.channel.answer()));
    expect_refused(accepting, stranger.seal(KeepAlive{}), StreamRefusal::bad_tag);
}

// --- Recordings ---------------------------------------------------------------------------------

TEST_F(PeerChannelTest, AFrameIsTakenOnceOnly) {
    open_both();
    const ByteVector frame = dialing.seal(JoinAccepted{});
    EXPECT_EQ(accepting.take(frame), Taken::message);
    expect_refused(accepting, frame, StreamRefusal::bad_tag);
}

TEST_F(PeerChannelTest, NoFrameCanBeLeftOutOrComeBeforeAnother) {
    open_both();
    dialing.seal(KeepAlive{});
    expect_refused(accepting, dialing.seal(KeepAlive{}), StreamRefusal::bad_tag);
}

TEST_F(PeerChannelTest, AFrameIsNotTakenByWhoSentIt) {
    open_both();
    expect_refused(dialing, dialing.seal(KeepAlive{}), StreamRefusal::bad_tag);
    expect_refused(accepting, accepting.seal(KeepAlive{}), StreamRefusal::bad_tag);
}

TEST_F(PeerChannelTest, ARecordedStreamIsOfNoUseInAnother) {
    open_both();
    const ByteVector first = [&] {
        StreamEnd again = dialer(), other = accepter();
        other.take(copy_of(again.channel.opening()));
        again.take(copy_of(other.channel.answer()));
        return again.seal(KeepAlive{});
    }();
    auto self = test::self_of(1, test::incarnation_of_1);
    self.random = test::random_from(0x77);
    StreamEnd another{PeerChannel(End::accepter, self, node_2, keys)};
    EXPECT_EQ(another.take(hello()), Taken::hello);
    expect_refused(another, first, StreamRefusal::bad_tag);
}

TEST_F(PeerChannelTest, AFrameIsRefusedWhenAnyByteOfItIsAltered) {
    const ByteVector frame = [&] {
        StreamEnd a = dialer(), b = accepter();
        open(a, b);
        return a.seal(JoinRefused{JoinRefusal::other_settings, "why"});
    }();
    for (std::size_t i = 2; i < frame.size(); ++i) {
        StreamEnd a = dialer(), b = accepter();
        open(a, b);
        ByteVector altered = frame;
        altered[i] ^= std::byte{1};
        expect_refused(b, altered, StreamRefusal::bad_tag);
    }
}

TEST_F(PeerChannelTest, AFrameMustNotBeTooLong) {
    open_both();
    EXPECT_EQ(accepting.take(test::from_hex("4000 01")), Taken::nothing);
    StreamEnd a = dialer(), b = accepter();
    open(a, b);
    expect_refused(b, test::from_hex("4001 01"), StreamRefusal::too_long);
}

}  // namespace
}  // namespace komainu
