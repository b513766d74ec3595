#include "io/privileges.h"

#include <cap-ng.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace komainu {

namespace {

constexpr const char* service_user = "komainu";

struct NamedCapability {
    unsigned capability;
    const char* name;
};
constexpr std::array<NamedCapability, 2> network_capabilities{{
    {CAP_NET_ADMIN, "CAP_NET_ADMIN"},  // addresses
    {CAP_NET_RAW, "CAP_NET_RAW"},      // announcements
}};

constexpr std::array<NamedCapability, 3> user_capabilities{{
    {CAP_SETUID, "CAP_SETUID"},
    {CAP_SETGID, "CAP_SETGID"},
    {CAP_KILL, "CAP_KILL"},  // what runs as another user, at its time limit
}};

// What a process goes on with. Who may run programs as root leaves those the bounding set, without
// which root were no root, and the way to it that no_new_privs would close.
enum class Keep : std::uint8_t { network, users, users_and_root, nothing };

// The kernel may know more capabilities than the headers did.
bool exists(unsigned capability) { return ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; }

bool is_kept(unsigned capability, Keep keep) {
    switch (keep) {
        case Keep::network:
            return std::ranges::find(network_capabilities, capability,
                                     &NamedCapability::capability) != network_capabilities.end();
        case Keep::users:
        case Keep::users_and_root:
            return std::ranges::find(user_capabilities, capability, &NamedCapability::capability) !=
                   user_capabilities.end();
        case Keep::nothing:
            return false;
    }
    return false;
}

Error missing_capabilities(const std::vector<std::string>& names) {
    return {
        fmt::format("{} missing: run komainud as root, or give its service "
                    "AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW CAP_BPF (systemd), or its file "
                    "the capabilities (setcap cap_net_admin,cap_net_raw,cap_bpf+p); a container "
                    "must have them as well",
                    fmt::join(names, " and ")),
        EPERM};
}

// Needs CAP_SETPCAP, which only root has: whoever has it not could not use what is left in the set
// either, as no_new_privs closes the only way to it.
Status clear_bounding_set() {
    if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)) return Ok{};
    for (unsigned capability = 0; exists(capability); ++capability)
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
            return Error::from_errno("cannot clear the capability bounding set", errno);
    return Ok{};
}

// PR_SET_KEEPCAPS keeps the permitted set over the change of user; the caller makes effective again
// what is to be kept. Returns why the user is still the same, or nothing.
std::string switch_user(const passwd& user) {
    if (::initgroups(user.pw_name, user.pw_gid) != 0 ||
        ::setresgid(user.pw_gid, user.pw_gid, user.pw_gid) != 0)
        return std::strerror(errno);
    ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    const bool switched = ::setresuid(user.pw_uid, user.pw_uid, user.pw_uid) == 0;
    const int error = errno;
    ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
    return switched ? std::string() : std::strerror(error);
}

// Root stays where there is no such user, and in user namespaces that do not know it.
std::string leave_root() {
    if (::geteuid() != 0) return {};
    const passwd* const user = ::getpwnam(service_user);
    if (!user)
        return fmt::format("stays user root, without root's capabilities: there is no user {}",
                           service_user);
    const std::string reason = switch_user(*user);
    if (reason.empty()) return {};
    return fmt::format("stays user root, without root's capabilities: cannot become {}: {}",
                       service_user, reason);
}

Status apply_sets(Keep keep) {
    capng_clear(CAPNG_SELECT_CAPS);
    for (unsigned capability = 0; exists(capability); ++capability)
        if (is_kept(capability, keep))
            capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                         capability);
    if (capng_apply(CAPNG_SELECT_CAPS) != 0)
        return Error::from_errno("cannot set the process's capabilities", errno);
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
        return Error::from_errno("cannot clear the ambient capabilities", errno);
    if (keep != Keep::users_and_root && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return Error::from_errno("cannot set no_new_privs", errno);
    // Nobody looks into our memory any more, and no core file is made of it: keys are in there.
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return Error::from_errno("cannot forbid core dumps", errno);
    return Ok{};
}

// What the kernel says now is what counts.
Status verify(Keep keep) {
    if (capng_get_caps_process() != 0) return Error{"cannot read the process's capabilities"};
    for (unsigned capability = 0; exists(capability); ++capability) {
        const bool has = capng_have_capability(CAPNG_EFFECTIVE, capability) != 0;
        const bool may = capng_have_capability(CAPNG_PERMITTED, capability) != 0;
        const bool inherits = capng_have_capability(CAPNG_INHERITABLE, capability) != 0;
        const bool kept = is_kept(capability, keep);
        if (has != kept || may != kept || inherits)
            return Error{fmt::format("capability {} is not as it was set",
                                     capng_capability_to_name(capability))};
    }
    if (keep != Keep::users_and_root && ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return Error{"no_new_privs is not as it was set"};
    if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return Error{"core dumps are not forbidden"};
    return Ok{};
}

Result<PrivilegesDropped> give_up_all_but(Keep keep) {
    if (capng_get_caps_process() != 0) return Error{"cannot read the process's capabilities"};
    if (keep != Keep::users_and_root)
        if (Status cleared = clear_bounding_set(); !cleared) return cleared.error();
    PrivilegesDropped dropped{leave_root()};
    if (Status applied = apply_sets(keep); !applied) return applied.error();
    if (Status verified = verify(keep); !verified) return verified.error();
    return dropped;
}

}  // namespace

Status require_capabilities() {
    if (capng_get_caps_process() != 0) return Error{"cannot read the process's capabilities"};
    std::vector<std::string> missing;
    for (const auto& [capability, name] : network_capabilities) {
        if (!capng_have_capability(CAPNG_PERMITTED, capability)) missing.emplace_back(name);
        capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, capability);
    }
    // For the fence, at the start only, where it is given: file capabilities may not be effective.
    if (capng_have_capability(CAPNG_PERMITTED, CAP_BPF))
        capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, CAP_BPF);
    if (!missing.empty()) return missing_capabilities(missing);
    if (capng_apply(CAPNG_SELECT_CAPS) != 0)
        return Error::from_errno("cannot make the capabilities effective", errno);
    return Ok{};
}

Result<PrivilegesDropped> keep_only_network_capabilities() {
    return give_up_all_but(Keep::network);
}

Result<PrivilegesDropped> keep_only_user_capabilities(Root root) {
    if (capng_get_caps_process() != 0) return Error{"cannot read the process's capabilities"};
    for (const auto& [capability, name] : user_capabilities)
        if (!capng_have_capability(CAPNG_PERMITTED, capability))
            return Error{fmt::format(
                "{} missing, without which no command can run as a user of its own (user = ...): "
                "start komainud as root, or give its service AmbientCapabilities=CAP_SETUID "
                "CAP_SETGID CAP_KILL as well",
                name)};
    return give_up_all_but(root == Root::may_run ? Keep::users_and_root : Keep::users);
}

Result<PrivilegesDropped> drop_all_capabilities() { return give_up_all_but(Keep::nothing); }

}  // namespace komainu
