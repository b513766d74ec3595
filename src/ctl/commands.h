// What komainuctl can do.
#pragma once

#include <span>

#include "ctl/command_line.h"

namespace komainu {

/// In the order of the help.
std::span<const Command> commands();

/// All of komainuctl: parses, runs, and says on stderr what went wrong.
ExitStatus run_komainuctl(const std::vector<std::string>& words);

}  // namespace komainu
