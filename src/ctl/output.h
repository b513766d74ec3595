// What komainuctl prints, and how it ends.
#pragma once

#include <string_view>

#include "ctl/command_line.h"

namespace komainu {

/// Says on stderr why, and gives the status back.
ExitStatus complain(ExitStatus status, std::string_view why);

/// Prints to stdout, and finds out whether it arrived: a full disk must not pass for a new key.
ExitStatus print(std::string_view text);

}  // namespace komainu
