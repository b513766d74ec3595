#include "ctl/output.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace komainu {

ExitStatus complain(ExitStatus status, std::string_view why) {
    fmt::print(stderr, "komainuctl: {}\n", why);
    return status;
}

ExitStatus print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
        return ExitStatus::done;
    return complain(ExitStatus::failed,
                    fmt::format("the output cannot be written: {}", std::strerror(errno)));
}

}  // namespace komainu
