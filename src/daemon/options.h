// The command line of komainud.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/ids.h"

namespace komainu {

struct Options {
    std::string config = "/etc/komainu/komainu.conf";
    std::optional<NodeId> node_id;
    bool check = false;
};

/// Ends at once, having been printed: --help, --version, or a mistake.
struct Printed {
    int exit_status = 0;
};

inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

std::variant<Options, Printed> parse_options(int argc, char** argv);

}  // namespace komainu
