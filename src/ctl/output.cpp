#include "ctl/output.h"

#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

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

Colors colors() {
    const bool wanted = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    return wanted ? Colors::on : Colors::off;
}

std::string json_line(const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace komainu
