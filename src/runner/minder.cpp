#include "runner/minder.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "io/clock.h"
#include "io/signals.h"

namespace komainu {

namespace {

constexpr Duration between_kills = 10ms;
constexpr int kill_rounds_max = 200;  // what the kernel itself does not let go is left to it
constexpr std::size_t output_bytes_kept = 1024;

struct Pipe {
    Fd read;
    Fd write;
};

Result<Pipe> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return Error::from_errno("cannot make a pipe", errno);
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

/// Reads what is there, keeps the beginning, and closes at the end.
void drain(Fd& fd, std::string& kept) {
    char bytes[4096];
    while (fd) {
        const auto length = ::read(fd.get(), bytes, sizeof bytes);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0 && errno == EAGAIN) return;
        if (length <= 0) return fd.close();
        const auto room = output_bytes_kept - kept.size();
        kept.append(bytes, std::min(static_cast<std::size_t>(length), room));
    }
}

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

void reset_signals() {
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

Status take_streams(const Program& program, const Fd& output) {
    const Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!nothing) return Error::from_errno("cannot open /dev/null", errno);
    if (::dup2(nothing.get(), STDIN_FILENO) < 0 || ::dup2(output.get(), STDOUT_FILENO) < 0 ||
        (!program.logs && ::dup2(output.get(), STDERR_FILENO) < 0))
        return Error::from_errno("cannot redirect", errno);
    // What the program prints is its own affair: it may block there like on any pipe.
    ::fcntl(STDOUT_FILENO, F_SETFL, O_WRONLY);
    return Ok{};
}

/// Only returns when the program could not be started.
Status execute(const Program& program, const Fd& output) {
    ::setsid();
    reset_signals();
    if (Status taken = take_streams(program, output); !taken) return taken;
    if (Status became = become(program.user); !became) return became;
    // After the change of user, which undoes it.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    const auto argv = pointers_to(program.argv);
    const auto environment = pointers_to(program.environment);
    ::execve(argv[0], argv.data(), environment.data());
    return Error::from_errno("cannot run " + program.argv.front(), errno);
}

class Minder {
public:
    explicit Minder(const Program& program) : program_(program) {}

    RunEnd run() {
        const Instant deadline = boot_now() + program_.timeout;
        if (Status begun = begin(); !begun) return not_started(begun.error().what);
        const auto cut = follow(deadline);
        if (cut) end_all();
        read_all();
        if (!trouble_.empty()) return not_started(trouble_);
        if (cut) return {*cut, 0, first_line(output_)};
        if (WIFSIGNALED(status_)) return {Ending::killed, WTERMSIG(status_), first_line(output_)};
        return {Ending::exited, WEXITSTATUS(status_), first_line(output_)};
    }

private:
    static RunEnd not_started(const std::string& why) {
        return {Ending::not_started, 0, first_line(why)};
    }

    Status begin() {
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        auto signals = Signals::open();
        if (!signals) return signals.error();
        signals_ = std::move(*signals);
        auto output = make_pipe();
        auto trouble = make_pipe();
        if (!output) return output.error();
        if (!trouble) return trouble.error();
        command_ = ::fork();
        if (command_ < 0) return Error::from_errno("cannot fork", errno);
        if (command_ == 0) {
            const Status failed = execute(program_, output->write);
            const std::string& why = failed.error().what;
            ::_exit(::write(trouble->write.get(), why.data(), why.size()) < 0 ? 2 : 1);
        }
        output_end_ = std::move(output->read);
        trouble_end_ = std::move(trouble->read);
        return Ok{};
    }

    /// Until the command has ended by itself, or has to be ended, and why.
    std::optional<Ending> follow(Instant deadline) {
        while (!ended_) {
            if (stop_asked_) return Ending::stopped;
            if (boot_now() >= deadline) return Ending::timed_out;
            await_news(deadline);
        }
        return {};
    }

    void end_all() {
        ::kill(-command_, SIGTERM);
        const Instant kill_at = boot_now() + termination_grace;
        while (!childless_ && boot_now() < kill_at) await_news(kill_at);
        for (int round = 0; !childless_ && round < kill_rounds_max; ++round) {
            kill_children();
            await_news(boot_now() + between_kills);
        }
    }

    /// The children of the killed become ours, and are there in the next round.
    void kill_children() {
        std::ifstream children("/proc/thread-self/children");
        if (!children && !ended_) ::kill(-command_, SIGKILL);
        for (pid_t child; children >> child;) ::kill(child, SIGKILL);
    }

    void await_news(Instant until) {
        pollfd news[] = {{signals_->fd(), POLLIN, 0}, {output_end_.get(), POLLIN, 0}};
        constexpr Duration longest = 1h;  // it need not be waited for in one go
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(std::min(until - boot_now(), longest));
        ::poll(news, std::size(news), static_cast<int>(std::max(left.count(), 0L)));
        drain(output_end_, output_);
        while (const auto signal = signals_->next())
            if (*signal == SIGTERM) stop_asked_ = true;
        reap();
    }

    void reap() {
        int status = 0;
        pid_t pid = 0;
        while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
            if (pid != command_) continue;
            ended_ = true;
            status_ = status;
        }
        childless_ = pid < 0;
    }

    void read_all() {
        drain(output_end_, output_);
        drain(trouble_end_, trouble_);
    }

    const Program& program_;
    std::optional<Signals> signals_;
    Fd output_end_;
    Fd trouble_end_;  // why the program could not be started
    std::string output_;
    std::string trouble_;
    pid_t command_ = -1;
    int status_ = 0;
    bool ended_ = false;      // the command itself
    bool childless_ = false;  // nothing of the run is left
    bool stop_asked_ = false;
};

}  // namespace

RunEnd mind(const Program& program) { return Minder(program).run(); }

}  // namespace komainu
