#include "conf/problem.h"

#include <algorithm>

namespace komainu {

void Problems::add(Severity severity, Place place, std::string text) {
    const auto after = std::ranges::upper_bound(list_, place.line, {},
                                                [](const Problem& p) { return p.place.line; });
    list_.insert(after, Problem{severity, std::move(place), std::move(text)});
}

bool Problems::has_errors() const {
    return std::ranges::any_of(list_,
                               [](const Problem& p) { return p.severity == Severity::error; });
}

bool Problems::has_error_at(const Place& place) const {
    return std::ranges::any_of(list_, [&](const Problem& p) {
        return p.severity == Severity::error && p.place.line == place.line &&
               p.place.key == place.key;
    });
}

std::string to_string(const std::string& file, const Problem& problem) {
    const auto& [severity, place, text] = problem;
    return fmt::format("{}{}: {}{}: {}", file, place.line ? fmt::format(":{}", place.line) : "",
                       severity == Severity::warning ? "warning: " : "", place.key, text);
}

void Lines::add_section(std::string_view section, int line) { add_key(section, "", line); }

void Lines::add_key(std::string_view section, std::string_view key, int line) {
    lines_.try_emplace({std::string(section), std::string(key)}, line);
}

int Lines::of_section(std::string_view section) const { return of_key(section, ""); }

int Lines::of_key(std::string_view section, std::string_view key) const {
    const auto found = lines_.find({std::string(section), std::string(key)});
    return found == lines_.end() ? 0 : found->second;
}

Place Lines::place(std::string_view section, std::string_view key) const {
    const int line = of_key(section, key);
    return {line ? line : this->section(section).line, std::string(key)};
}

Place Lines::section(std::string_view section) const {
    return {std::max(of_section(section), 1), fmt::format("[{}]", section)};
}

}  // namespace komainu
