// What is wrong with a configuration, and where. Problems are collected, not thrown, so that the
// operator sees all of them in one go.
#pragma once

#include <fmt/core.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace komainu {

/// Where something stands in the file, or should stand.
struct Place {
    int line = 0;     ///< from 1; 0 for what is not in the file, such as an option of the program
    std::string key;  ///< or "[section]"
};

enum class Severity { error, warning };

struct Problem {
    Severity severity;
    Place place;
    std::string text;  ///< what is wrong, and what would be right
};

class Problems {
public:
    template <class... A>
    void error(Place place, fmt::format_string<A...> text, A&&... arguments) {
        add(Severity::error, std::move(place), fmt::format(text, std::forward<A>(arguments)...));
    }
    template <class... A>
    void warning(Place place, fmt::format_string<A...> text, A&&... arguments) {
        add(Severity::warning, std::move(place), fmt::format(text, std::forward<A>(arguments)...));
    }
    void add(Severity severity, Place place, std::string text);

    bool has_errors() const;
    /// Whether that was refused already, so that what would be said of it only leads astray.
    bool has_error_at(const Place& place) const;
    bool empty() const { return list_.empty(); }

    /// In the order of the file.
    const std::vector<Problem>& list() const { return list_; }

private:
    std::vector<Problem> list_;
};

/// "FILE:LINE: key: text", and "warning: " before the key of a warning.
std::string to_string(const std::string& file, const Problem& problem);

/// The line of every section and key that the file gives, kept beside the model so that a check of
/// the finished model can still point at the file. Sections are called "cluster", "node.2", …
class Lines {
public:
    void add_section(std::string_view section, int line);
    void add_key(std::string_view section, std::string_view key, int line);

    /// 0 when the file does not give it.
    int of_section(std::string_view section) const;
    int of_key(std::string_view section, std::string_view key) const;

    /// The key's line; else that of its section, where it is missing; else the first line.
    Place place(std::string_view section, std::string_view key) const;
    /// The section's header as a place; the first line when the file has no such section.
    Place section(std::string_view section) const;

private:
    std::map<std::pair<std::string, std::string>, int> lines_;  ///< key "" is the header
};

}  // namespace komainu
