// The metrics as Prometheus reads them: its text format, version 0.0.4.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace komainu {

inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// Of what the daemon has answered; null: it has not, and komainu_up says so alone. What is not in
/// the catalogue, or has another shape than it says, is left out.
std::string metrics_text(const nlohmann::json& metrics);

}  // namespace komainu
