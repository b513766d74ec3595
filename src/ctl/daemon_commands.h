// What komainuctl asks of a daemon, over its control socket.
#pragma once

#include "ctl/command_line.h"

namespace komainu {

ExitStatus run_status(const Invocation& invocation);
ExitStatus run_switchover(const Invocation& invocation);
ExitStatus run_pause_or_resume(const Invocation& invocation);
ExitStatus run_standby(const Invocation& invocation);
ExitStatus run_report(const Invocation& invocation);
ExitStatus run_reload(const Invocation& invocation);

}  // namespace komainu
