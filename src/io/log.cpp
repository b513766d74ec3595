#include "io/log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iterator>

#include "base/fd.h"
#include "io/clock.h"

namespace komainu {

namespace {

// Below PIPE_BUF, so that lines of main and guard on one pipe never mix.
constexpr std::size_t line_bytes_max = 2048;

enum class StderrKind { other, socket, reopened };

// The log is the one thing of a process that every room of the programs reaches without being
// handed it; handing it to each of them would put an argument into every constructor for nothing.
struct Log {
    std::string name = "komainu";
    StderrKind kind = StderrKind::other;
    bool journal = false;
    Fd reopened;
    std::uint64_t dropped = 0;
};

Log& the_log() {
    static Log log;
    return log;
}

// systemd sets JOURNAL_STREAM to "device:inode" of the stream; a child whose stderr was redirected
// elsewhere still inherits the variable, hence the comparison.
bool is_journal(const struct stat& stderr_stat) {
    const char* stream = std::getenv("JOURNAL_STREAM");
    return stream && fmt::format("{}:{}", stderr_stat.st_dev, stderr_stat.st_ino) == stream;
}

// O_NONBLOCK on stderr itself would be seen by all who share it, the user's shell among them. A
// pipe or a terminal can be opened a second time, which gives us an open file of our own.
Fd reopen_stderr() {
    return Fd(open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

bool write_line(Log& log, std::string_view line) {
    switch (log.kind) {
        case StderrKind::socket:
            return send(STDERR_FILENO, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
        case StderrKind::reopened:
            return write(log.reopened.get(), line.data(), line.size()) >= 0;
        case StderrKind::other:
            pollfd ready{STDERR_FILENO, POLLOUT, 0};
            return poll(&ready, 1, 0) == 1 && write(STDERR_FILENO, line.data(), line.size()) >= 0;
    }
    return false;
}

std::string_view word(LogLevel level) {
    switch (level) {
        case LogLevel::error:
            return "error";
        case LogLevel::warning:
            return "warning";
        case LogLevel::notice:
            return "notice";
        case LogLevel::info:
            return "info";
        case LogLevel::debug:
            return "debug";
    }
    return "";
}

// As sd-daemon(3) has them: error is 3, debug is 7.
int journal_priority(LogLevel level) { return 3 + static_cast<int>(level); }

using Line = fmt::basic_memory_buffer<char, line_bytes_max>;

// By <chrono> and not by gmtime(3), which opens the time zone's file at its first call: the guard
// may be forbidden to open files by then.
void append_time(Line& line) {
    using namespace std::chrono;
    const auto now = sys_time<milliseconds>(milliseconds(wall_clock_ms()));
    const auto day = floor<days>(now);
    const year_month_day date(day);
    const hh_mm_ss time(now - day);
    fmt::format_to(fmt::appender(line), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                   static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                   static_cast<unsigned>(date.day()), time.hours().count(), time.minutes().count(),
                   time.seconds().count(), time.subseconds().count());
}

void append_beginning(Line& line, const Log& log, LogLevel level) {
    if (log.journal) {
        fmt::format_to(fmt::appender(line), "<{}>", journal_priority(level));
        return;
    }
    append_time(line);
    fmt::format_to(fmt::appender(line), " {} {}: ", log.name, word(level));
}

void append_text(Line& line, std::string_view text) {
    for (const char c : text) {
        if (line.size() == line_bytes_max - 1) break;
        const auto code = static_cast<unsigned char>(c);
        line.push_back(code < 0x20 || code == 0x7f ? '?' : c);
    }
    line.push_back('\n');
}

bool write_event(Log& log, LogLevel level, std::string_view text) {
    Line line;
    append_beginning(line, log, level);
    append_text(line, text);
    return write_line(log, {line.data(), line.size()});
}

bool report_dropped(Log& log) {
    const auto text = fmt::format("{} log lines were lost: stderr did not take them", log.dropped);
    if (!write_event(log, LogLevel::warning, text)) return false;
    log.dropped = 0;
    return true;
}

}  // namespace

void set_log_name(std::string name) {
    Log& log = the_log();
    log.name = std::move(name);
    struct stat found {};
    if (fstat(STDERR_FILENO, &found) != 0) return;
    log.journal = is_journal(found);
    log.kind = S_ISSOCK(found.st_mode) ? StderrKind::socket : StderrKind::other;
    if (!S_ISFIFO(found.st_mode) && !S_ISCHR(found.st_mode)) return;
    log.reopened = reopen_stderr();
    if (log.reopened) log.kind = StderrKind::reopened;
}

void log_line(LogLevel level, std::string_view text) {
    Log& log = the_log();
    if (log.dropped > 0 && !report_dropped(log)) {
        ++log.dropped;
        return;
    }
    if (!write_event(log, level, text)) ++log.dropped;
}

}  // namespace komainu
