// A question to the daemon over its control socket: one line of JSON each way.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/time.h"

namespace komainu {

/// Of komainuctl.
enum class ExitStatus : int {
    done = 0,
    failed = 1,  ///< or refused; the reason is on stderr
    usage = 2,   ///< the command line, or the configuration, is wrong
    no_daemon = 3,
};

struct Answer {
    ExitStatus status = ExitStatus::done;
    std::string why;      ///< for the operator, unless it is done: a sentence, and perhaps details
    nlohmann::json body;  ///< what the daemon said, when it is done
    int code = 0;         ///< errno of why it could not be asked
};

Answer ask(const std::string& socket_path, const nlohmann::json& request, Duration patience);

/// With question marks for control characters: what another program says must not command the
/// operator's terminal.
std::string printable(std::string text);

/// What the daemon's line means. For ask(), and for tests.
Answer read_answer(const std::string& line);

}  // namespace komainu
