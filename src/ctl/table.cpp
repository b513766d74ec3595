#include "ctl/table.h"

#include <algorithm>

namespace komainu {

namespace {

constexpr std::size_t gap = 2;

const char* code_of(Tone tone) {
    switch (tone) {
        case Tone::plain:
            return "";
        case Tone::good:
            return "\x1b[32m";
        case Tone::bad:
            return "\x1b[1;31m";
        case Tone::heading:
            return "\x1b[1m";
    }
    return "";
}

std::vector<std::size_t> widths_of(const std::vector<Row>& rows) {
    std::vector<std::size_t> widths;
    for (const Row& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].text.size());
    }
    return widths;
}

}  // namespace

std::string paint(const std::string& text, Tone tone, Colors colors) {
    if (colors == Colors::off || tone == Tone::plain) return text;
    return code_of(tone) + text + "\x1b[0m";
}

std::string layout(const std::vector<Row>& rows, Colors colors) {
    const auto widths = widths_of(rows);
    std::string lines;
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            lines += paint(row[i].text, row[i].tone, colors);
            // The padding stays out of the colour, and off the end of the line.
            if (i + 1 < row.size()) lines.append(widths[i] + gap - row[i].text.size(), ' ');
        }
        lines += "\n";
    }
    return lines;
}

}  // namespace komainu
