#include "runner/deadtime_record.h"

#include <sys/stat.h>

#include <cerrno>
#include <charconv>

#include "base/deadtime.h"
#include "io/files.h"

namespace komainu {

namespace {

constexpr std::size_t bytes_max = 32;

std::string path_in(const std::string& state_dir) { return state_dir + "/deadtime-ms"; }

}  // namespace

Duration recorded_deadtime(const std::string& state_dir) {
    const auto text = read_file(path_in(state_dir), bytes_max);
    if (!text) return {};
    std::int64_t ms = 0;
    std::from_chars(text.value().data(), text.value().data() + text.value().size(), ms);
    const Duration recorded = std::chrono::milliseconds{ms};
    return recorded >= deadtime_min && recorded <= deadtime_max ? recorded : Duration{};
}

Status record_deadtime(const std::string& state_dir, Duration deadtime) {
    if (::mkdir(state_dir.c_str(), 0700) != 0 && errno != EEXIST)
        return Error::from_errno("cannot write " + state_dir, errno);
    return replace_file(path_in(state_dir), std::to_string(deadtime / 1ms) + "\n");
}

}  // namespace komainu
