// Small files, read whole and within bounds.
//
// Reading a file may block on a slow or hanging file system and cannot be made not to; whoever
// reads from the loop reads only what lies in memory, such as /run and /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace komainu {

/// Puts a file there in place of the one that was, for its owner alone. Blocks until it is on the
/// disk: a host that dies meanwhile has the old one or the new one, whole, and perhaps one beside
/// it whose name has this suffix.
inline constexpr std::string_view unfinished_suffix = ".new";
Status replace_file(const std::string& path, std::string_view content);

inline constexpr std::size_t pid_file_bytes_max = 4096;

/// The whole file; an error that names the path when there is none, or when it is longer.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

/// The same of a small file such as /proc and /run have, where one that cannot be read says
/// nothing.
inline constexpr std::size_t small_file_bytes_max = 64 * 1024;
std::string text_of_file(const std::string& path);

/// What a pid file says, and which file said it: a file that was written anew has another stamp.
struct PidFile {
    pid_t pid = 0;
    struct Stamp {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::int64_t written_seconds = 0;
        std::int64_t written_nanoseconds = 0;
        bool operator==(const Stamp&) const = default;
    } stamp;
    bool operator==(const PidFile&) const = default;
};

/// The number in the first line. Further lines (PostgreSQL's postmaster.pid has some) are ignored.
Result<PidFile> read_pid_file(const std::string& path);

}  // namespace komainu
