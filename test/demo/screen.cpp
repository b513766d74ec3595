#include "test/demo/screen.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "test/lab/clock.h"

namespace komainu::demo {

namespace {

constexpr Duration draw_every = 100ms;

bool terminal_understands() {
    const char* terminal = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) && terminal != nullptr && std::string_view(terminal) != "dumb";
}

std::string_view code_of(Colour colour) {
    switch (colour) {
        case Colour::plain:
            return "";
        case Colour::good:
            return "\033[32m";
        case Colour::bad:
            return "\033[31m";
        case Colour::strong:
            return "\033[1m";
    }
    return "";
}

Colour colour_of_role(const std::string& role) {
    if (role == "active") return Colour::good;
    return role == "down" ? Colour::bad : Colour::plain;
}

}  // namespace

std::string in_milliseconds(Duration d) {
    return fmt::format("{:.1f} ms", std::chrono::duration<double, std::milli>(d).count());
}

Screen::Screen() : live_(terminal_understands()) {}

std::string Screen::coloured(Colour colour, std::string_view text) const {
    const auto code = code_of(colour);
    if (!live_ || code.empty() || text.empty()) return std::string(text);
    return fmt::format("{}{}\033[0m", code, text);
}

void Screen::print_line(const std::string& text) { std::printf("%s\n", text.c_str()); }

void Screen::erase() {
    if (lines_drawn_ > 0) std::printf("\033[%dA\r\033[J", lines_drawn_);
    lines_drawn_ = 0;
}

void Screen::say(const std::string& text) {
    erase();
    print_line(text);
    std::fflush(stdout);
}

std::string Screen::line_of(const NodePicture& node) const {
    const auto role = fmt::format("{:<8}", node.role);
    const auto addresses = fmt::format("{:<25}", fmt::format("{}", fmt::join(node.addresses, " ")));
    return fmt::format("    node {}  {} {} {}", node.number,
                       coloured(colour_of_role(node.role), role),
                       coloured(Colour::strong, addresses), coloured(Colour::bad, node.trouble));
}

void Screen::draw(const Picture& picture) {
    erase();
    print_line("");
    for (const auto& node : picture.nodes) print_line(line_of(node));
    print_line(fmt::format("    client  {:>4} answers/s, from node: {}", picture.answers_per_second,
                           picture.timeline));
    lines_drawn_ = static_cast<int>(picture.nodes.size()) + 2;
    std::fflush(stdout);
}

void Screen::show(Stage& stage) {
    draw(stage.picture());
    print_line("");
    lines_drawn_ = 0;
}

void Screen::watch(Stage& stage, Duration duration) {
    const auto end = lab::now() + duration;
    if (!live_) return lab::sleep_until(end);
    do {
        draw(stage.picture());
        lab::sleep_until(std::min(end, lab::now() + draw_every));
    } while (lab::now() < end);
}

}  // namespace komainu::demo
