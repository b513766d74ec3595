// Which system calls a process may still make once it has started (seccomp(2), by libseccomp).
//
// A call that is not on the process's list is refused with EPERM, and the kernel's audit log names
// it: our code and the C library take that as an error like any other, so a rare call that was
// forgotten costs that one call and a log line, and no cluster. It gives an attacker nothing, for
// the call is not made. Some calls, however, no code of ours and no library that we use makes by
// any path: they start programs, look into other processes, change users, namespaces, clocks or the
// kernel. Whoever makes one of these is not komainud any more, and is killed at once (SIGSYS): the
// other process then sees to it that the VIPs go where they are safe.
//
// The runner is the exception: it starts programs that we do not know, and they inherit its filter.
// So it may do anything but what touches the kernel, its clocks or other processes' memory, which
// is refused with EPERM.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace komainu {

enum class FilteredProcess : std::uint8_t { main, guard, runner };

/// Not to be undone, and inherited by children. Needs no_new_privs, or sets it.
Status filter_system_calls(FilteredProcess);

}  // namespace komainu
