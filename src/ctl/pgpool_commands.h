// What komainuctl does beside, or in place of, the watchdog of pgpool-II.
#pragma once

#include "ctl/command_line.h"

namespace komainu {

ExitStatus run_watchdog_info(const Invocation& invocation);
ExitStatus run_pgpool_lifecheck(const Invocation& invocation);

}  // namespace komainu
