// The command line of komainuctl: from words to an invocation, or to what is wrong with them.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ctl/control.h"

namespace komainu {

struct Command;

struct Invocation {
    const Command* command = nullptr;    ///< none: only help was asked for
    std::vector<std::string> arguments;  ///< after the command's name
    std::optional<std::string> config;   ///< --config
    std::optional<std::string> socket;   ///< --socket
    std::optional<std::string> wait;     ///< --wait
    std::optional<std::string> key;      ///< --key
    std::optional<std::string> listen;   ///< --listen
    bool json = false;
    bool watch = false;
    bool this_node = false;
    bool verbose = false;
    bool help = false;
};

struct Command {
    std::string_view name;
    std::string_view arguments;  ///< as the help shows them
    std::size_t arguments_least;
    std::size_t arguments_most;
    std::array<std::string_view, 5> options;  ///< which it takes, without their hyphens
    ExitStatus (*run)(const Invocation&);
    std::string_view summary;  ///< one line
    std::string_view help;     ///< the rest
};

/// The error is a sentence about the command line.
Result<Invocation> parse_command_line(const std::vector<std::string>& words,
                                      std::span<const Command> commands);

/// Of an argument: nothing when it is no whole number within these bounds.
std::optional<int> read_number(const std::string& text, int least, int most);

std::string help_text(std::span<const Command> commands);
std::string help_text(const Command& command);

}  // namespace komainu
