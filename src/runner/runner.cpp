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
#include <sstream>
#include <utility>
#include <vector>

#include "base/overload.h"
#include "conf/names.h"
#include "io/log.h"
#include "io/memory_file.h"
#include "io/message_channel.h"
#include "io/privileges.h"
#include "io/system_call_filter.h"
#include "runner/ledger_file.h"
#include "runner/minder.h"

namespace komainu {

namespace {

constexpr std::uint64_t run_of_nobody = 0;  ///< main counts from 1

// Main decides when to end, also when the terminal sends its Ctrl-C to all; its end shows as
// end-of-file.
void ignore_signals() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

void set_blocked(int signal, int how) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    sigprocmask(how, &one, nullptr);
}

/// What a child needs of this process is the end of its pipe, and the files that it is to fill: a
/// copy of the runner's end of the socket would hide the runner's death from main.
void keep_only(std::vector<unsigned> fds) {
    std::ranges::sort(fds);
    unsigned from = STDERR_FILENO + 1;
    for (const unsigned fd : fds) {
        if (fd > from) ::close_range(from, fd - 1, 0);
        from = fd + 1;
    }
    ::close_range(from, ~0U, 0);
}

[[noreturn]] void become_minder(const std::function<RunEnd()>& work, int report,
                                std::vector<unsigned> files, std::uint64_t id, pid_t runner) {
    ::setsid();
    ::prctl(PR_SET_NAME, "komainu-minder");
    ::signal(SIGTERM, SIG_DFL);
    set_blocked(SIGTERM, SIG_UNBLOCK);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != runner) ::_exit(1);
    files.push_back(static_cast<unsigned>(report));
    keep_only(std::move(files));
    log_by_stderr_alone();
    std::array<std::byte, runner_message_bytes_max> room;
    const Bytes message = encode(RunnerReport{RunReport{id, work()}}, room);
    ::_exit(::write(report, message.data(), message.size()) < 0 ? 1 : 0);
}

}  // namespace

Runner::Runner(Loop& loop, ConfigSource source, Users users, TakenConfig taken, Fd to_main,
               Fd to_guard)
    : loop_(loop),
      source_(std::move(source)),
      users_(std::move(users)),
      taken_(std::move(taken)),
      to_main_(std::move(to_main)),
      to_guard_(std::move(to_guard)),
      main_watch_(loop.watch(to_main_.get(), EPOLLIN, [this](std::uint32_t) { on_main(); })),
      pgpool_timer_(loop, [this] { start_pgpool(); }) {}

void Runner::run() {
    send_over(to_main_.get(), RunnerReport{RunnerReadyReport{}});
    start_pgpool();
    loop_.run();
}

// --- Main ----------------------------------------------------------------------------------------

void Runner::on_main() {
    const auto state = receive_messages(to_main_.get(), [this](Bytes message, Descriptors&) {
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
                 [&](const MoveVipOrder& o) { move_vip(o); },
                 [&](const CommandOrder& o) { run_command(o); },
                 [&](const StoreOrder& o) { store(o); },
                 [&](const StopOrder& o) {
                     for (const Run& run : runs_)
                         if (run.id == o.run) ::kill(run.minder, SIGTERM);
                 },
                 [&](const FarewellOrder&) { say_farewell(); },
                 [&](const ReadConfigOrder& o) { read_config(o); },
                 [&](const TakeOverOrder& o) { take_over(o); }},
        order);
}

void Runner::check(const CheckOrder& order) {
    const auto& checks = taken_.programs.checks;
    const auto of = checks.find(order.node);
    if (of == checks.end() || order.service >= of->second.size() || !of->second[order.service])
        return report(order.run, {Ending::not_started, 0, "there is no such check"});
    start(order.run, *of->second[order.service], Kind::check);
}

void Runner::run_command(const CommandOrder& order) {
    const auto& program = taken_.programs.commands[static_cast<std::size_t>(order.command)];
    if (!program) return report(order.run, {Ending::not_started, 0, "there is no such command"});
    start(order.run, told(*program, order.change, taken_.config), Kind::check);
}

/// By a process of its own, as any disk may keep it waiting.
void Runner::store(const StoreOrder& order) {
    Run run{.id = order.run, .title = "the table of backends", .began = loop_.now()};
    const Work work = [&](const Run&) {
        const Status written =
            write_ledger_file(taken_.config.control.state_dir, order.generation, order.record);
        return written ? RunEnd{Ending::exited, 0, ""}
                       : RunEnd{Ending::not_started, 0, first_line(written.error().what)};
    };
    if (Status begun = begin(std::move(run), work); !begun)
        report(order.run, {Ending::not_started, 0, first_line(begun.error().what)});
}

void Runner::move_vip(const MoveVipOrder& order) {
    const auto& vips = taken_.programs.vips;
    if (order.vip >= vips.size())
        return report(order.run, {Ending::not_started, 0, "there is no such VIP"});
    if (order.up)
        vips_up_.insert(order.vip);
    else
        vips_up_.erase(order.vip);
    start(order.run, order.up ? vips[order.vip].up : vips[order.vip].down, Kind::check);
}

/// Nobody waits for these any more. Their minders outlive the runs that are being ended.
void Runner::take_vips_down() {
    for (const std::size_t vip : std::exchange(vips_up_, {})) {
        log_event(LogEvent::command_vip_down, {.vip = taken_.config.command_vips[vip].name},
                  "{}: is taken down", taken_.programs.vips[vip].down.title);
        start(run_of_nobody, taken_.programs.vips[vip].down, Kind::check);
    }
}

void Runner::enqueue(const HookOrder& order) {
    const auto& hooks = taken_.programs.hooks;
    if (order.hook >= hooks.size())
        return report(order.run, {Ending::not_started, 0, "there is no such hook"});
    const auto dropped = hooks_.push(
        {order.run, told(hooks[order.hook], order.facts), order.facts.event, order.facts.term});
    if (dropped) {
        log_event(LogEvent::hook_missed,
                  {.term = dropped->term,
                   .cause = name_of(hook_events, dropped->event),
                   .hook = dropped->program.title},
                  "{}: dropped on {}, term {}: more than {} hooks wait; {} dropped so far",
                  dropped->program.title, name_of(hook_events, dropped->event), dropped->term,
                  HookQueue::hooks_max, hooks_.dropped());
        report(dropped->run, {Ending::not_started, 0, "too many hooks wait"});
    }
    run_next_hook();
}

void Runner::run_next_hook() {
    while (const auto hook = hooks_.next()) {
        log_event(LogEvent::hook_runs,
                  {.term = hook->term,
                   .cause = name_of(hook_events, hook->event),
                   .hook = hook->program.title},
                  "{}: runs on {}, term {}", hook->program.title, name_of(hook_events, hook->event),
                  hook->term);
        if (start(hook->run, hook->program, Kind::hook)) return;
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
    take_vips_down();
    end_when_done();
}

// --- The configuration ---------------------------------------------------------------------------

void Runner::read_config(const ReadConfigOrder& order) {
    auto files = make_config_files();
    if (!files) return report_config(order.run, ConfigOutcome::failed, files.error().what);
    Run run{.id = order.run, .title = source_.path, .began = loop_.now()};
    run.files = std::move(*files);
    const Work work = [this](const Run& own) {
        const bool accepted = read_config_anew(source_, taken_.config, users_, *own.files);
        return RunEnd{Ending::exited, accepted ? 0 : 1, ""};
    };
    if (Status begun = begin(std::move(run), work); !begun)
        report_config(order.run, ConfigOutcome::failed, begun.error().what);
}

void Runner::config_was_read(const Run& run, const RunEnd& end) {
    if (end.ending != Ending::exited)
        return report_config(run.id, ConfigOutcome::failed, to_string(end));
    for (const int fd : run.files->fds())
        if (Status sealed = seal_memory_file(fd); !sealed)
            return report_config(run.id, ConfigOutcome::failed, sealed.error().what);
    if (end.succeeded()) return hand_over(run.id, *run.files);
    const int files[] = {run.files->text.get()};
    report_config(run.id, ConfigOutcome::refused, "", files);
}

void Runner::hand_over(std::uint64_t run, const ConfigFiles& files) {
    auto taken = take_config(files, taken_.config.self, users_);
    if (!taken) return report_config(run, ConfigOutcome::failed, taken.error().what);
    log_warnings(files);
    offered_ = {run, std::move(*taken)};
    hand_to_guard(files.text.get());
    report_config(run, ConfigOutcome::accepted, "", files.of_main());
}

/// Not by the minder that found them, which may not keep the journal's socket.
void Runner::log_warnings(const ConfigFiles& files) const {
    const auto warnings = read_memory_file(files.warnings.get());
    if (!warnings) return;
    std::istringstream lines(warnings.value());
    for (std::string line; std::getline(lines, line);)
        log_event(LogEvent::config_doubt, "{}", line);
}

/// Before main hears of it, so that it is there when main speaks of it. Should the guard not read,
/// it will say so to main.
void Runner::hand_to_guard(int text) {
    constexpr std::array only_the_file{std::byte{1}};
    const int files[] = {text};
    if (to_guard_) send_message(to_guard_.get(), only_the_file, files);
}

void Runner::take_over(const TakeOverOrder& order) {
    if (!offered_ || offered_->run != order.run) return log_error("there is no such configuration");
    taken_ = std::move(offered_->config);
    offered_.reset();
}

// --- Runs ----------------------------------------------------------------------------------------

/// Not in a daemon that ends.
void Runner::start_pgpool() {
    const auto& program = taken_.programs.pgpool;
    if (!program || farewell_ || !to_main_) return;
    if (!start(run_of_nobody, *program, Kind::pgpool))
        pgpool_timer_.set(loop_.now() + pgpool_pause);
}

bool Runner::start(std::uint64_t id, const Program& program, Kind kind) {
    Run run{.id = id, .title = program.title, .kind = kind, .began = loop_.now()};
    const Status begun = begin(std::move(run), [&](const Run&) { return mind(program); });
    if (begun) return true;
    const RunEnd end{Ending::not_started, 0, first_line(begun.error().what)};
    log_end({.id = id, .title = program.title, .kind = kind, .began = loop_.now()}, end);
    report(id, end);
    return false;
}

Status Runner::begin(Run run, const Work& work) {
    if (Status forked = fork_minder(run, work); !forked) return forked;
    const auto place = runs_.insert(runs_.end(), std::move(run));
    place->watch = loop_.watch(place->report.get(), EPOLLIN,
                               [this, place](std::uint32_t) { on_minder(place); });
    return Ok{};
}

Status Runner::fork_minder(Run& run, const Work& work) {
    if (runs_.size() == runs_max)
        return Error{fmt::format("more than {} commands run at once", runs_max)};
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return Error::from_errno("cannot make a pipe", errno);
    run.report = Fd(ends[0]);
    const Fd minders(ends[1]);
    const pid_t runner = ::getpid();
    // A minder that is to end before it has begun would ignore it, as this process does.
    set_blocked(SIGTERM, SIG_BLOCK);
    run.minder = ::fork();
    if (run.minder != 0) set_blocked(SIGTERM, SIG_UNBLOCK);
    if (run.minder < 0) return Error::from_errno("cannot fork", errno);
    if (run.minder != 0) return Ok{};
    std::vector<unsigned> files;
    if (run.files)
        for (const int fd : run.files->fds()) files.push_back(static_cast<unsigned>(fd));
    become_minder([&] { return work(run); }, minders.get(), std::move(files), run.id, runner);
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
    log_end(*run, end);
    if (run->files)
        config_was_read(*run, end);
    else
        report(run->id, end);
    const Kind kind = run->kind;
    runs_.erase(run);
    if (kind == Kind::hook) {
        hooks_.ended();
        run_next_hook();
    }
    if (kind == Kind::pgpool) pgpool_timer_.set(loop_.now() + pgpool_pause);
    end_when_done();
}

void Runner::log_end(const Run& run, const RunEnd& end) const {
    const auto took = (loop_.now() - run.began) / 1ms;
    if (run.kind == Kind::hook && end.succeeded())
        log_event(LogEvent::hook_done, {.hook = run.title}, "{}: done after {} ms", run.title,
                  took);
    else if (run.kind == Kind::hook)
        log_event(LogEvent::hook_failed, {.hook = run.title}, "{}: failed after {} ms: {}",
                  run.title, took, to_string(end));
    else if (run.kind == Kind::pgpool && end.ending != Ending::stopped)
        log_event(LogEvent::pgpool_link_ended, "{}: ended after {} ms, and is started anew: {}",
                  run.title, took, to_string(end));
}

/// Main may be gone, or be stopped for so long that the socket is full: it has its own time limits.
void Runner::report(std::uint64_t id, const RunEnd& end) {
    if (to_main_ && id != run_of_nobody)
        send_over(to_main_.get(), RunnerReport{RunReport{id, end}});
}

void Runner::report_config(std::uint64_t id, ConfigOutcome outcome, std::string text,
                           std::span<const int> files) {
    if (to_main_)
        send_over(to_main_.get(), RunnerReport{ConfigReport{id, outcome, std::move(text)}}, files);
}

void Runner::stop_runs(Which which) {
    for (const Run& run : runs_)
        if (which == Which::all || run.kind != Kind::hook) ::kill(run.minder, SIGTERM);
}

void Runner::end_when_done() {
    if (!to_main_ && runs_.empty() && hooks_.idle()) loop_.stop();
}

// --- The process ---------------------------------------------------------------------------------

namespace {

Status give_up_privileges(const Users& users, const Programs& programs) {
    const auto dropped =
        !users.empty()
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

int run_runner(const ConfigSource& source, const Config& config, Fd to_main, Fd to_guard) {
    ::prctl(PR_SET_NAME, "komainu-runner");
    set_log_name("komainu-runner", number(config.self));
    ignore_signals();
    auto users = find_users(config);
    if (!users) return start_failed(to_main.get(), users.error());
    auto programs = programs_of(config, *users);
    if (!programs) return start_failed(to_main.get(), programs.error());
    auto loop = Loop::create();
    if (!loop) return start_failed(to_main.get(), loop.error());
    if (Status given = give_up_privileges(*users, *programs); !given)
        return start_failed(to_main.get(), given.error());
    Runner(**loop, source, std::move(*users), {config, std::move(*programs)}, std::move(to_main),
           std::move(to_guard))
        .run();
    return 0;
}

}  // namespace komainu
