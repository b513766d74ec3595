// komainuctl backend: what the nodes have agreed on about the backends, and what is to be changed.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ctl/command_line.h"
#include "ctl/table.h"

namespace komainu {

ExitStatus run_backend(const Invocation& invocation);

/// The daemon's answers as tables.
std::string backends_text(const nlohmann::json& answer, Colors colors);
std::string history_text(const nlohmann::json& answer, Colors colors);

}  // namespace komainu
