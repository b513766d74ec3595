// Privileges: what must be there at the start, and how all the rest is given up for good. Works as
// root, with ambient capabilities (systemd), with file capabilities, and inside a user namespace.
// Never setuid.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace komainu {

/// Makes CAP_NET_ADMIN and CAP_NET_RAW effective, or says which one is missing and the three ways
/// to give it. Makes CAP_BPF effective as well, where it is there.
Status require_capabilities();

/// How giving up privileges went.
struct PrivilegesDropped {
    std::string warning;  ///< for the log, when the user stays root; empty else
};

/// For the guard: keeps CAP_NET_ADMIN and CAP_NET_RAW, permitted and effective, and nothing else,
/// in no other set either, as far as we are allowed to clear those. For main: keeps none. Both also
/// set no_new_privs, forbid core dumps and tracing by others (PR_SET_DUMPABLE), switch from root to
/// the user `komainu` where there is one, and read back what came of it. Not to be undone.
Result<PrivilegesDropped> keep_only_network_capabilities();
Result<PrivilegesDropped> drop_all_capabilities();

/// For the runner, when a command has a user of its own: keeps CAP_SETUID, CAP_SETGID and CAP_KILL,
/// or says that one of them is missing. Where a command may run as root it neither clears the
/// bounding set nor sets no_new_privs, since then both would bind that command, too.
enum class Root : std::uint8_t { never_runs, may_run };
Result<PrivilegesDropped> keep_only_user_capabilities(Root);

}  // namespace komainu
