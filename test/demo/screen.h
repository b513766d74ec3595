// What the demo shows: narration that stays, and below it, on a terminal, a picture of the cluster
// that is drawn anew in its place. Where there is no terminal, plain lines, and a picture only
// where one is asked for.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "test/demo/stage.h"

namespace komainu::demo {

enum class Colour { plain, good, bad, strong };

class Screen {
public:
    /// Finds out by itself whether there is a terminal that understands.
    Screen();

    bool live() const { return live_; }

    /// One line, or several.
    void say(const std::string& text);
    std::string coloured(Colour, std::string_view text) const;

    /// The picture, which stays where it is: what comes next is written below it.
    void show(Stage&);
    /// Draws the picture again and again for so long. Without a terminal, only waits.
    void watch(Stage&, Duration);

private:
    void draw(const Picture&);
    void erase();
    void print_line(const std::string& text);
    std::string line_of(const NodePicture&) const;

    bool live_ = false;
    int lines_drawn_ = 0;  // of the picture that the cursor stands below
};

std::string in_milliseconds(Duration);

}  // namespace komainu::demo
