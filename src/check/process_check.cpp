#include "check/process_check.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace komainu {

namespace {

// By syscall(2): glibc has had a function for it only since 2.36. A pidfd is always CLOEXEC, and
// may be had of any user's process.
Fd open_pidfd(pid_t pid) { return Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))); }

// A pidfd is readable once its process has exited: also while that is a zombie.
bool has_exited(const Fd& process) {
    pollfd exited{process.get(), POLLIN, 0};
    return poll(&exited, 1, 0) == 1;
}

}  // namespace

ProcessCheck::ProcessCheck(Loop& loop, const ServiceConfig& service, CheckReport report)
    : loop_(loop),
      path_(service.pid_file),
      interval_(service.interval),
      report_(std::move(report)),
      next_(loop, [this] { examine(); }) {}

void ProcessCheck::examine() {
    next_.set(loop_.now() + interval_);
    report_(look());
}

CheckResult ProcessCheck::look() {
    const auto file = read_pid_file(path_);
    if (!file) {
        reason_ = file.error().what;
        return {Verdict::failed, reason_};
    }
    if (file.value() == dead_file_) return process_died(file.value());
    if (file.value() != watched_file_) return open_process(file.value());
    reason_ = "process " + std::to_string(file->pid) + " lives";
    return {Verdict::passed, reason_};
}

// The pid file is read again once the process is open: if it still says the same, the process had
// that number while the file named it.
CheckResult ProcessCheck::open_process(const PidFile& file) {
    exit_.clear();
    process_.close();
    watched_file_.reset();
    Fd process = open_pidfd(file.pid);
    const int error = process ? 0 : errno;
    const auto again = read_pid_file(path_);
    if (!again || again.value() != file) {
        reason_ = path_ + " is being changed";
        return {Verdict::failed, reason_};
    }
    if (error == ESRCH || (process && has_exited(process))) return process_died(file);
    if (!process) {
        reason_ = "cannot watch process " + std::to_string(file.pid) + ": " + std::strerror(error);
        return {Verdict::failed, reason_};
    }
    process_ = std::move(process);
    watched_file_ = file;
    exit_ = loop_.watch(process_.get(), EPOLLIN, [this](std::uint32_t) { on_exit(); });
    reason_ = "process " + std::to_string(file.pid) + " lives";
    return {Verdict::passed, reason_};
}

CheckResult ProcessCheck::process_died(const PidFile& file) {
    dead_file_ = file;
    reason_ = "process " + std::to_string(file.pid) + " died";
    return {Verdict::died, reason_};
}

void ProcessCheck::on_exit() {
    const PidFile file = *watched_file_;
    exit_.clear();
    process_.close();
    watched_file_.reset();
    report_(process_died(file));
}

}  // namespace komainu
