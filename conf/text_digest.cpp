#include "conf/text_digest.h"

#include <sodium.h>

namespace komainu {

TextDigest digest_of(std::string_view text) {
    TextDigest digest{};
    static_assert(digest.size() == crypto_generichash_BYTES);
    crypto_generichash(reinterpret_cast<unsigned char*>(digest.data()), digest.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr,
                       0);
    return digest;
}

std::string to_hex(const TextDigest& digest) {
    std::array<char, 2 * sizeof digest + 1> digits{};
    sodium_bin2hex(digits.data(), digits.size(),
                   reinterpret_cast<const unsigned char*>(digest.data()), digest.size());
    return digits.data();
}

}  // namespace komainu
