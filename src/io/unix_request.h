// One line to a Unix stream socket, one line back. It waits, up to a limit: this is for programs
// that a person starts, never for the daemon's loop.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace komainu {

struct RequestLimits {
    Duration patience;  ///< for all of it
    std::size_t answer_bytes_max;
};

/// The answer comes without its newline. The error's code tells what kept it: ENOENT and
/// ECONNREFUSED (nobody listens), EACCES, ETIMEDOUT, ECONNRESET (closed without an answer),
/// EMSGSIZE (an answer above the limit), or another errno.
Result<std::string> request_line(const std::string& socket_path, std::string_view line,
                                 RequestLimits limits);

/// The same for a server that takes any bytes, answers with any, and closes the connection: all
/// that it sent until then, which may be nothing. The bytes leave by a single system call if the
/// server has room for them.
Result<std::string> request_until_end(const std::string& socket_path, std::string_view bytes,
                                      RequestLimits limits);

}  // namespace komainu
