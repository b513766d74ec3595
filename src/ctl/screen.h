// The text that `--watch` shows again and again on one screen.
#pragma once

#include <string>
#include <string_view>

namespace komainu {

/// What a terminal must be sent so that it shows the text and nothing else. Each line is written
/// over the one before and only its rest is cleared: clearing the screen first would flicker. What
/// has no room on the screen is left out, since a screen that scrolls could not be written over.
std::string redraw(std::string_view text, int rows);

}  // namespace komainu
