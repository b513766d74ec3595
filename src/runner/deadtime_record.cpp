#include "runner/deadtime_record.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>

#include "base/deadtime.h"
#include "base/fd.h"
#include "io/files.h"

namespace komainu {

namespace {

constexpr std::size_t bytes_max = 32;

std::string path_in(const std::string& state_dir) { return state_dir + "/deadtime-ms"; }

Error failed(const std::string& path) { return Error::from_errno("cannot write " + path, errno); }

Status write_file(const std::string& path, const std::string& text) {
    const Fd file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return failed(path);
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(file.get()) != 0)
        return failed(path);
    return Ok{};
}

Status sync_directory(const std::string& path) {
    const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) return failed(path);
    return Ok{};
}

}  // namespace

Duration recorded_deadtime(const std::string& state_dir) {
    const auto text = read_file(path_in(state_dir), bytes_max);
    if (!text) return {};
    std::int64_t ms = 0;
    std::from_chars(text.value().data(), text.value().data() + text.value().size(), ms);
    const Duration recorded = std::chrono::milliseconds{ms};
    return recorded >= deadtime_min && recorded <= deadtime_max ? recorded : Duration{};
}

/// Under another name first: a host that dies meanwhile has the old record or the new one.
Status record_deadtime(const std::string& state_dir, Duration deadtime) {
    if (::mkdir(state_dir.c_str(), 0700) != 0 && errno != EEXIST) return failed(state_dir);
    const std::string path = path_in(state_dir), fresh = path + ".new";
    if (Status written = write_file(fresh, std::to_string(deadtime / 1ms) + "\n"); !written)
        return written;
    if (::rename(fresh.c_str(), path.c_str()) != 0) return failed(path);
    return sync_directory(state_dir);
}

}  // namespace komainu
