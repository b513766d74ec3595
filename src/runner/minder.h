// One run of a program, from its start until nothing is left of it, in a process of its own: the
// minder. Whatever the program starts becomes the minder's child when its own parent ends
// (PR_SET_CHILD_SUBREAPER), so that at the time limit nothing escapes by forking, a session of its
// own or ignoring SIGTERM. What a program that ends in time has left in the background goes on.
#pragma once

#include "base/run_end.h"
#include "runner/program.h"

namespace komainu {

/// Between SIGTERM to the program's process group, and SIGKILL to all that is left.
inline constexpr Duration termination_grace = 500ms;

/// Blocks until the run is over. SIGTERM to this process ends it early; so does the end of its
/// parent. Called once in a process that does nothing else.
RunEnd mind(const Program& program);

}  // namespace komainu
