#include "test/lab/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#include "test/lab/clock.h"
#include "test/lab/fail.h"

namespace komainu::lab {

namespace {

constexpr Duration killed_is_gone_within = 2s;
constexpr int cannot_execute = 127;

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

/// Between fork and exec, in a process that had threads: system calls only.
[[noreturn]] void become(int space, int log, char* const* arguments) {
    ::setsid();  // the terminal's Ctrl-C is for the demo, which then ends everything
    const bool placed = ::setns(space, CLONE_NEWNET) == 0 && ::dup2(log, STDOUT_FILENO) >= 0 &&
                        ::dup2(log, STDERR_FILENO) >= 0;
    // libpcap's sockets are not CLOEXEC; a process that inherited one would take tens of
    // milliseconds to die, and nobody would know why.
    if (placed && ::close_range(STDERR_FILENO + 1, ~0U, 0) == 0) ::execv(arguments[0], arguments);
    _exit(cannot_execute);
}

}  // namespace

Process::Process(const NetworkNamespace& space, const std::vector<std::string>& command,
                 const std::string& log_file) {
    const Fd log(must(::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644),
                      log_file.c_str()));
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    pid_ = must(::fork(), "fork");
    if (pid_ == 0) become(space.fd(), log.get(), arguments.data());
    // By number: glibc of EL9 has no wrapper.
    pidfd_ = Fd(static_cast<int>(must(::syscall(SYS_pidfd_open, pid_, 0), "pidfd_open")));
}

Process::~Process() {
    if (!pidfd_) return;  // moved from
    const auto children = children_of(pid_);
    signal(SIGKILL);
    wait(killed_is_gone_within);
    // By now a well-made child has seen its parent go, and has gone too.
    for (const pid_t child : children) ::kill(child, SIGKILL);
}

bool Process::running() { return !wait(0ms); }

void Process::signal(int signal) {
    if (running()) ::kill(pid_, signal);
}

std::optional<int> Process::wait(Duration limit) {
    if (status_) return status_;
    pollfd ended{pidfd_.get(), POLLIN, 0};
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit);
    if (::poll(&ended, 1, static_cast<int>(ms.count())) != 1) return {};
    int status = 0;
    must(::waitpid(pid_, &status, 0), "waitpid");
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return status_;
}

bool exists(pid_t pid) { return ::kill(pid, 0) == 0; }

std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> children;
    const std::unique_ptr<DIR, CloseDirectory> processes(::opendir("/proc"));
    while (const dirent* entry = ::readdir(processes.get())) {
        const pid_t pid = std::atoi(entry->d_name);
        if (pid <= 0) continue;
        // "PID (NAME) STATE PARENT ...", and a name may contain anything, also parentheses.
        const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat");
        const auto after_name = stat.rfind(')');
        if (after_name == stat.npos) continue;
        std::istringstream rest(stat.substr(after_name + 1));
        char state = 0;
        pid_t its_parent = 0;
        if (rest >> state >> its_parent && its_parent == parent) children.push_back(pid);
    }
    return children;
}

std::string built_program(const std::string& name) {
    char self[PATH_MAX] = {};
    must(::readlink("/proc/self/exe", self, sizeof self - 1), "/proc/self/exe");
    const std::string path(self);
    return path.substr(0, path.rfind('/') + 1) + name;
}

std::string read_file(const std::string& path) {
    // Not by iterators, which throw when a process ends while its file in /proc is read.
    const std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace komainu::lab
