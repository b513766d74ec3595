#include "packet/seal.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace komainu {

namespace {

/// libsodium's BLAKE2b uses less of the stack.
constexpr std::size_t stack_bytes_used_max = 4096;

const unsigned char* raw(const void* bytes) { return static_cast<const unsigned char*>(bytes); }

}  // namespace

bool start_cryptography() { return sodium_init() >= 0; }

ClusterHash cluster_hash(std::string_view cluster_name) {
    return ClusterHash{Reader(hash_of(std::as_bytes(std::span(cluster_name)))).u64()};
}

Tag hash_of(Bytes bytes) {
    Tag hash;
    crypto_generichash(static_cast<unsigned char*>(static_cast<void*>(hash.data())), hash.size(),
                       raw(bytes.data()), bytes.size(), nullptr, 0);
    return hash;
}

/// libsodium's memory needs libsodium's start: without it the process would end in there.
KeyRing::KeyRing(std::span<const Key> keys)
    : memory_(start_cryptography() ? static_cast<Key*>(sodium_allocarray(keys.size(), sizeof(Key)))
                                   : nullptr),
      keys_(memory_.get(), keys.size()) {
    KOMAINU_ASSERT(!keys.empty() && keys.size() <= keys_max && memory_);
    std::memcpy(memory_.get(), keys.data(), keys.size_bytes());
    sodium_mprotect_readonly(memory_.get());
}

void KeyRing::Free::operator()(Key* keys) const { sodium_free(keys); }

Tag KeyRing::tag(Bytes bytes, const Key& key) {
    Tag tag;
    crypto_generichash(static_cast<unsigned char*>(static_cast<void*>(tag.data())), tag.size(),
                       raw(bytes.data()), bytes.size(), raw(key.bytes.data()), key.bytes.size());
    // BLAKE2b's first block is the key, and libsodium leaves it on the stack.
    sodium_stackzero(stack_bytes_used_max);
    return tag;
}

const Key* KeyRing::find(std::uint32_t key_id) const {
    const auto found = std::ranges::find(keys_, key_id, &Key::id);
    return found == keys_.end() ? nullptr : &*found;
}

Tag KeyRing::derive(std::uint32_t key_id, Bytes text) const {
    const Key* key = find(key_id);
    KOMAINU_ASSERT(key);
    return tag(text, *key);
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

TagChain::~TagChain() { sodium_memzero(key_.data(), key_.size()); }

Tag TagChain::next(Bytes frame) {
    std::array<std::byte, sizeof direction_ + sizeof count_> place;
    Writer writer(place);
    writer.u8(direction_);
    writer.u64(count_++);
    crypto_generichash_state state;
    Tag tag;
    crypto_generichash_init(&state, raw(key_.data()), key_.size(), tag.size());
    crypto_generichash_update(&state, raw(place.data()), place.size());
    crypto_generichash_update(&state, raw(frame.data()), frame.size());
    crypto_generichash_final(&state, static_cast<unsigned char*>(static_cast<void*>(tag.data())),
                             tag.size());
    sodium_memzero(&state, sizeof state);
    sodium_stackzero(stack_bytes_used_max);
    return tag;
}

bool TagChain::is_next(Bytes frame, Bytes tag) {
    const Tag expected = next(frame);
    return tag.size() == expected.size() &&
           sodium_memcmp(expected.data(), tag.data(), expected.size()) == 0;
}

}  // namespace komainu
