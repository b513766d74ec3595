#include "ctl/screen.h"

namespace komainu {

namespace {

constexpr std::string_view top_left = "\x1b[H";
constexpr std::string_view clear_rest_of_line = "\x1b[K";
constexpr std::string_view clear_below = "\x1b[J";
constexpr std::string_view do_not_wrap = "\x1b[?7l";  // a long line must not become two
constexpr std::string_view wrap_again = "\x1b[?7h";

}  // namespace

std::string redraw(std::string_view text, int rows) {
    std::string screen;
    screen.append(top_left).append(do_not_wrap);
    // The last row stays empty: that is where the cursor rests.
    for (int row = 0; row < rows - 1 && !text.empty(); ++row) {
        const auto end = text.find('\n');
        screen.append(text.substr(0, end)).append(clear_rest_of_line).append("\r\n");
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return screen.append(wrap_again).append(clear_below);
}

}  // namespace komainu
