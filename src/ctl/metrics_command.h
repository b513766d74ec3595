// komainuctl metrics: once to stdout, or as an exporter for as long as it is let run.
#pragma once

#include "ctl/command_line.h"

namespace komainu {

ExitStatus run_metrics(const Invocation& invocation);

}  // namespace komainu
