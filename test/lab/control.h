// Asks a daemon over its control socket: one JSON line there, one JSON line back.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/time.h"

namespace komainu::lab {

/// Nothing when nobody answers with JSON within the limit.
std::optional<nlohmann::json> ask(const std::string& socket_path, const nlohmann::json& request,
                                  Duration limit);

/// The same with any line, which need not be a request at all. It comes without its newline.
std::optional<nlohmann::json> ask_line(const std::string& socket_path, const std::string& line,
                                       Duration limit);

}  // namespace komainu::lab
