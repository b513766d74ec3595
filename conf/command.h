// A command as the configuration has it: a program's absolute path and its arguments, without a
// shell. Written as in systemd's ExecStart (systemd.service(5), "COMMAND LINES"), less what
// expands: no variables, no %-specifiers, no prefixes.
//
// Words are separated by blanks. A word that is put into single or double quotes may have blanks in
// it. \ makes \\ \" \' \s (a space) \t \n \xHH, in quotes and outside. A # always begins a comment
// of the file, so it is written \x23.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace komainu {

inline constexpr std::size_t command_words_max = 64;
inline constexpr std::size_t command_bytes_max = 4096;

using Argv = std::vector<std::string>;

/// The words, or what is wrong with the text and what would be right.
Result<Argv> read_command(std::string_view text);

/// As it may be written: "/usr/bin/test -d '/a b'".
std::string to_string(const Argv& command);

}  // namespace komainu
