// The rows of the metrics (daemon/metrics.h) as they are put together.
#pragma once

#include <nlohmann/json.hpp>

#include "daemon/histogram.h"

namespace komainu {

/// Makes sure that the metric is there, though it may have no rows.
inline nlohmann::json& rows_of(nlohmann::json& metrics, const char* name) {
    nlohmann::json& rows = metrics[name];
    if (rows.is_null()) rows = nlohmann::json::array();
    return rows;
}

/// One more row: the values of the labels, then the value.
template <class... Values>
void add_row(nlohmann::json& metrics, const char* name, const Values&... values) {
    nlohmann::json row = nlohmann::json::array();
    (row.push_back(nlohmann::json(values)), ...);
    rows_of(metrics, name).push_back(std::move(row));
}

template <class... Labels>
void add_histogram(nlohmann::json& metrics, const char* name, const Histogram& histogram,
                   const Labels&... labels) {
    add_row(metrics, name, labels..., histogram.counts(), histogram.sum_us());
}

}  // namespace komainu
