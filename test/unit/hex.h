// Bytes as hexadecimal text, so that golden bytes can be written, and failures read, field by
// field.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "packet/bytes.h"

namespace komainu::test {

using ByteVector = std::vector<std::byte>;

inline std::string hex(Bytes bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::byte b : bytes) {
        text += digits[std::to_integer<std::size_t>(b >> 4)];
        text += digits[std::to_integer<std::size_t>(b & std::byte{0x0f})];
    }
    return text;
}

/// Lower-case digits; blanks between fields mean nothing.
inline ByteVector from_hex(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    ByteVector bytes;
    bool second = false;
    for (const char c : text) {
        if (c == ' ') continue;
        const auto digit = static_cast<std::byte>(digits.find(c));
        if (second)
            bytes.back() = bytes.back() << 4 | digit;
        else
            bytes.push_back(digit);
        second = !second;
    }
    return bytes;
}

}  // namespace komainu::test
