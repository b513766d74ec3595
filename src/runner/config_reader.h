// The reading of the configuration while the daemon runs: in a process of its own, since a disk,
// the user database or a network file system may keep it waiting. Everything that may be wrong with
// the new one is found here; what main and the runner are handed has been accepted.
#pragma once

#include <array>

#include "base/fd.h"
#include "conf/load.h"
#include "runner/program.h"

namespace komainu {

/// In memory; see ConfigReport for what is in them.
struct ConfigFiles {
    Fd text;
    Fd keys;
    Fd warnings;

    std::array<int, 3> fds() const { return {text.get(), keys.get(), warnings.get()}; }
    /// What main is handed.
    std::array<int, 2> of_main() const { return {text.get(), keys.get()}; }
};

Result<ConfigFiles> make_config_files();

/// Blocks. False when it is refused; then a line for each reason is in the text, else one for each
/// warning in `warnings`.
bool read_config_anew(const ConfigSource& source, const Config& running, const Users& users,
                      const ConfigFiles& into);

/// What the runner goes by.
struct TakenConfig {
    Config config;
    Programs programs;
};
/// Of a text that was accepted.
Result<TakenConfig> take_config(const ConfigFiles& files, NodeId self, const Users& users);

}  // namespace komainu
