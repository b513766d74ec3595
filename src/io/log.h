// The log of the programs: one line to stderr per event. Libraries return, they do not log.
//
// A log line never holds a heartbeat up: when stderr cannot take a line at once (a reader that was
// stopped, a full pipe), the line is dropped and counted, and the next line that does get out is
// preceded by the count. The process must ignore SIGPIPE (Signals::open in io/signals.h does).
//
// Under systemd a line begins with its priority, "<4>"; elsewhere it reads
// "2026-05-04T12:00:00.123Z komainud[node 1] warning: text".
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace komainu {

enum class LogLevel : std::uint8_t { error, warning, notice, info, debug };

/// How the lines of this process begin, e.g. "komainud[node 1]". Also finds out what stderr is, so
/// it is called before privileges and system calls are given up.
void set_log_name(std::string name);

/// Control characters in the text become '?', and what does not fit in a line of 2 KiB is cut off.
void log_line(LogLevel level, std::string_view text);

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
