#include "test/faults/hogs.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "test/lab/fail.h"

namespace komainu::faults {

namespace {

/// The daemons have 10 and more (io/realtime.cpp), the lab's own threads 2 (test/lab/clock.cpp).
constexpr int below_the_daemons = 1;
constexpr int least_nice = -20;

bool rise(Hogs::Rank rank) {
    if (rank == Hogs::Rank::nice) return ::setpriority(PRIO_PROCESS, 0, least_nice) == 0;
    const sched_param parameters{.sched_priority = below_the_daemons};
    return ::sched_setscheduler(0, SCHED_FIFO, &parameters) == 0;
}

[[noreturn]] void hog(Hogs::Rank rank) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    rise(rank);
    for (std::atomic<unsigned> turns = 0;; ++turns) {
    }
}

}  // namespace

Hogs::Hogs(Rank rank) {
    for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
        const pid_t pid = lab::must(::fork(), "fork");
        if (pid == 0) hog(rank);
        hogs_.push_back(pid);
    }
}

Hogs::~Hogs() {
    for (const pid_t pid : hogs_) ::kill(pid, SIGKILL);
    for (const pid_t pid : hogs_) ::waitpid(pid, nullptr, 0);
}

bool Hogs::permitted(Rank rank) {
    const pid_t pid = lab::must(::fork(), "fork");
    if (pid == 0) _exit(rise(rank) ? 0 : 1);
    int status = 0;
    lab::must(::waitpid(pid, &status, 0), "waitpid");
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace komainu::faults
