#include "conf/scanner.h"

#include <algorithm>

#include "conf/value_text.h"

namespace komainu {

namespace {

class Scanner {
public:
    explicit Scanner(Problems& problems) : problems_(problems) {}

    void take_line(std::string_view line) {
        ++number_;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (has_control_character(line)) return refuse("has a control character; remove it");
        const auto text = trim(line.substr(0, line.find('#')));
        if (text.empty()) return;
        text.front() == '[' ? take_header(text) : take_entry(text);
    }

    std::vector<Section> sections() && { return std::move(sections_); }

private:
    void refuse(std::string text) {
        problems_.add(Severity::error, {number_, "line"}, std::move(text));
    }

    void take_header(std::string_view text) {
        // Also when the header is broken: its keys are not the section's before it.
        sections_.emplace_back().line = number_;
        if (text.back() != ']') return refuse(quoted(text) + " has no ]; write [section]");
        const auto title = trim(text.substr(1, text.size() - 2));
        const auto dot = title.find('.');
        sections_.back().kind = title.substr(0, dot);
        if (dot != title.npos) sections_.back().name = title.substr(dot + 1);
        if (sections_.back().kind.empty()) refuse("a section without a name; write [section]");
    }

    void take_entry(std::string_view text) {
        const auto equals = text.find('=');
        const std::string key(trim(text.substr(0, equals)));
        if (equals == text.npos || key.empty())
            return refuse(quoted(text) + " is neither [section] nor key = value");
        const std::string value(trim(text.substr(equals + 1)));
        if (sections_.empty())
            problems_.error({number_, key},
                            "stands before the first section; begin with [cluster]");
        else
            sections_.back().entries.push_back({key, value, number_});
    }

    Problems& problems_;
    std::vector<Section> sections_;
    int number_ = 0;
};

}  // namespace

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    });
}

std::vector<Section> scan(std::string_view text, Problems& problems) {
    Scanner scanner(problems);
    while (!text.empty()) {
        const auto end = text.find('\n');
        scanner.take_line(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return std::move(scanner).sections();
}

}  // namespace komainu
