// From the file's name to a configuration that can run, or to everything that speaks against it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/local_address.h"
#include "conf/config.h"
#include "conf/key_file.h"
#include "conf/problem.h"
#include "conf/reader.h"

namespace komainu {

inline constexpr const char* default_config_file = "/etc/komainu/komainu.conf";

/// Who only looks at a file need not be one of its nodes, nor be allowed to read its keys: what a
/// daemon must refuse for that is a warning then.
enum class Purpose { run, inspect };

/// As the daemon was told at its start.
struct ConfigSource {
    std::string path = default_config_file;
    std::optional<NodeId> node_id;  ///< --node-id
};

struct LoadOptions {
    Purpose purpose = Purpose::run;
    std::optional<NodeId> node_id;    ///< --node-id
    std::vector<LocalAddress> local;  ///< this host's addresses
    /// Who this node is when neither option nor file says it; no_node: to be found out by the
    /// addresses.
    NodeId otherwise = no_node;
};

struct LoadedConfig {
    std::string text;
    int unreadable = 0;  ///< errno of why the file could not be read; 0: it could
    Config config;       ///< to be used only when there are no errors
    Lines lines;
    ClusterKeys keys;
    Problems problems;
};

LoadedConfig load_config(const std::string& path, const LoadOptions& options);

/// What stands in a file of at most 1 MiB.
Result<std::string> read_config_text(const std::string& path);

/// Only the file itself, without asking whether it could run: for finding the control socket.
ReadConfig read_config_file(const std::string& path);

/// One line for each problem, each with its end.
std::string report(const std::string& path, const Problems& problems);

}  // namespace komainu
