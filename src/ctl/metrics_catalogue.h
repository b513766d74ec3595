// All metrics that there are: their names, types, labels and meanings. What the daemon answers to
// `metrics` are their values (daemon/metrics.h).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace komainu {

enum class MetricType : std::uint8_t { gauge, counter, histogram };

struct Metric {
    std::string_view name;  ///< without what all names begin with
    MetricType type;
    std::array<std::string_view, 3> labels;  ///< their names, as many as there are
    std::string_view help;
};

inline constexpr std::string_view metric_prefix = "komainu_";
/// Whether the daemon has answered: the exporter's own.
inline constexpr std::string_view metric_of_the_exporter = "up";

std::span<const Metric> metrics_catalogue();

}  // namespace komainu
