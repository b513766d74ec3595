#include "test/bench/usage.h"

#include <sstream>
#include <string>

#include "test/lab/process.h"

namespace komainu::bench {

namespace {

std::string proc_file(pid_t pid, const char* name) {
    return lab::read_file("/proc/" + std::to_string(pid) + "/" + name);
}

/// The number after "name:" in a file of such lines.
std::optional<std::uint64_t> number_after(const std::string& text, const std::string& name) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string first;
        std::uint64_t value = 0;
        if (words >> first >> value && first == name + ":") return value;
    }
    return {};
}

}  // namespace

std::optional<Duration> processor_time(pid_t pid) {
    // In nanoseconds, where "stat" has hundredths of a second.
    std::istringstream text(proc_file(pid, "schedstat"));
    std::int64_t ns = 0;
    if (!(text >> ns)) return {};
    return Duration(ns);
}

std::optional<std::uint64_t> wake_ups(pid_t pid) {
    return number_after(proc_file(pid, "status"), "voluntary_ctxt_switches");
}

std::optional<std::uint64_t> proportional_bytes(pid_t pid) {
    const auto kib = number_after(proc_file(pid, "smaps_rollup"), "Pss");
    if (!kib) return {};
    return *kib * 1024;
}

}  // namespace komainu::bench
