// Texts and other runs of bytes inside a message, with their length before them.
#pragma once

#include <string>
#include <string_view>

#include "packet/bytes.h"

namespace komainu {

inline void write_block(Writer& writer, Bytes bytes) {
    writer.u16(static_cast<std::uint16_t>(bytes.size()));
    writer.bytes(bytes);
}

/// Fails the reader when the block is longer.
inline Bytes read_block(Reader& reader, std::size_t bytes_max) {
    const std::size_t length = reader.u16();
    if (length > bytes_max) reader.fail();
    return reader.bytes(length);
}

/// What is longer is cut off.
inline void write_text(Writer& writer, std::string_view text, std::size_t bytes_max) {
    write_block(writer, std::as_bytes(std::span(text.substr(0, bytes_max))));
}

inline std::string read_text(Reader& reader, std::size_t bytes_max) {
    const Bytes bytes = read_block(reader, bytes_max);
    std::string text(bytes.size(), '\0');
    std::ranges::copy(bytes, std::as_writable_bytes(std::span(text)).begin());
    return text;
}

}  // namespace komainu
