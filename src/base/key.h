// A secret shared by the cluster, and the short name by which a datagram says which one signed it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace komainu {

inline constexpr std::size_t key_bytes = 32;
inline constexpr std::size_t keys_max = 8;

struct Key {
    std::array<std::byte, key_bytes> bytes{};
    std::uint32_t id = 0;  ///< the first four bytes of the key's BLAKE2b hash; no secret
};

}  // namespace komainu
