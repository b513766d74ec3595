#include "base/run_end.h"

#include <algorithm>

namespace komainu {

namespace {

std::string how_it_ended(const RunEnd& end) {
    switch (end.ending) {
        case Ending::exited:
            return "exit status " + std::to_string(end.status);
        case Ending::killed:
            return "killed by signal " + std::to_string(end.status);
        case Ending::timed_out:
            return "time-out";
        case Ending::stopped:
            return "stopped";
        case Ending::not_started:
            return "not started";
    }
    return {};
}

char printable(char c) { return c >= ' ' && c <= '~' ? c : '?'; }

}  // namespace

std::string to_string(const RunEnd& end) {
    if (end.ending == Ending::not_started && !end.line.empty()) return end.line;
    return end.line.empty() ? how_it_ended(end) : how_it_ended(end) + ": " + end.line;
}

std::string first_line(std::string_view output) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = std::min(output.find_first_not_of(blanks), output.size());
    output.remove_prefix(first);
    output = output.substr(0, output.find('\n')).substr(0, run_line_bytes_max);
    output = output.substr(0, output.find_last_not_of(blanks) + 1);
    std::string line(output);
    std::ranges::transform(line, line.begin(), printable);
    return line;
}

}  // namespace komainu
