#include "io/signals.h"

#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>

namespace komainu {

namespace {

sigset_t awaited_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&set, signal);
    return set;
}

}  // namespace

Result<Signals> Signals::open() {
    const sigset_t set = awaited_signals();
    if (sigprocmask(SIG_BLOCK, &set, nullptr) != 0)
        return Error::from_errno("cannot block signals", errno);
    std::signal(SIGPIPE, SIG_IGN);
    Fd fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd) return Error::from_errno("cannot create a signal descriptor", errno);
    return Signals(std::move(fd));
}

void Signals::restore() {
    const sigset_t set = awaited_signals();
    std::signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

std::optional<int> Signals::next() {
    signalfd_siginfo info{};
    if (read(fd_.get(), &info, sizeof info) != sizeof info) return {};
    return static_cast<int>(info.ssi_signo);
}

}  // namespace komainu
