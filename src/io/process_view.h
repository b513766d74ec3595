// What /proc tells everybody of a process, for who wants to know how a daemon runs.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace komainu {

struct ProcessView {
    pid_t pid = 0;
    std::string name;
    uid_t user = 0;
    std::uint64_t capabilities = 0;  ///< the effective ones
    bool real_time = false;
    std::int64_t locked_kib = 0;
    std::int64_t files_max = 0;  ///< that it may have open; 0: not known
};

/// Nothing when there is no such process, or it does not show itself to this user.
std::optional<ProcessView> look_at_process(pid_t pid);

std::vector<ProcessView> children_of_process(pid_t pid);

}  // namespace komainu
