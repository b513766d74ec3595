#include "packet/seal.h"

#include <sodium.h>

#include <algorithm>

namespace komainu {

namespace {

const unsigned char* raw(const void* bytes) { return static_cast<const unsigned char*>(bytes); }

}  // namespace

bool start_cryptography() { return sodium_init() >= 0; }

ClusterHash cluster_hash(std::string_view cluster_name) {
    std::array<std::byte, crypto_generichash_BYTES> hash{};
    crypto_generichash(static_cast<unsigned char*>(static_cast<void*>(hash.data())), hash.size(),
                       raw(cluster_name.data()), cluster_name.size(), nullptr, 0);
    return ClusterHash{Reader(hash).u64()};
}

KeyRing::KeyRing(std::span<const Key> keys) {
    KOMAINU_ASSERT(!keys.empty());
    for (const Key& key : keys) keys_.push_back(key);
}

KeyRing::~KeyRing() { sodium_memzero(keys_.begin(), keys_.size() * sizeof(Key)); }

Tag KeyRing::tag(Bytes bytes, const Key& key) {
    Tag tag;
    crypto_generichash(static_cast<unsigned char*>(static_cast<void*>(tag.data())), tag.size(),
                       raw(bytes.data()), bytes.size(), raw(key.bytes.data()), key.bytes.size());
    return tag;
}

KeyRing::Verdict KeyRing::verify(Bytes bytes, std::uint32_t key_id, Bytes given) const {
    if (given.size() != tag_bytes) return Verdict::forged;
    Verdict verdict = Verdict::unknown_key;
    for (const Key& key : keys_) {
        if (key.id != key_id) continue;
        const Tag expected = tag(bytes, key);
        if (sodium_memcmp(expected.data(), given.data(), tag_bytes) == 0) return Verdict::genuine;
        verdict = Verdict::forged;
    }
    return verdict;
}

}  // namespace komainu
