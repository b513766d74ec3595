// What the messages between our own processes are made of: texts and other runs of bytes, with
// their length before them, and small enums.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
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

template <class Enum>
void write_enum(Writer& writer, Enum value) {
    writer.u8(static_cast<std::uint8_t>(value));
}

/// The whole message. Its room was large enough for any.
inline Bytes finished(const Writer& writer) {
    KOMAINU_ASSERT(writer.ok());
    return writer.written();
}

/// What `read(reader)` makes of the bytes, an optional; nothing when they are not exactly that.
template <class Read>
auto read_whole(Bytes bytes, Read read) {
    Reader reader(bytes);
    auto message = read(reader);
    if (!reader.ok() || !reader.at_end()) message.reset();
    return message;
}

}  // namespace komainu
