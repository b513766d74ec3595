// Whom a program runs as.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace komainu {

struct Identity {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;

    bool is_root() const { return uid == 0; }
};

/// Asks the user database, so it may block.
Result<Identity> find_user(const std::string& name);

/// Asks the group database. Nothing when there is no such group.
std::optional<gid_t> find_group(const std::string& name);

/// Makes this process that user, or leaves it who it is, and gives up all capabilities and the way
/// to get any (no_new_privs). Root alone keeps what root has. Not to be undone.
Status become(const std::optional<Identity>& user);

}  // namespace komainu
