// `komainuctl doctor`.
#pragma once

#include "ctl/command_line.h"

namespace komainu {

ExitStatus run_doctor(const Invocation& invocation);

}  // namespace komainu
