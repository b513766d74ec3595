#include "runner/runner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/overload.h"
#include "conf/names.h"
#include "io/log.h"
#include "io/message_channel.h"
#include "io/privileges.h"
#include "io/system_call_filter.h"
#include "runner/minder.h"

namespace komainu {

namespace {

// Main decides when to end, also when the terminal sends its Ctrl-C to all; its end shows as
// end-of-file.
void ignore_signals() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// All that the child needs of this process is the end of its pipe: a copy of the runner's end of
/// the socket would hide the runner's death from main.
[[noreturn]] void become_minder(const Program& program, int report, std::uint64_t id,
                                pid_t runner) {
    ::setsid();
    ::prctl(PR_SET_NAME, "komainu-minder");
    ::signal(SIGTERM, SIG_DFL);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != runner) ::_exit(1);
    const auto fd = static_cast<unsigned>(report);
    if (fd > STDERR_FILENO + 1) ::close_range(STDERR_FILENO + 1, fd - 1, 0);
    ::close_range(fd + 1, ~0U, 0);
    std::array<std::byte, runner_message_bytes_max> room;
    const Bytes message = encode(RunnerReport{RunReport{id, mind(program)}}, room);
    ::_exit(::write(report, message.data(), message.size()) < 0 ? 1 : 0);
}

}  // namespace

Runner::Runner(Loop& loop, const Programs& programs, Fd to_main)
    : loop_(loop),
      programs_(programs),
      to_main_(std::move(to_main)),
      main_watch_(loop.watch(to_main_.get(), EPOLLIN, [this](std::uint32_t) { on_main(); })) {}

void Runner::run() {
    send_over(to_main_.get(), RunnerReport{RunnerReadyReport{}});
    loop_.run();
}

// --- Main ----------------------------------------------------------------------------------------

void Runner::on_main() {
    const auto state = receive_messages(to_main_.get(), [this](Bytes message) {
        if (const auto order = decode_runner_order(message))
            obey(*order);
        else
            log_error("an order of main's makes no sense");
    });
    if (state == ChannelState::closed) main_is_gone();
}

void Runner::obey(const RunnerOrder& order) {
    std::visit(
        Overload{[&](const CheckOrder& o) { check(o); }, [&](const HookOrder& o) { enqueue(o); },
                 [&](const StopOrder& o) {
                     for (const Run& run : runs_)
                         if (run.id == o.run) ::kill(run.minder, SIGTERM);
                 },
                 [&](const FarewellOrder&) { say_farewell(); }},
        order);
}

void Runner::check(const CheckOrder& order) {
    if (order.service >= programs_.checks.size() || !programs_.checks[order.service])
        return report(order.run, {Ending::not_started, 0, "there is no such check"});
    start(order.run, *programs_.checks[order.service], false);
}

void Runner::enqueue(const HookOrder& order) {
    if (order.hook >= programs_.hooks.size())
        return report(order.run, {Ending::not_started, 0, "there is no such hook"});
    if (const auto dropped = hooks_.push(order)) {
        log_warning("{}: dropped on {}, term {}: more than {} hooks wait; {} dropped so far",
                    programs_.hooks[dropped->hook].title,
                    name_of(hook_events, dropped->facts.event), dropped->facts.term,
                    HookQueue::orders_max, hooks_.dropped());
        report(dropped->run, {Ending::not_started, 0, "too many hooks wait"});
    }
    run_next_hook();
}

void Runner::run_next_hook() {
    while (const auto order = hooks_.next()) {
        const Program hook = told(programs_.hooks[order->hook], order->facts);
        log_notice("{}: runs on {}, term {}", hook.title, name_of(hook_events, order->facts.event),
                   order->facts.term);
        if (start(order->run, hook, true)) return;
        hooks_.ended();
    }
}

void Runner::say_farewell() {
    farewell_ = true;
    stop_runs(Which::checks);
}

void Runner::main_is_gone() {
    main_watch_.clear();
    to_main_.close();
    if (!farewell_) {
        hooks_.clear();
        stop_runs(Which::all);
    }
    end_when_done();
}

// --- Runs ----------------------------------------------------------------------------------------

bool Runner::start(std::uint64_t id, const Program& program, bool is_hook) {
    Run run{.id = id, .title = program.title, .is_hook = is_hook, .began = loop_.now()};
    if (Status forked = fork_minder(program, run); !forked) {
        const RunEnd end{Ending::not_started, 0, first_line(forked.error().what)};
        if (is_hook) log_hook(run, end);
        report(id, end);
        return false;
    }
    const auto place = runs_.insert(runs_.end(), std::move(run));
    place->watch = loop_.watch(place->report.get(), EPOLLIN,
                               [this, place](std::uint32_t) { on_minder(place); });
    return true;
}

Status Runner::fork_minder(const Program& program, Run& run) {
    if (runs_.size() == runs_max)
        return Error{fmt::format("more than {} commands run at once", runs_max)};
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return Error::from_errno("cannot make a pipe", errno);
    run.report = Fd(ends[0]);
    const Fd minders(ends[1]);
    const pid_t runner = ::getpid();
    run.minder = ::fork();
    if (run.minder < 0) return Error::from_errno("cannot fork", errno);
    if (run.minder == 0) become_minder(program, minders.get(), run.id, runner);
    return Ok{};
}

/// The minder has written its only message, or is dead.
void Runner::on_minder(std::list<Run>::iterator run) {
    std::array<std::byte, runner_message_bytes_max> room;
    const auto length = ::read(run->report.get(), room.data(), room.size());
    RunEnd end{Ending::not_started, 0, "its minder died"};
    if (length > 0)
        if (const auto read = decode_runner_report(Bytes(room).first(length)))
            if (const auto* done = std::get_if<RunReport>(&*read)) end = done->end;
    ::waitpid(run->minder, nullptr, 0);
    if (run->is_hook) log_hook(*run, end);
    report(run->id, end);
    const bool was_hook = run->is_hook;
    runs_.erase(run);
    if (was_hook) {
        hooks_.ended();
        run_next_hook();
    }
    end_when_done();
}

void Runner::log_hook(const Run& run, const RunEnd& end) const {
    const auto took = (loop_.now() - run.began) / 1ms;
    if (end.succeeded())
        log_notice("{}: done after {} ms", run.title, took);
    else
        log_warning("{}: failed after {} ms: {}", run.title, took, to_string(end));
}

/// Main may be gone, or be stopped for so long that the socket is full: it has its own time limits.
void Runner::report(std::uint64_t id, const RunEnd& end) {
    if (to_main_) send_over(to_main_.get(), RunnerReport{RunReport{id, end}});
}

void Runner::stop_runs(Which which) {
    for (const Run& run : runs_)
        if (which == Which::all || !run.is_hook) ::kill(run.minder, SIGTERM);
}

void Runner::end_when_done() {
    if (!to_main_ && runs_.empty() && hooks_.idle()) loop_.stop();
}

// --- The process ---------------------------------------------------------------------------------

namespace {

Status give_up_privileges(const Programs& programs) {
    const auto dropped =
        programs.have_users()
            ? keep_only_user_capabilities(programs.run_root() ? Root::may_run : Root::never_runs)
            : drop_all_capabilities();
    if (!dropped) return dropped.error();
    // A filter needs no_new_privs, and root is to be root.
    if (programs.run_root()) return Ok{};
    return filter_system_calls(FilteredProcess::runner);
}

int start_failed(int to_main, const Error& error) {
    send_over(to_main, RunnerReport{RunnerFailedReport{error.what}});
    return 1;
}

}  // namespace

int run_runner(const Config& config, Fd to_main) {
    ::prctl(PR_SET_NAME, "komainu-runner");
    set_log_name(fmt::format("komainu-runner[node {}]", number(config.self)));
    ignore_signals();
    const auto programs = programs_of(config);
    if (!programs) return start_failed(to_main.get(), programs.error());
    auto loop = Loop::create();
    if (!loop) return start_failed(to_main.get(), loop.error());
    if (Status given = give_up_privileges(programs.value()); !given)
        return start_failed(to_main.get(), given.error());
    Runner(**loop, programs.value(), std::move(to_main)).run();
    return 0;
}

}  // namespace komainu
