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

}  // namespace komainu
