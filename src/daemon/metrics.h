// What a node counts and measures, for `komainuctl metrics`: an object in which each metric has its
// rows, and each row the values of its labels and then its value, which of a histogram is the list
// of what its buckets hold, and its sum in microseconds. What the metrics mean, their types and
// the names of their labels stand in ctl/metrics_catalogue.cpp, and a test compares the two.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/status.h"

namespace komainu {

nlohmann::json metrics_json(const StatusSources& sources);

/// Those of the links, the peers and the streams to them.
void add_link_metrics(const StatusSources& sources, nlohmann::json& metrics);

}  // namespace komainu
