// A place of its own for everything that the tests, the demo and the benchmark start: network,
// process, mount, host-name and shared-memory namespaces, and for an ordinary user a user namespace
// in which he is root. None of them has a name outside, so nothing can be left behind: when the
// outer process ends by whatever cause, the kernel ends all processes within, and the namespaces go
// with them.
//
//   outer process -> init (pid 1: reaps orphans, as every system's init does) -> body
#pragma once

#include <string>

namespace komainu::lab {

/// Runs the body in a sandbox and returns its exit status. Where namespaces are not permitted: one
/// line that says so, and status 1.
int run_in_sandbox(int argc, char** argv, int (*body)(int, char**));

/// A directory in memory that exists only within the sandbox.
const std::string& sandbox_directory();

/// The body's process id as the world outside knows it, for nsenter from another terminal.
int outer_pid();

/// Whether the sandbox has a user namespace of its own, that is: was started by an ordinary user.
bool has_user_namespace();

}  // namespace komainu::lab
