// The lists of system calls, by trying: each call in a child of its own with the filter over it. A
// call that is let through fails by itself, since all its arguments are -1.
#include "io/system_call_filter.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <utility>

namespace komainu {
namespace {

constexpr FilteredProcess both[] = {FilteredProcess::main, FilteredProcess::guard};
constexpr int not_filtered = 255;

/// How a child ends that makes the call under the filter: by exit status 0 when it succeeds, by
/// errno as exit status when it does not, or by a signal.
int end_of_child(FilteredProcess process, const std::function<long()>& call) {
    const pid_t child = fork();
    if (child == 0) {
        if (!filter_system_calls(process)) _exit(not_filtered);
        _exit(call() < 0 ? errno : 0);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return status;
}

void expect_killed(FilteredProcess process, const std::function<long()>& call) {
    const int status = end_of_child(process, call);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << "status " << status;
}

void expect_exit(FilteredProcess process, int expected, const std::function<long()>& call) {
    const int status = end_of_child(process, call);
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), expected);
}

struct NamedCall {
    const char* name;
    long number;
};
#define CALL(name) \
    NamedCall { #name, SYS_##name }

constexpr NamedCall fatal[] = {CALL(execve),
                               CALL(execveat),
                               CALL(clone),
                               CALL(clone3),
                               CALL(kill),
                               CALL(tkill),
                               CALL(ptrace),
                               CALL(process_vm_readv),
                               CALL(process_vm_writev),
                               CALL(kcmp),
                               CALL(pidfd_getfd),
                               CALL(pidfd_send_signal),
                               CALL(setuid),
                               CALL(setgid),
                               CALL(setreuid),
                               CALL(setresuid),
                               CALL(setresgid),
                               CALL(setgroups),
                               CALL(setfsuid),
                               CALL(capset),
                               CALL(add_key),
                               CALL(request_key),
                               CALL(keyctl),
                               CALL(chroot),
                               CALL(mount),
                               CALL(umount2),
                               CALL(pivot_root),
                               CALL(move_mount),
                               CALL(open_tree),
                               CALL(fsopen),
                               CALL(unshare),
                               CALL(setns),
                               CALL(open_by_handle_at),
                               CALL(init_module),
                               CALL(finit_module),
                               CALL(delete_module),
                               CALL(kexec_load),
                               CALL(kexec_file_load),
                               CALL(reboot),
                               CALL(bpf),
                               CALL(perf_event_open),
                               CALL(userfaultfd),
                               CALL(io_uring_setup),
                               CALL(io_uring_enter),
                               CALL(io_uring_register),
                               CALL(personality),
                               CALL(acct),
                               CALL(quotactl),
                               CALL(swapon),
                               CALL(syslog),
                               CALL(clock_settime),
                               CALL(settimeofday),
                               CALL(adjtimex),
                               CALL(clock_adjtime)};

constexpr NamedCall refused[] = {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    // The runtime of the sanitizers needs these two.
    CALL(prctl),
    CALL(prlimit64),
#endif
    CALL(sched_setscheduler),
    CALL(seccomp),
    CALL(memfd_create),
    CALL(memfd_secret),
    CALL(fchmod),
    CALL(fchmodat),
    CALL(fchownat),
    CALL(renameat2),
    CALL(linkat),
    CALL(symlinkat),
    CALL(mkdirat),
    CALL(ftruncate),
    CALL(truncate),
    CALL(setxattr),
    CALL(socketpair),
    CALL(inotify_init1),
    CALL(fanotify_init),
    CALL(shmget),
    CALL(msgget),
    CALL(landlock_restrict_self),
    CALL(sethostname),
    CALL(dup3)};

TEST(SystemCallFilter, KillsWhoMakesACallThatOnlyAnAttackerMakes) {
    for (const FilteredProcess process : both)
        for (const NamedCall& call : fatal) {
            SCOPED_TRACE(call.name);
            expect_killed(process, [&] { return syscall(call.number, -1, -1, -1, -1, -1, -1); });
        }
}

TEST(SystemCallFilter, RefusesWhatIsNotOnTheList) {
    for (const FilteredProcess process : both)
        for (const NamedCall& call : refused) {
            SCOPED_TRACE(call.name);
            expect_exit(process, EPERM,
                        [&] { return syscall(call.number, -1, -1, -1, -1, -1, -1); });
        }
}

TEST(SystemCallFilter, RefusesACallThatTheKernelWillOnlyHaveInTenYears) {
    expect_exit(FilteredProcess::main, EPERM, [] { return syscall(1023); });
}

TEST(SystemCallFilter, OpensFilesForReadingOnly) {
    for (const FilteredProcess process : both) {
        expect_exit(process, 0, [] { return open("/dev/null", O_RDONLY | O_CLOEXEC); });
        for (const int flags : {O_WRONLY, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC})
            expect_exit(process, EPERM, [&] { return open("/dev/null", flags, 0600); });
    }
}

TEST(SystemCallFilter, MakesNoMemoryExecutable) {
    const auto map = [](int protection) {
        return [protection] {
            void* const at = mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            return at == MAP_FAILED ? -1L : 0L;
        };
    };
    static char page[8192] __attribute__((aligned(4096)));
    for (const FilteredProcess process : both) {
        expect_exit(process, 0, map(PROT_READ | PROT_WRITE));
        expect_exit(process, EPERM, map(PROT_READ | PROT_EXEC));
        expect_exit(process, 0, [] { return mprotect(page, 4096, PROT_READ); });
        expect_exit(process, EPERM, [] { return mprotect(page, 4096, PROT_READ | PROT_EXEC); });
    }
}

TEST(SystemCallFilter, OpensTheSocketsThatEachProcessNeedsAndNoOthers) {
    using enum FilteredProcess;
    const auto open_socket = [](int domain, int type) {
        return [domain, type] { return socket(domain, type | SOCK_CLOEXEC, 0); };
    };
    expect_exit(main, 0, open_socket(AF_INET, SOCK_STREAM));
    expect_exit(main, 0, open_socket(AF_NETLINK, SOCK_RAW));
    expect_exit(guard, 0, open_socket(AF_NETLINK, SOCK_RAW));
    expect_exit(guard, 0, open_socket(AF_UNIX, SOCK_DGRAM));
    for (const int domain : {AF_UNIX, AF_PACKET, AF_ALG, AF_VSOCK, AF_KEY, AF_BLUETOOTH})
        expect_exit(main, EPERM, open_socket(domain, SOCK_DGRAM));
    for (const int domain : {AF_INET, AF_INET6, AF_ALG, AF_VSOCK, AF_KEY, AF_BLUETOOTH})
        expect_exit(guard, EPERM, open_socket(domain, SOCK_DGRAM));
}

TEST(SystemCallFilter, LetsTheGuardConnectToNobody) {
    expect_exit(FilteredProcess::main, EBADF, [] { return connect(-1, nullptr, 0); });
    expect_exit(FilteredProcess::guard, EPERM, [] { return connect(-1, nullptr, 0); });
}

TEST(SystemCallFilter, LetsTheRunnerStartProgramsThatCannotTouchTheKernel) {
    expect_exit(FilteredProcess::runner, 0, [] { return execl("/bin/true", "true", nullptr); });
    for (const NamedCall& call :
         {CALL(bpf), CALL(ptrace), CALL(process_vm_writev), CALL(reboot), CALL(init_module),
          CALL(kexec_load), CALL(perf_event_open), CALL(userfaultfd), CALL(clock_settime)}) {
        SCOPED_TRACE(call.name);
        expect_exit(FilteredProcess::runner, EPERM,
                    [&] { return syscall(call.number, -1, -1, -1, -1, -1, -1); });
    }
}

TEST(SystemCallFilter, LetsAnAssertionEndTheProcessButNoOther) {
    const pid_t parent = getpid();
    for (const FilteredProcess process : both) {
        const int status = end_of_child(process, []() -> long { std::abort(); });
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << "status " << status;
        expect_exit(process, EPERM, [&] { return syscall(SYS_tgkill, parent, parent, 0); });
    }
}

}  // namespace
}  // namespace komainu
