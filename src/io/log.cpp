#include "io/log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <iterator>

#include "base/fd.h"
#include "io/clock.h"
#include "io/journal.h"

namespace komainu {

namespace {

// Below PIPE_BUF, so that lines of main and guard on one pipe never mix.
constexpr std::size_t line_bytes_max = 2048;

enum class StderrKind { other, socket, reopened };

// The log is the one thing of a process that every room of the programs reaches without being
// handed it; handing it to each of them would put an argument into every constructor for nothing.
struct Log {
    std::string name = "komainu";
    int node = 0;
    StderrKind kind = StderrKind::other;
    bool journal = false;
    JournalSocket journal_socket;
    Fd reopened;
    std::uint64_t dropped = 0;
};

Log& the_log() {
    static Log log;
    return log;
}

// systemd sets JOURNAL_STREAM to "device:inode" of the stream; a child whose stderr was redirected
// elsewhere still inherits the variable, hence the comparison.
const char* journal_stream() { return std::getenv("JOURNAL_STREAM"); }

bool is_journal(const struct stat& stderr_stat) {
    const char* const stream = journal_stream();
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
        line.push_back(printable_byte(c));
    }
    line.push_back('\n');
}

bool write_text(Log& log, LogLevel level, std::string_view text) {
    Line line;
    append_beginning(line, log, level);
    append_text(line, text);
    return write_line(log, {line.data(), line.size()});
}

/// A line, and what the journal is told besides.
struct Told {
    LogLevel level;
    std::string_view text;
    const LogEventEntry* event = nullptr;  ///< null: a line that is no event
    const LogFacts& facts;
};

struct Digits {
    std::array<char, 20> room;
    std::string_view text;

    explicit Digits(std::uint64_t number)
        : text(room.data(), std::to_chars(room.data(), room.data() + room.size(), number).ptr) {}
};

void add_number(JournalEntry& entry, std::string_view name, std::uint64_t number) {
    if (number != 0) entry.add(name, Digits(number).text);
}

void add_text(JournalEntry& entry, std::string_view name, std::string_view text) {
    if (!text.empty()) entry.add(name, text);
}

void add_facts(JournalEntry& entry, const LogFacts& facts) {
    add_number(entry, "KOMAINU_TERM", facts.term);
    add_text(entry, "KOMAINU_ROLE", facts.role);
    add_text(entry, "KOMAINU_CAUSE", facts.cause);
    add_number(entry, "KOMAINU_PEER", static_cast<std::uint64_t>(number(facts.peer)));
    add_number(entry, "KOMAINU_LINK", facts.link);
    add_text(entry, "KOMAINU_VIP", facts.vip);
    add_text(entry, "KOMAINU_INTERFACE", facts.interface);
    add_text(entry, "KOMAINU_SERVICE", facts.service);
    add_text(entry, "KOMAINU_HOOK", facts.hook);
    if (facts.backend) entry.add("KOMAINU_BACKEND", Digits(*facts.backend).text);
    add_text(entry, "KOMAINU_ADDRESS", facts.address);
}

/// All processes have one identifier, as on stderr: the journal itself notes which one it was
/// (_COMM, _PID).
JournalSocket::Sent send_entry(const Log& log, const Told& told) {
    JournalEntry entry;
    entry.add("MESSAGE", told.text, line_bytes_max);
    entry.add("PRIORITY", Digits(static_cast<std::uint64_t>(journal_priority(told.level))).text);
    entry.add("SYSLOG_IDENTIFIER", "komainud");
    if (told.event) entry.add("MESSAGE_ID", told.event->id);
    add_number(entry, "KOMAINU_NODE", static_cast<std::uint64_t>(log.node));
    add_facts(entry, told.facts);
    return log.journal_socket.send(entry.text());
}

bool write_told(Log& log, const Told& told) {
    if (log.journal) {
        const auto sent = send_entry(log, told);
        if (sent != JournalSocket::Sent::nobody_there) return sent == JournalSocket::Sent::yes;
    }
    return write_text(log, told.level, told.text);
}

bool report_dropped(Log& log) {
    const auto text = fmt::format("{} log lines were lost: {} did not take them", log.dropped,
                                  log.journal ? "the journal" : "stderr");
    const LogEventEntry& event = entry_of(LogEvent::lines_lost);
    if (!write_told(log, {event.level, text, &event, LogFacts{}})) return false;
    log.dropped = 0;
    return true;
}

void tell(const Told& told) {
    Log& log = the_log();
    if (log.dropped > 0 && !report_dropped(log)) {
        ++log.dropped;
        return;
    }
    if (!write_told(log, told)) ++log.dropped;
}

}  // namespace

void set_log_name(std::string_view program, int node, const char* journal_socket) {
    Log& log = the_log();
    log.name = node == 0 ? std::string(program) : fmt::format("{}[node {}]", program, node);
    log.node = node;
    struct stat found {};
    if (fstat(STDERR_FILENO, &found) != 0) return;
    log.journal = is_journal(found);
    log.journal_socket = log.journal ? JournalSocket::open(journal_socket) : JournalSocket();
    log.kind = S_ISSOCK(found.st_mode) ? StderrKind::socket : StderrKind::other;
    if (!S_ISFIFO(found.st_mode) && !S_ISCHR(found.st_mode)) return;
    log.reopened = reopen_stderr();
    if (log.reopened) log.kind = StderrKind::reopened;
}

void log_by_stderr_alone() {
    Log& log = the_log();
    log.journal_socket = {};
    log.reopened.close();
    if (log.kind == StderrKind::reopened) log.kind = StderrKind::other;
}

std::string journal_variable() {
    if (!the_log().journal) return {};
    return std::string("JOURNAL_STREAM=") + journal_stream();
}

void log_line(LogLevel level, std::string_view text) { tell({level, text, nullptr, LogFacts{}}); }

void log_line(LogEvent event, const LogFacts& facts, std::string_view text) {
    const LogEventEntry& entry = entry_of(event);
    tell({entry.level, text, &entry, facts});
}

}  // namespace komainu
