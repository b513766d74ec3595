// The text of a key file (conf/key_file.h).
#include <algorithm>

#include "conf/key_file.h"
#include "test/fuzz/fuzz.h"

namespace komainu::fuzz {

namespace {

/// Other keys, as good or bad as these: every hexadecimal digit changes places with its neighbour.
std::string other_keys(std::string text) {
    for (char& c : text) {
        const bool is_digit = c >= '0' && c <= '9';
        // '0' is even and 'a' is odd.
        if (is_digit)
            c = static_cast<char>(c ^ 1);
        else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
            c = static_cast<char>(((c - 1) ^ 1) + 1);
    }
    return text;
}

}  // namespace

void examine(Bytes input) {
    const std::string text = text_of(input);
    const auto read = read_key_text(text, "keys");
    const auto others = read_key_text(other_keys(text), "keys");
    must_hold(static_cast<bool>(read) == static_cast<bool>(others),
              "whether keys are accepted is no matter of their digits");
    if (!read) {
        must_hold(read.error().what == others.error().what, "an error tells nothing of a key");
        must_hold(is_printable(read.error().what), "an error can be shown");
        return;
    }
    const auto keys = read->keys();
    must_hold(!keys.empty() && keys.size() <= keys_max, "there are as many keys as there may be");
    for (const Key& key : keys) {
        must_hold(key.id == id_of(key.bytes), "a key has its id");
        must_hold(std::ranges::count(keys, key.id, &Key::id) == 1, "no key is there twice");
    }
}

std::vector<std::string> seeds() {
    const std::string key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const std::string second(64, 'A');
    return {key + "\n", "# ours\n " + key + " # first\r\n\n" + second, key + "\n" + key + "\n",
            key.substr(1)};
}

}  // namespace komainu::fuzz
