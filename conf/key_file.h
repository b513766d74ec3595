// The file with the cluster's keys: one per line, 64 hexadecimal digits, `#` comments. The first
// key signs, all of them are accepted, so that keys can be exchanged without a pause: add the new
// key below on every node, then move it to the top, then remove the old one.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/key.h"
#include "base/result.h"
#include "base/static_vector.h"

namespace komainu {

/// The keys of a cluster, wiped from memory when they go.
class ClusterKeys {
public:
    ClusterKeys() = default;
    ClusterKeys(ClusterKeys&& other) noexcept;
    ClusterKeys& operator=(ClusterKeys&& other) noexcept;
    ~ClusterKeys();

    /// The one that signs first. Empty only before anything was read.
    std::span<const Key> keys() const { return {keys_.begin(), keys_.end()}; }

    bool is_full() const { return keys_.full(); }
    bool contains(std::uint32_t id) const;
    void add(const Key& key) { keys_.push_back(key); }

private:
    void wipe();

    StaticVector<Key, keys_max> keys_;
};

/// Refuses a file that is missing, empty or too short, that anybody but its owner may read, whose
/// owner is neither root nor the user who asks, or that is not a regular file. The error says what
/// to do. Its code is an errno when the file cannot be opened.
Result<ClusterKeys> read_key_file(const std::string& path);

/// The same for the text of such a file, whose path is for the errors only. No error quotes the
/// text: it may be most of a key.
Result<ClusterKeys> read_key_text(std::string_view text, const std::string& path);

/// A new key as it stands in the file.
Result<std::string> make_key_text();

/// The first four bytes of the key's BLAKE2b hash.
std::uint32_t id_of(std::span<const std::byte, key_bytes> key);

}  // namespace komainu
