// What komainuctl does without a daemon: configurations and keys.
#pragma once

#include "ctl/command_line.h"

namespace komainu {

ExitStatus run_check_config(const Invocation& invocation);
ExitStatus run_import_pgpool(const Invocation& invocation);
ExitStatus run_keygen(const Invocation& invocation);
ExitStatus run_version(const Invocation& invocation);

/// What stands in the file pgpool_node_id beside a pgpool.conf, if there is one.
std::string node_id_beside(const std::string& pgpool_conf);

}  // namespace komainu
