// The frames of version 1, whose tags were computed by another BLAKE2b than libsodium's. They stay
// as they are: a later version is tested against them.
#include "packet/peer_session.h"

#include "test/unit/shrine_streams.h"

namespace komainu {
namespace {

using test::from_hex;
using Opened = PeerSession::Opened;

const auto dialers_hello = from_hex(
    "4b4d4e50 01 01 02 00 8e69c58449905834 0000018f00000001 cb2f5160 00000000"
    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f");
const auto accepters_hello = from_hex(
    "4b4d4e50 01 01 01 00 8e69c58449905834 0000018e00000009 cb2f5160 00000000"
    "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f");

struct Golden {
    PeerMessage message;
    std::string frame;
};
const std::vector<Golden> from_dialer{
    {KeepAlive{}, "000001ec3bf7f5188fee013ac5fd9c46eca74a73c772efa75c6b26fb4f002736c34bac"},
    {JoinRefused{JoinRefusal::other_settings, "why"},
     "000604020003776879f1cbe77d5712008131ee54c3c41b89fdce2bcecc5380bb4a166447f6dcc0f688"}};
const std::vector<Golden> from_accepter{
    {KeepAlive{}, "00000105bbe83eda213ec47688a060075884706f98204479ed495707c8c57b9fde28f2"},
    {LedgerMessage(Prepare{{9, NodeId{1}}}),
     "000910000000000000000901"
     "e54eb6abf0392746c7025a9aa2edb01e459fb532d37e59c3ddff29aeaf493dfd"}};

class PeerSessionTest : public testing::Test {
protected:
    PeerSession session_of(End end) const {
        return PeerSession(end, keys, test::shrine_key.id, dialers_hello, accepters_hello);
    }
    KeyRing keys{std::array{test::shrine_key}};
};

TEST_F(PeerSessionTest, SealsTheseFrames) {
    const auto expect = [this](End end, const std::vector<Golden>& golden) {
        PeerSession session = session_of(end);
        std::array<std::byte, frame_bytes_max> room;
        for (const auto& [message, frame] : golden)
            EXPECT_EQ(test::hex(session.seal(message, room)), frame);
    };
    expect(End::dialer, from_dialer);
    expect(End::accepter, from_accepter);
}

TEST_F(PeerSessionTest, OpensTheseFrames) {
    const auto expect = [this](End end, const std::vector<Golden>& golden) {
        PeerSession session = session_of(end);
        for (const auto& [sealed, frame] : golden) {
            PeerMessage message;
            std::size_t used = 0;
            const auto bytes = from_hex(frame);
            EXPECT_EQ(session.open(bytes, used, message), Opened::message);
            EXPECT_EQ(used, bytes.size());
            EXPECT_EQ(message, sealed);
        }
    };
    expect(End::accepter, from_dialer);
    expect(End::dialer, from_accepter);
}

TEST_F(PeerSessionTest, AGenuineFrameOfAnUnknownTypeIsSkippedAndWhatFollowsIsNot) {
    // Sealed as the session would, had it the type.
    constexpr std::string_view purpose = "komainu peer stream";
    test::ByteVector text;
    for (const char c : purpose) text.push_back(static_cast<std::byte>(c));
    text.push_back(std::byte{1});
    text.insert(text.end(), dialers_hello.begin(), dialers_hello.end());
    text.insert(text.end(), accepters_hello.begin(), accepters_hello.end());
    TagChain later(keys.derive(test::shrine_key.id, text), 1);
    const auto sealed = [&](const std::string& digits) {
        auto frame = from_hex(digits);
        for (const std::byte b : later.next(frame)) frame.push_back(b);
        return frame;
    };
    PeerSession session = session_of(End::accepter);
    PeerMessage message;
    std::size_t used = 0;
    const auto unknown = sealed("0003 63 c0ffee");
    EXPECT_EQ(session.open(unknown, used, message), Opened::skipped);
    EXPECT_EQ(used, unknown.size());
    EXPECT_EQ(session.open(sealed("0000 03"), used, message), Opened::message);
    EXPECT_EQ(message, PeerMessage(JoinAccepted{}));
    EXPECT_EQ(session.open(sealed("0001 04 01"), used, message), Opened::malformed);
}

}  // namespace
}  // namespace komainu
