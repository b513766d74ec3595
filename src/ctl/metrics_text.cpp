#include "ctl/metrics_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ctl/control.h"
#include "ctl/metrics_catalogue.h"

namespace komainu {

namespace {

using nlohmann::json;

/// Of a histogram's buckets, which reach to 2^i microseconds, those before the first and after the
/// last are put together: 16 us to 8.4 s are shown.
constexpr std::size_t first_bound = 4, last_bound = 23;

std::string_view word(MetricType type) {
    switch (type) {
        case MetricType::gauge:
            return "gauge";
        case MetricType::counter:
            return "counter";
        case MetricType::histogram:
            return "histogram";
    }
    return "";
}

/// Control characters, which the format permits, would command an operator's terminal.
std::string escaped(const std::string& text) {
    std::string value;
    for (const char c : printable(text)) {
        if (c == '\\' || c == '"') value += '\\';
        value += c;
    }
    return value;
}

std::size_t labels_of(const Metric& metric) {
    const auto end = std::ranges::find(metric.labels, std::string_view());
    return static_cast<std::size_t>(end - metric.labels.begin());
}

/// "{peer="2",link="1"}", with one more label behind them for a bucket; empty when there are none.
std::string labels_text(const Metric& metric, const json& row, std::string_view bound = {}) {
    std::string text;
    for (std::size_t i = 0; i < labels_of(metric); ++i) {
        const json& value = row[i];
        text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", metric.labels[i],
                            value.is_string() ? escaped(value.get<std::string>()) : value.dump());
    }
    if (!bound.empty()) text += fmt::format("{}le=\"{}\"", text.empty() ? "" : ",", bound);
    return text.empty() ? "" : "{" + text + "}";
}

std::string number_text(const json& value) {
    return value.is_number_float() ? fmt::format("{}", value.get<double>()) : value.dump();
}

double seconds(double us) { return us / 1e6; }

bool is_label(const json& value) { return value.is_string() || value.is_number_integer(); }

bool is_count(const json& value) { return value.is_number_unsigned(); }

bool is_row(const Metric& metric, const json& row) {
    const std::size_t labels = labels_of(metric);
    const bool is_histogram = metric.type == MetricType::histogram;
    if (!row.is_array() || row.size() != labels + (is_histogram ? 2 : 1)) return false;
    if (!std::all_of(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(labels), is_label))
        return false;
    if (!is_histogram) return row[labels].is_number();
    const json& counts = row[labels];
    return counts.is_array() && counts.size() > last_bound + 1 &&
           std::ranges::all_of(counts, is_count) && is_count(row[labels + 1]);
}

void add_histogram(const Metric& metric, const json& row, std::string& text) {
    const std::string name = std::string(metric_prefix) + std::string(metric.name);
    const json& counts = row[labels_of(metric)];
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        so_far += counts[i].get<std::uint64_t>();
        if (i < first_bound || i > last_bound) continue;
        const auto bound = fmt::format("{}", seconds(static_cast<double>(std::uint64_t{1} << i)));
        text += fmt::format("{}_bucket{} {}\n", name, labels_text(metric, row, bound), so_far);
    }
    const std::string labels = labels_text(metric, row);
    text += fmt::format("{}_bucket{} {}\n", name, labels_text(metric, row, "+Inf"), so_far);
    text += fmt::format("{}_sum{} {}\n", name, labels, seconds(row.back().get<double>()));
    text += fmt::format("{}_count{} {}\n", name, labels, so_far);
}

/// Not a line when there is no row: a family without samples says nothing.
void add_metric(const Metric& metric, const json& rows, std::string& text) {
    bool is_first = true;
    for (const json& row : rows) {
        if (!is_row(metric, row)) continue;
        if (std::exchange(is_first, false))
            text += fmt::format("# HELP {0}{1} {2}\n# TYPE {0}{1} {3}\n", metric_prefix,
                                metric.name, metric.help, word(metric.type));
        if (metric.type == MetricType::histogram)
            add_histogram(metric, row, text);
        else
            text += fmt::format("{}{}{} {}\n", metric_prefix, metric.name, labels_text(metric, row),
                                number_text(row.back()));
    }
}

}  // namespace

std::string metrics_text(const json& metrics) {
    std::string text;
    for (const Metric& metric : metrics_catalogue()) {
        if (metric.name == metric_of_the_exporter) {
            const int up = metrics.is_object() ? 1 : 0;
            add_metric(metric, json::array({json::array({up})}), text);
        } else if (metrics.is_object()) {
            const auto rows = metrics.find(std::string(metric.name));
            if (rows != metrics.end() && rows->is_array()) add_metric(metric, *rows, text);
        }
    }
    return text;
}

}  // namespace komainu
