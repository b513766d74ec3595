// What stands for a value in the words of the commands under [backends], as in pgpool-II's
// failover_command, failback_command and follow_primary_command (its manual, "Failover and
// Failback").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/config.h"

namespace komainu {

/// Backends by their numbers; nothing where there is none.
struct BackendChange {
    int backend = 0;                 ///< whose state has changed, or that is to follow the primary
    std::optional<int> main;         ///< the lowest that is up, with the change
    std::optional<int> old_main;     ///< without it
    std::optional<int> old_primary;  ///< without it
    bool operator==(const BackendChange&) const = default;
};

/// The word with its placeholders replaced: %d number, %h host, %p port, %D data directory of the
/// backend; %m, %H, %r, %R the same of the new main node; %M the old main node; %P number, %N host,
/// %S port of the old primary; %% a percent sign. A number that there is none for is -1, a text is
/// empty.
std::string expand(std::string_view word, const BackendChange& change, const Config& config);

/// The first that there is no such placeholder for, with its percent sign; empty: none.
std::string_view unknown_placeholder(std::string_view word);

}  // namespace komainu
