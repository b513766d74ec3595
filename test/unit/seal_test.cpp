// The key ring: which key signs, which verify, and when a tag is no tag.
#include "packet/seal.h"

#include "test/unit/shrine_datagrams.h"

namespace komainu {
namespace {

using test::second_key;
using test::shrine_key;
using Verdict = KeyRing::Verdict;

class SealTest : public testing::Test {
protected:
    SealTest() { EXPECT_TRUE(start_cryptography()); }
    const test::ByteVector bytes = test::from_hex("00 01 02 03");
};

TEST_F(SealTest, TheFirstKeySigns) {
    const KeyRing keys(std::array{second_key, shrine_key});
    EXPECT_EQ(keys.signing_id(), second_key.id);
    EXPECT_EQ(test::hex(keys.sign(bytes)), test::hex(test::tag_of(bytes, second_key)));
}

TEST_F(SealTest, EveryKeyVerifies) {
    const KeyRing keys(std::array{second_key, shrine_key});
    for (const Key& key : {second_key, shrine_key})
        EXPECT_EQ(keys.verify(bytes, key.id, test::tag_of(bytes, key)), Verdict::genuine);
}

TEST_F(SealTest, ATagOfOneKeyUnderTheNameOfAnotherIsForged) {
    const KeyRing keys(std::array{second_key, shrine_key});
    EXPECT_EQ(keys.verify(bytes, second_key.id, test::tag_of(bytes, shrine_key)), Verdict::forged);
}

TEST_F(SealTest, AKeyThatIsNotInTheRingIsUnknown) {
    const KeyRing keys(std::array{shrine_key});
    EXPECT_EQ(keys.verify(bytes, second_key.id, test::tag_of(bytes, second_key)),
              Verdict::unknown_key);
}

// A key's name has 32 bits only: two keys may share one.
TEST_F(SealTest, OfTwoKeysWithOneNameEitherVerifies) {
    const Key namesake = test::key_from(0x40, shrine_key.id);
    const KeyRing keys(std::array{shrine_key, namesake});
    for (const Key& key : {shrine_key, namesake})
        EXPECT_EQ(keys.verify(bytes, key.id, test::tag_of(bytes, key)), Verdict::genuine);
}

TEST_F(SealTest, ATagOfAnotherLengthIsForged) {
    const KeyRing keys(std::array{shrine_key});
    const auto tag = test::tag_of(bytes);
    for (std::size_t length = 0; length < tag_bytes; ++length)
        EXPECT_EQ(keys.verify(bytes, shrine_key.id, Bytes(tag).first(length)), Verdict::forged);
}

TEST_F(SealTest, OtherBytesAreForged) {
    const KeyRing keys(std::array{shrine_key});
    EXPECT_EQ(keys.verify(test::from_hex("00 01 02 04"), shrine_key.id, test::tag_of(bytes)),
              Verdict::forged);
}

TEST_F(SealTest, KeysCanBeRotatedWithoutAPause) {
    const KeyRing before(std::array{shrine_key});
    const KeyRing prepared(std::array{shrine_key, second_key});
    const KeyRing moved(std::array{second_key, shrine_key});
    const KeyRing after(std::array{second_key});
    const auto hears = [this](const KeyRing& receiver, const KeyRing& sender) {
        return receiver.verify(bytes, sender.signing_id(), sender.sign(bytes)) == Verdict::genuine;
    };
    EXPECT_TRUE(hears(before, prepared) && hears(prepared, before));
    EXPECT_TRUE(hears(prepared, moved) && hears(moved, prepared));
    EXPECT_TRUE(hears(moved, after) && hears(after, moved));
    EXPECT_FALSE(hears(before, moved));
}

TEST_F(SealTest, AClustersNameHasThisHash) {
    EXPECT_EQ(cluster_hash("shrine"), ClusterHash{0x8e69c58449905834});
    EXPECT_NE(cluster_hash("shrine"), cluster_hash("Shrine"));
}

}  // namespace
}  // namespace komainu
