// What komainuctl does without a daemon: configurations and keys.
#pragma once

#include "ctl/command_line.h"

namespace komainu {

ExitStatus run_check_config(const Invocation& invocation);
ExitStatus run_import_pgpool(const Invocation& invocation);
ExitStatus run_keygen(const Invocation& invocation);
ExitStatus run_version(const Invocation& invocation);

}  // namespace komainu
