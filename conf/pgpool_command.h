// The commands that a pgpool.conf has: what it tells ip(8) or ifconfig(8) about the VIP, and other
// programs as commands of komainu's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace komainu {

/// `ip addr add $_IP_$/24 dev eth0 label eth0:0`, `ifconfig eth0:0 inet $_IP_$ netmask
/// 255.255.255.0` and the like, be it behind sudo.
struct PgpoolAddressCommand {
    std::string interface;          ///< empty: not named
    std::string label;              ///< empty: none
    std::optional<int> length;      ///< of the prefix
    std::vector<std::string> rest;  ///< words that mean something else
};

/// Nothing, when it is another program's command. `vip` is the address, as pgpool.conf has it.
std::optional<PgpoolAddressCommand> read_address_command(std::string_view text,
                                                         std::string_view vip);

/// `arping -I eth0`, `... dev eth0`: the interface, wherever it stands; empty when it does not.
std::string interface_of_command(std::string_view text);

/// As it stands in komainu.conf, with the address in place of $_IP_$. pgpool-II runs it without a
/// shell, and looks for a program without a path in `directory`.
Result<std::string> command_of_program(std::string_view text, std::string_view vip,
                                       std::string_view directory);

/// The same for a text that pgpool-II hands to a shell.
Result<std::string> command_of_shell(std::string_view text);

}  // namespace komainu
