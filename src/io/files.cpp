#include "io/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

#include "base/fd.h"

namespace komainu {

namespace {

// O_NONBLOCK: a FIFO under that name must not make us wait for its writer.
Result<Fd> open_file(const std::string& path) {
    Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file) return Error::from_errno("cannot open " + path, errno);
    return file;
}

Result<std::string> read_all(const Fd& file, const std::string& path, std::size_t bytes_max) {
    std::string text(bytes_max + 1, '\0');
    std::size_t used = 0;
    while (used < text.size()) {
        const auto got = read(file.get(), text.data() + used, text.size() - used);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Error::from_errno("cannot read " + path, errno);
        if (got == 0) break;
        used += static_cast<std::size_t>(got);
    }
    if (used > bytes_max)
        return Error{path + " is longer than " + std::to_string(bytes_max) + " bytes"};
    text.resize(used);
    return text;
}

Error not_written(const std::string& path) {
    return Error::from_errno("cannot write " + path, errno);
}

// A process that was killed may still be writing to the file that was there under that name.
Status write_all(const std::string& path, std::string_view content) {
    ::unlink(path.c_str());
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return not_written(path);
    while (!content.empty()) {
        const auto written = ::write(file.get(), content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return not_written(path);
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(file.get()) == 0 ? Status{Ok{}} : Status{not_written(path)};
}

// pgpool-II ends its pid file with the zero that ends its string.
std::optional<pid_t> parse_pid(std::string_view text) {
    using namespace std::string_view_literals;
    constexpr auto blank = " \t\r\0"sv;
    auto line = text.substr(0, text.find('\n'));
    line.remove_prefix(std::min(line.find_first_not_of(blank), line.size()));
    line = line.substr(0, line.find_last_not_of(blank) + 1);
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), pid);
    if (error != std::errc{} || end != line.data() + line.size() || pid <= 0) return {};
    return pid;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
    auto file = open_file(path);
    if (!file) return file.error();
    return read_all(*file, path, bytes_max);
}

std::string text_of_file(const std::string& path) {
    auto text = read_file(path, small_file_bytes_max);
    return text ? std::move(*text) : std::string();
}

/// Under another name first.
Status replace_file(const std::string& path, std::string_view content) {
    const std::string fresh = path + std::string(unfinished_suffix);
    if (Status written = write_all(fresh, content); !written) return written;
    if (::rename(fresh.c_str(), path.c_str()) != 0) return not_written(path);
    const std::string place = path.substr(0, path.rfind('/'));
    const Fd directory(::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) return not_written(place);
    return Ok{};
}

Result<PidFile> read_pid_file(const std::string& path) {
    auto file = open_file(path);
    if (!file) return file.error();
    struct stat found {};
    if (fstat(file->get(), &found) != 0) return Error::from_errno("cannot stat " + path, errno);
    auto text = read_all(*file, path, pid_file_bytes_max);
    if (!text) return text.error();
    const auto pid = parse_pid(*text);
    if (!pid) return Error{path + " does not begin with a process id"};
    return PidFile{*pid, {found.st_dev, found.st_ino, found.st_mtim.tv_sec, found.st_mtim.tv_nsec}};
}

}  // namespace komainu
