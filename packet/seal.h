// Authentication: a keyed BLAKE2b-256 tag (libsodium, crypto_generichash(3)) behind the bytes it
// covers. The first key signs, all of them verify, so that keys can be rotated.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/key.h"
#include "packet/bytes.h"

namespace komainu {

inline constexpr std::size_t tag_bytes = 32;
using Tag = std::array<std::byte, tag_bytes>;

/// Names the cluster in every datagram, so that neighbours are told apart before any cryptography.
enum class ClusterHash : std::uint64_t {};
ClusterHash cluster_hash(std::string_view cluster_name);

/// BLAKE2b-256, without a key: it shows damage, and proves nothing.
Tag hash_of(Bytes bytes);

class KeyRing {
public:
    /// At least one key, at most keys_max. Copies them into memory of their own, which is locked
    /// (as far as RLIMIT_MEMLOCK permits), in no core file, read-only, between pages that cannot be
    /// touched, and wiped when the ring dies (sodium_malloc(3)).
    explicit KeyRing(std::span<const Key> keys);
    KeyRing(const KeyRing&) = delete;
    KeyRing& operator=(const KeyRing&) = delete;

    /// In the same order, so that the same one signs.
    bool has_same_keys(const KeyRing& other) const {
        return std::ranges::equal(keys_, other.keys_, {}, &Key::id, &Key::id);
    }

    std::uint32_t signing_id() const { return keys_.front().id; }
    Tag sign(Bytes bytes) const { return tag(bytes, keys_.front()); }

    bool has(std::uint32_t key_id) const { return find(key_id) != nullptr; }
    /// A key for one purpose, which the text names: that of the ring's, which has it, over the
    /// text.
    Tag derive(std::uint32_t key_id, Bytes text) const;

    enum class Verdict : std::uint8_t { genuine, unknown_key, forged };
    Verdict verify(Bytes bytes, std::uint32_t key_id, Bytes tag) const;

private:
    static Tag tag(Bytes bytes, const Key& key);
    const Key* find(std::uint32_t key_id) const;

    struct Free {
        void operator()(Key* keys) const;
    };
    std::unique_ptr<Key, Free> memory_;
    std::span<const Key> keys_;  ///< in memory_
};

/// Tags one run of frames: the key is of that run alone, and each tag covers how many there were
/// before, so that none can be left out, sent again, or sent in another order or another run.
class TagChain {
public:
    TagChain(const Tag& key, std::uint8_t direction) : key_(key), direction_(direction) {}
    TagChain(const TagChain&) = delete;
    TagChain& operator=(const TagChain&) = delete;
    ~TagChain();

    Tag next(Bytes frame);
    /// Whether that is the tag of the next one. Not to be asked again after a no.
    bool is_next(Bytes frame, Bytes tag);

private:
    Tag key_;
    std::uint64_t count_ = 0;
    std::uint8_t direction_;
};

/// False: libsodium cannot start. Whoever may fail asks first; a KeyRing starts it anyhow.
bool start_cryptography();

}  // namespace komainu
