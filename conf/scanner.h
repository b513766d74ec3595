// The file's text as sections of entries, with the line of each. Nothing is known here about which
// sections and keys there are. Boost's own reader of such files would do, but for two things: it
// gives up at the first error, and it forgets the lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/problem.h"

namespace komainu {

/// `key = value`
struct Entry {
    std::string key;
    std::string value;
    int line = 0;
};

/// `[kind]` or `[kind.name]`, and what stands under it
struct Section {
    std::string kind;
    std::string name;
    int line = 0;
    std::vector<Entry> entries;

    std::string title() const { return name.empty() ? kind : kind + "." + name; }
};

bool has_control_character(std::string_view text);

std::vector<Section> scan(std::string_view text, Problems& problems);

}  // namespace komainu
