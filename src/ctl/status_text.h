// The status of a cluster as a tired operator reads it: first who is active, then what is wrong,
// then the tables.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "ctl/cluster_view.h"
#include "ctl/table.h"

namespace komainu {

/// Lines, each with its end. `now_ms` is the wall clock, for "how long ago".
std::string status_text(const nlohmann::json& status, std::int64_t now_ms, Colors colors);

/// The backends, with a line below when no active has told this node what counts.
std::string backend_table(const std::vector<BackendView>& backends, bool agreed, Colors colors);

/// "42s", "3min 20s", "2h 5min", "5d 4h".
std::string age_text(std::int64_t milliseconds);

}  // namespace komainu
