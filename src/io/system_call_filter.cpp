#include "io/system_call_filter.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <net/if.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <span>
#include <type_traits>

namespace komainu {

namespace {

// Which name the C library uses for a thing differs by its version and by architecture (aarch64 has
// neither poll nor epoll_wait nor unlink): a name that the architecture has not is passed over.
constexpr const char* calls_of_both[] = {
    // memory; mmap and mprotect: see add_calls_with_conditions()
    "brk", "madvise", "mremap", "munmap",
    // files and descriptors; openat: see there
    "close", "fcntl", "fstat", "lseek", "newfstatat", "pread64", "read", "readv", "statx", "write",
    "writev",
    // waiting, and time where the vDSO does not tell it
    "clock_gettime", "clock_nanosleep", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait",
    "futex", "gettimeofday", "nanosleep", "poll", "ppoll", "restart_syscall", "sched_yield", "time",
    "timerfd_settime",
    // sockets; socket: see there
    "bind", "getsockname", "getsockopt", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg",
    "sendto", "setsockopt",
    // the process itself, to its end; tgkill: see there
    "exit", "exit_group", "getpid", "getrandom", "gettid", "rseq", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn"};

constexpr const char* calls_of_main[] = {"accept",   "accept4",
                                         "shutdown",                // control socket, peers
                                         "listen",                  // for peers
                                         "getegid",  "geteuid",     // who may use the socket
                                         "connect",  "pidfd_open",  // life checks
                                         "unlink",   "unlinkat",    // control socket, at the end
                                         "mlock",    "munlock",     // the keys
                                         "wait4",    "waitid"};     // for the guard

// AF_NETLINK: lists of links and addresses.
constexpr int domains_of_main[] = {AF_INET, AF_INET6, AF_NETLINK};
// AF_UNIX: if_nametoindex(3). AF_PACKET: interfaces come and go.
constexpr int domains_of_guard[] = {AF_NETLINK, AF_PACKET, AF_UNIX};

constexpr const char* fatal_calls[] = {
    // other programs and processes
    "clone", "clone3", "execve", "execveat", "fork", "vfork", "kill", "pidfd_send_signal",
    "process_madvise", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "tkill",
    // other users, and more rights
    "capset", "setfsgid", "setfsuid", "setgid", "setgroups", "setregid", "setresgid", "setresuid",
    "setreuid", "setuid", "add_key", "keyctl", "request_key",
    // another view of the system
    "chroot", "fsconfig", "fsmount", "fsopen", "mount", "mount_setattr", "move_mount",
    "open_by_handle_at", "open_tree", "pivot_root", "setns", "umount2", "unshare",
    // ways into the kernel that ordinary programs may take
    "io_uring_enter", "io_uring_register", "io_uring_setup", "modify_ldt", "personality"};

// Nothing that a hook or a check has any business with, either.
constexpr const char* calls_of_nobody[] = {
    // into other processes
    "kcmp", "pidfd_getfd", "process_vm_readv", "process_vm_writev", "ptrace",
    // the kernel, and ways into it that have been holes before
    "acct", "bpf", "delete_module", "finit_module", "init_module", "ioperm", "iopl",
    "kexec_file_load", "kexec_load", "perf_event_open", "quotactl", "reboot", "swapoff", "swapon",
    "syslog", "userfaultfd",
    // the time of others
    "adjtimex", "clock_adjtime", "clock_settime", "settimeofday"};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// The runtime of the sanitizers looks at its own memory map and stacks, and reports. It finds out
// by a pipe whether memory can be read.
constexpr const char* calls_of_sanitizers[] = {
    "getrusage",         "pipe",        "pipe2", "prctl", "prlimit64", "readlink", "readlinkat",
    "sched_getaffinity", "sigaltstack", "stat",  "lstat", "open",      "uname"};
#else
constexpr std::span<const char* const> calls_of_sanitizers;
#endif

// Of an argument that is an int in C the kernel looks at the lower half only.
constexpr std::uint64_t whole_int = 0xffff'ffff;

struct ReleaseFilter {
    void operator()(void* filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, ReleaseFilter>;

Error failed(const char* what, int negative_errno) {
    return Error::from_errno(fmt::format("cannot filter system calls: {}", what), -negative_errno);
}

Status add(const Filter& filter, std::uint32_t action, const char* name,
           std::span<const scmp_arg_cmp> conditions = {}) {
    const int number = ::seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR)
        return Error{fmt::format("cannot filter system calls: libseccomp knows no {}", name)};
    if (number < 0) return Ok{};  // of another architecture
    const int error = ::seccomp_rule_add_array(
        filter.get(), action, number, static_cast<unsigned>(conditions.size()), conditions.data());
    return error == 0 ? Status(Ok{}) : failed(name, error);
}

Status add_all(const Filter& filter, std::uint32_t action, std::span<const char* const> names) {
    for (const char* const name : names)
        if (Status added = add(filter, action, name); !added) return added;
    return Ok{};
}

// Allowed when the argument's bits under the mask are the value.
Status allow_if(const Filter& filter, const char* name, unsigned argument, std::uint64_t mask,
                std::uint64_t value) {
    const scmp_arg_cmp condition{argument, SCMP_CMP_MASKED_EQ, mask, value};
    return add(filter, SCMP_ACT_ALLOW, name, {&condition, 1});
}

Status add_calls_with_conditions(const Filter& filter) {
    constexpr std::uint64_t writes = O_ACCMODE | O_CREAT | O_TRUNC;
    const Status statuses[] = {
        allow_if(filter, "mmap", 2, PROT_EXEC, 0), allow_if(filter, "mprotect", 2, PROT_EXEC, 0),
        allow_if(filter, "openat", 2, writes, O_RDONLY),
        // as if_nametoindex(3), if_indextoname(3)
        allow_if(filter, "ioctl", 1, whole_int, SIOCGIFINDEX),
        allow_if(filter, "ioctl", 1, whole_int, SIOCGIFNAME),
        // abort(3)
        allow_if(filter, "tgkill", 0, whole_int, static_cast<std::uint64_t>(::getpid()))};
    for (const Status& status : statuses)
        if (!status) return status;
    return Ok{};
}

Status allow_sockets(const Filter& filter, std::span<const int> domains) {
    for (const int domain : domains)
        if (Status added =
                allow_if(filter, "socket", 0, whole_int, static_cast<std::uint64_t>(domain));
            !added)
            return added;
    return Ok{};
}

Status add_calls_of(FilteredProcess process, const Filter& filter) {
    switch (process) {
        case FilteredProcess::main:
            if (Status added = add_all(filter, SCMP_ACT_ALLOW, calls_of_main); !added) return added;
            return allow_sockets(filter, domains_of_main);
        case FilteredProcess::guard:
            return allow_sockets(filter, domains_of_guard);
        case FilteredProcess::runner:
            return Ok{};  // everything is allowed that is not on the list of nobody
    }
    return Error{"cannot filter system calls: of what process?"};
}

// Refusals show in the audit log, as deaths do anyway; a call by the numbers of another
// architecture is a death; and the filter is a tree, since its length would be felt in every call.
Status set_attributes(const Filter& filter) {
    constexpr std::uint32_t as_tree = 2;
    if (const int error = ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_LOG, 1); error != 0)
        return failed("logging of refusals", error);
    if (const int error =
            ::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
        error != 0)
        return failed("other architectures", error);
    if (const int error = ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, as_tree);
        error != 0)
        return failed("arrangement", error);
    return Ok{};
}

Status fill(const Filter& filter, FilteredProcess process) {
    if (Status set = set_attributes(filter); !set) return set;
    if (process == FilteredProcess::runner)
        return add_all(filter, SCMP_ACT_ERRNO(EPERM), calls_of_nobody);
    if (Status added = add_all(filter, SCMP_ACT_KILL_PROCESS, calls_of_nobody); !added)
        return added;
    if (Status added = add_all(filter, SCMP_ACT_KILL_PROCESS, fatal_calls); !added) return added;
    if (Status added = add_all(filter, SCMP_ACT_ALLOW, calls_of_both); !added) return added;
    if (Status added = add_all(filter, SCMP_ACT_ALLOW, calls_of_sanitizers); !added) return added;
    if (Status added = add_calls_with_conditions(filter); !added) return added;
    return add_calls_of(process, filter);
}

}  // namespace

Status filter_system_calls(FilteredProcess process) {
    const bool lists_what_is_allowed = process != FilteredProcess::runner;
    const Filter filter(
        ::seccomp_init(lists_what_is_allowed ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW));
    if (!filter) return Error{"cannot filter system calls: no memory"};
    if (Status filled = fill(filter, process); !filled) return filled;
    if (const int error = ::seccomp_load(filter.get()); error != 0)
        return failed("the kernel refuses the filter", error);
    return Ok{};
}

}  // namespace komainu
