// What komainuctl prints, and how it ends.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "ctl/command_line.h"
#include "ctl/table.h"

namespace komainu {

/// Says on stderr why, and gives the status back.
ExitStatus complain(ExitStatus status, std::string_view why);

/// Prints to stdout, and finds out whether it arrived: a full disk must not pass for a new key.
ExitStatus print(std::string_view text);

/// Whether those who read stdout want them.
Colors colors();

/// One line, with question marks for what is no UTF-8.
std::string json_line(const nlohmann::json& value);

}  // namespace komainu
