#include "test/lab/sandbox.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/fd.h"
#include "test/lab/fail.h"

namespace komainu::lab {

namespace {

// What the body may ask about its sandbox; set once before it runs.
struct Surroundings {
    std::string directory;
    int outer_pid = 0;
    bool user_namespace = false;
};
Surroundings surroundings;

// Set by the signal handlers of outer process and init, both of which have a single child.
volatile pid_t only_child = 0;

void pass_on(int signal) {
    if (only_child > 0) ::kill(only_child, signal);
}

constexpr int passed_on[] = {SIGINT, SIGTERM, SIGHUP};

void handle_passed_on(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    for (const int signal : passed_on) ::sigaction(signal, &action, nullptr);
}

int exit_status(int wait_status) {
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/// Reaps whatever ends, until the one child does; its exit status.
int reap_until_end_of(pid_t child) {
    while (true) {
        int status = 0;
        const pid_t ended = ::wait(&status);
        if (ended == child) return exit_status(status);
        if (ended < 0 && errno != EINTR) return 1;
    }
}

void write_file(const std::string& path, std::string_view text) {
    const Fd file(must(::open(path.c_str(), O_WRONLY | O_CLOEXEC), path.c_str()));
    must(::write(file.get(), text.data(), text.size()), path.c_str());
}

/// Maps the user, and nobody else, to root of the new user namespace.
void become_root_within(uid_t uid, gid_t gid) {
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1");
    write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
}

[[noreturn]] void fail_without_namespaces(int code) {
    fail(
        "this needs namespaces of its own: run it as root, or permit user namespaces "
        "(sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces, "
        "kernel.apparmor_restrict_unprivileged_userns)",
        code);
}

void leave_the_host() {
    constexpr int namespaces =
        CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC;
    const uid_t uid = ::getuid();
    const gid_t gid = ::getgid();
    if (::unshare(namespaces) == 0) return;
    if (::unshare(namespaces | CLONE_NEWUSER) != 0) fail_without_namespaces(errno);
    become_root_within(uid, gid);
    surroundings.user_namespace = true;
}

bool lies_below(const std::string& path, std::string_view directory) {
    return path.compare(0, directory.size(), directory) == 0 &&
           (path.size() == directory.size() || path[directory.size()] == '/');
}

/// /run, unless the programs to run lie there themselves and would vanish under the mount.
const char* place_for_files() {
    char self[PATH_MAX] = {};
    must(::readlink("/proc/self/exe", self, sizeof self - 1), "/proc/self/exe");
    return lies_below(self, "/run") ? "/tmp" : "/run";
}

void mount_over(const char* type, const char* where) {
    if (::mount(type, where, type, MS_NOSUID | MS_NODEV, nullptr) == 0) return;
    if (errno == EPERM) fail_without_namespaces(errno);
    fail(std::string("mounting ") + type + " on " + where, errno);
}

/// What needs no more than a loopback interface may run in the sandbox as it is.
void raise_loopback() {
    const Fd socket(must(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    must(::ioctl(socket.get(), SIOCSIFFLAGS, &request), "SIOCSIFFLAGS of lo");
}

void furnish() {
    // Else what is mounted here would show outside.
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        fail_without_namespaces(errno);
    const std::string place = place_for_files();
    mount_over("proc", "/proc");
    mount_over("tmpfs", place.c_str());
    surroundings.directory = place + "/komainu-lab";
    must(::mkdir(surroundings.directory.c_str(), 0755), "directory of the sandbox");
    must(::setenv("TMPDIR", surroundings.directory.c_str(), 1), "TMPDIR");
    must(::sethostname("lab", 3), "host name of the sandbox");
    raise_loopback();
}

/// Read through the /proc of the outside, where "self" is the number that the outside knows.
int read_outer_pid(const Fd& outer_proc) {
    char number[16] = {};
    must(::readlinkat(outer_proc.get(), "self", number, sizeof number - 1), "outer /proc/self");
    return std::atoi(number);
}

/// Pid 1 of the sandbox.
int be_init(int argc, char** argv, int (*body)(int, char**)) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    Fd outer_proc(must(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), "/proc"));
    furnish();
    const pid_t child = must(::fork(), "fork");
    if (child == 0) {
        surroundings.outer_pid = read_outer_pid(outer_proc);
        outer_proc.close();
        handle_passed_on(SIG_DFL);
        std::exit(body(argc, argv));
    }
    only_child = child;
    return reap_until_end_of(child);
}

}  // namespace

int run_in_sandbox(int argc, char** argv, int (*body)(int, char**)) {
    leave_the_host();
    handle_passed_on(pass_on);
    const pid_t init = must(::fork(), "fork");
    if (init == 0) _exit(be_init(argc, argv, body));
    only_child = init;
    return reap_until_end_of(init);
}

const std::string& sandbox_directory() { return surroundings.directory; }
int outer_pid() { return surroundings.outer_pid; }
bool has_user_namespace() { return surroundings.user_namespace; }

}  // namespace komainu::lab
