// Entries for systemd's journal, by its native protocol (JOURNAL_NATIVE_PROTOCOL in the
// documentation of systemd): one datagram, in which each line is NAME=value.
//
// We speak it ourselves and do not call sd_journal_send(3): when journald does not read, that one
// waits until it does, and a log line must never hold a heartbeat up. It would also bring a
// library into every process for ten lines of code.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/fd.h"

namespace komainu {

/// Is bounded: a value is cut off, and a field for which there is no room is left out.
class JournalEntry {
public:
    static constexpr std::size_t bytes_max = 4096;

    void add(std::string_view name, std::string_view value, std::size_t value_bytes_max = 128);
    std::string_view text() const { return {room_.data(), size_}; }

private:
    std::array<char, bytes_max> room_;
    std::size_t size_ = 0;
};

class JournalSocket {
public:
    /// Need not be answered there yet. Closed where there is no such socket to be had.
    static JournalSocket open(const char* path);

    enum class Sent { yes, no_room, nobody_there };
    /// Never waits.
    Sent send(std::string_view entry) const;

private:
    Fd socket_;
    const char* path_ = nullptr;
};

/// What people are to see on one line, whatever it holds: never a newline, which would end a field.
constexpr char printable_byte(char c) {
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 || code == 0x7f ? '?' : c;
}

}  // namespace komainu
