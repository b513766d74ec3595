// The log of the programs: one line per event, to stderr or to the journal. Libraries return, they
// do not log.
//
// A log line never holds a heartbeat up: when it cannot be taken at once (a reader that was
// stopped, a full pipe, a journald that hangs), the line is dropped and counted, and the next line
// that does get out is preceded by the count. The process must ignore SIGPIPE (Signals::open in
// io/signals.h does).
//
// Where stderr is the journal, lines go to it as entries with fields (io/journal.h), or, should it
// not be there, to stderr with their priority, "<4>"; elsewhere a line reads
// "2026-05-04T12:00:00.123Z komainud[node 1] warning: text".
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/ids.h"
#include "io/log_event.h"

namespace komainu {

/// What an event is about, for the fields of its entry in the journal. The text of a line says all
/// of it as well: people read nothing else.
struct LogFacts {
    std::uint64_t term = 0;  ///< its round; 0: none
    std::string_view role = {};
    std::string_view cause = {};
    NodeId peer = no_node;
    std::size_t link = 0;  ///< from 1 on; 0: none
    std::string_view vip = {};
    std::string_view interface = {};
    std::string_view service = {};
    std::string_view hook = {};
    std::optional<std::size_t> backend = {};
    std::string_view address = {};  ///< of a stranger, mostly
};

inline constexpr const char* journal_socket_path = "/run/systemd/journal/socket";

/// How the lines of this process begin, e.g. "komainud[node 1]"; node 0: no node yet. Also finds
/// out what stderr is, so it is called before privileges and system calls are given up.
void set_log_name(std::string_view program, int node = 0,
                  const char* journal_socket = journal_socket_path);

/// For a process that lives for a moment: lines go by the stderr that it shares, and by no
/// descriptor that it had to close. The journal, too, knows whose they are only by that, when their
/// process has ended before it looks.
void log_by_stderr_alone();

/// "JOURNAL_STREAM=..." for the environment of a program that is given this stderr and logs by
/// itself; empty where stderr is not the journal.
std::string journal_variable();

/// Control characters in the text become '?', and what does not fit in a line of 2 KiB is cut off.
void log_line(LogLevel level, std::string_view text);
void log_line(LogEvent event, const LogFacts& facts, std::string_view text);

template <class... A>
void log_event(LogEvent event, const LogFacts& facts, fmt::format_string<A...> format,
               A&&... arguments) {
    fmt::memory_buffer text;
    fmt::format_to(fmt::appender(text), format, std::forward<A>(arguments)...);
    log_line(event, facts, {text.data(), text.size()});
}

template <class... A>
void log_event(LogEvent event, fmt::format_string<A...> format, A&&... arguments) {
    log_event(event, LogFacts{}, format, std::forward<A>(arguments)...);
}

// Lines that are no event.

template <class... A>
void log_at(LogLevel level, fmt::format_string<A...> format, A&&... arguments) {
    fmt::memory_buffer text;
    fmt::format_to(fmt::appender(text), format, std::forward<A>(arguments)...);
    log_line(level, {text.data(), text.size()});
}

template <class... A>
void log_error(fmt::format_string<A...> format, A&&... arguments) {
    log_at(LogLevel::error, format, std::forward<A>(arguments)...);
}

template <class... A>
void log_warning(fmt::format_string<A...> format, A&&... arguments) {
    log_at(LogLevel::warning, format, std::forward<A>(arguments)...);
}

template <class... A>
void log_notice(fmt::format_string<A...> format, A&&... arguments) {
    log_at(LogLevel::notice, format, std::forward<A>(arguments)...);
}

template <class... A>
void log_info(fmt::format_string<A...> format, A&&... arguments) {
    log_at(LogLevel::info, format, std::forward<A>(arguments)...);
}

}  // namespace komainu
