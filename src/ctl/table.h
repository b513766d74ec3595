// Columns of text, as wide as their widest cell.
#pragma once

#include <string>
#include <vector>

namespace komainu {

enum class Tone { plain, good, bad, heading };
enum class Colors { off, on };

struct Cell {
    std::string text;
    Tone tone = Tone::plain;
};

using Row = std::vector<Cell>;

/// The text in the colour of its tone.
std::string paint(const std::string& text, Tone tone, Colors colors);

/// Lines, each with its end. Rows may differ in length.
std::string layout(const std::vector<Row>& rows, Colors colors);

}  // namespace komainu
