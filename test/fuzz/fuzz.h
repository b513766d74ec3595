// What the fuzz targets have in common. Each file beside this one, but for entry.cpp and
// replay.cpp, is one target: a boundary that bytes from outside cross, and what must hold there for
// any bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "packet/bytes.h"

namespace komainu::fuzz {

/// Called for each input. Returns when all that must hold does.
void examine(Bytes input);

/// Inputs to begin with, made by our own encoders, so that they stay right when those change.
std::vector<std::string> seeds();

/// Ends the program with the sentence when it does not hold.
void must_hold(bool holds, std::string_view sentence);

std::string text_of(Bytes bytes);
Bytes bytes_of(std::string_view text);

/// Whether the text can be shown on a terminal: no control characters but tabs and the ends of
/// lines.
bool is_printable(std::string_view text);

}  // namespace komainu::fuzz
