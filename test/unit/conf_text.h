// Configurations for tests: a good one, and what the reader and the checks say of a text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/check.h"
#include "conf/reader.h"

namespace komainu::conf_text {

/// A good configuration, line by line: [cluster] on 1, [node.1] on 3, [node.2] on 5, [node.3] on 7,
/// [vip.main] on 9. More can be put after it, from line 12 on.
inline const std::string good =
    "[cluster]\n"
    "name = shrine\n"
    "[node.1]\n"
    "address = 10.77.0.1\n"
    "[node.2]\n"
    "address = 10.77.0.2\n"
    "[node.3]\n"
    "address = 10.77.0.3\n"
    "[vip.main]\n"
    "address = 10.77.0.100/24\n"
    "interface = eth0\n";

inline std::vector<std::string> lines_of(const Problems& problems) {
    std::vector<std::string> lines;
    for (const auto& problem : problems.list()) lines.push_back(to_string("k.conf", problem));
    return lines;
}

/// What reader and checks say of the text, as the operator sees it.
inline std::vector<std::string> problems_of(std::string_view text) {
    auto read = read_config(text);
    check(read.config, read.lines, read.problems);
    return lines_of(read.problems);
}

/// The text with one piece of it replaced.
inline std::string but(std::string text, std::string_view piece, std::string_view replacement) {
    return text.replace(text.find(piece), piece.size(), replacement);
}

inline std::string good_but(std::string_view piece, std::string_view replacement) {
    return but(good, piece, replacement);
}

using Said = std::vector<std::string>;

}  // namespace komainu::conf_text
