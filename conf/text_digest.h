// By what two processes that were handed a text tell that it is the same one.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace komainu {

/// BLAKE2b, so that nobody can make up another text of the same digest.
using TextDigest = std::array<std::byte, 32>;

TextDigest digest_of(std::string_view text);

/// 64 hexadecimal digits.
std::string to_hex(const TextDigest& digest);

}  // namespace komainu
