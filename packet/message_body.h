// The bodies of the messages, between header and tag. The layout of each is told in the .cpp file.
#pragma once

#include <cstdint>

#include "core/message.h"
#include "packet/bytes.h"

namespace komainu {

std::uint8_t message_type(const Message& message);
void write_body(Writer& writer, const Message& message);

/// False when the type is unknown, or the bytes are not exactly one body of that type.
bool read_body(std::uint8_t type, Bytes body, Message& message);

}  // namespace komainu
