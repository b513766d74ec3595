#include "runner/identity.h"

#include <cap-ng.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

namespace komainu {

namespace {

constexpr int groups_max = 256;

Status switch_to(const Identity& user) {
    if (::setgroups(user.groups.size(), user.groups.data()) != 0 ||
        ::setresgid(user.gid, user.gid, user.gid) != 0 ||
        ::setresuid(user.uid, user.uid, user.uid) != 0)
        return Error::from_errno("cannot become user " + user.name, errno);
    return Ok{};
}

Status give_up_capabilities() {
    capng_clear(CAPNG_SELECT_CAPS);
    if (capng_apply(CAPNG_SELECT_CAPS) != 0)
        return Error::from_errno("cannot give up capabilities", errno);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return Error::from_errno("cannot set no_new_privs", errno);
    return Ok{};
}

}  // namespace

Result<Identity> find_user(const std::string& name) {
    errno = 0;
    const passwd* const found = ::getpwnam(name.c_str());
    if (!found) return Error{"there is no user " + name, errno};
    Identity user{name, found->pw_uid, found->pw_gid, std::vector<gid_t>(groups_max)};
    int groups = groups_max;
    if (::getgrouplist(name.c_str(), user.gid, user.groups.data(), &groups) < 0)
        return Error{"user " + name + " is in more than " + std::to_string(groups_max) + " groups"};
    user.groups.resize(static_cast<std::size_t>(groups));
    return user;
}

std::optional<gid_t> find_group(const std::string& name) {
    const group* const found = ::getgrnam(name.c_str());
    if (!found) return {};
    return found->gr_gid;
}

Status become(const std::optional<Identity>& user) {
    if (user)
        if (Status switched = switch_to(*user); !switched) return switched;
    if (user && user->is_root()) return Ok{};
    return give_up_capabilities();
}

}  // namespace komainu
