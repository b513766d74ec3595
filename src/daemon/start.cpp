#include "daemon/start.h"

#include <poll.h>
#include <sys/wait.h>

#include <sodium.h>

#include "daemon/daemon.h"
#include "daemon/fence_state.h"
#include "daemon/options.h"
#include "guard/guard.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/message_channel.h"
#include "io/notify_socket.h"
#include "io/privileges.h"
#include "io/realtime.h"
#include "io/system_call_filter.h"
#include "runner/deadtime_record.h"
#include "runner/identity.h"
#include "runner/runner.h"

namespace komainu {

namespace {

constexpr int guard_start_ms_max = 20'000;
constexpr int runner_start_ms_max = 20'000;
constexpr int guard_end_ms_max = 3'000;
/// What hooks run when main is done. A supervisor kills what is left once main has ended, so main
/// ends after them; it has handed over, and holds nothing, long before.
constexpr int runner_end_ms_max = 10'000;
constexpr int end_poll_ms = 5;

int fail(const Error& error) {
    log_event(LogEvent::cannot_start, "{}", error.what);
    return exit_failed;
}

/// By which the runner hands the guard what it has read. Neither end is main's, who keeps none.
struct TextChannel {
    Fd runner;
    Fd guard;
};

Result<TextChannel> make_text_channel() {
    auto ends = make_channel();
    if (!ends) return ends.error();
    return TextChannel{std::move(ends->main), std::move(ends->child)};
}

/// The runner, as its parent sees it.
struct RunnerChild {
    pid_t pid = -1;
    Fd socket;
};

Status await_runner(int socket) {
    std::optional<Status> outcome;
    const auto take = [&](Bytes message, Descriptors&) {
        const auto report = decode_runner_report(message);
        KOMAINU_ASSERT(report);
        if (const auto* failed = std::get_if<RunnerFailedReport>(&*report))
            outcome = Error{failed->text};
        if (std::holds_alternative<RunnerReadyReport>(*report)) outcome = Ok{};
    };
    while (!outcome) {
        pollfd ready{socket, POLLIN, 0};
        if (poll(&ready, 1, runner_start_ms_max) <= 0) return Error{"the runner does not start"};
        if (receive_messages(socket, take) == ChannelState::closed && !outcome)
            return Error{"the runner ended while starting"};
    }
    return *outcome;
}

/// Forked before anything else is opened, so that no descriptor of main's gets into a command.
Result<RunnerChild> start_runner(const ConfigSource& source, const Config& config,
                                 ClusterKeys& keys, TextChannel& texts) {
    auto sockets = make_channel();
    if (!sockets) return sockets.error();
    const pid_t pid = fork();
    if (pid < 0) return Error::from_errno("cannot fork the runner", errno);
    if (pid == 0) {
        keys = {};  // wiped: no command has any use for them
        sockets->main.close();
        texts.guard.close();
        _exit(run_runner(source, config, std::move(sockets->child), std::move(texts.runner)));
    }
    sockets->child.close();
    texts.runner.close();
    RunnerChild runner{pid, std::move(sockets->main)};
    if (const auto ready = await_runner(runner.socket.get()); !ready) return ready.error();
    return runner;
}

/// The guard, as its parent sees it.
struct Guard {
    pid_t pid = -1;
    Fd socket;
    SharedLeasePage page;
    SharedAnnouncementPage announcements;
    std::vector<CarrierReport> carriers;
    FenceState fence;
};

/// Nothing where it is not wanted or not possible, which the state then has the reason for.
std::optional<Fence> load_wanted_fence(const Config& config, FenceState& state) {
    state.mode = config.daemon.fence;
    if (state.mode == FenceMode::off) return {};
    auto fence = load_fence(config);
    if (fence) return std::move(*fence);
    state.trouble = fence.error().what;
    if (state.mode == FenceMode::automatic)
        log_event(LogEvent::fence_absent,
                  "no fence: {}. Should all of komainud be stopped or killed at once, this node "
                  "would answer for its VIPs until the kernel removes them",
                  state.trouble);
    return {};
}

/// Waits for the guard's word that it is ready, or its reason why not.
Status await_ready(Guard& guard) {
    std::optional<Status> outcome;
    const auto take = [&](Bytes message, Descriptors&) {
        const auto report = decode_report(message);
        KOMAINU_ASSERT(report);
        if (const auto* carrier = std::get_if<CarrierReport>(&*report))
            guard.carriers.push_back(*carrier);
        if (const auto* fence = std::get_if<FenceReport>(&*report))
            guard.fence.trouble = fence->trouble;
        if (const auto* failed = std::get_if<StartFailedReport>(&*report))
            outcome = Error{failed->text};
        if (std::holds_alternative<ReadyReport>(*report)) outcome = Ok{};
    };
    while (!outcome) {
        pollfd ready{guard.socket.get(), POLLIN, 0};
        if (poll(&ready, 1, guard_start_ms_max) <= 0) return Error{"the guard does not start"};
        if (receive_messages(guard.socket.get(), take) == ChannelState::closed && !outcome)
            return Error{"the guard ended while starting"};
    }
    return *outcome;
}

/// The child has copies of everything that was opened before. It keeps the guard's ends of the
/// socket pairs and what is needed to say something.
[[noreturn]] void become_guard(const Config& config, ChannelEnds sockets, Fd texts,
                               GuardPages pages, std::optional<FencePrograms> fence,
                               std::vector<DatagramLink> links, std::vector<TcpListener> listeners,
                               UnixListener control, Signals signals,
                               std::vector<EchoSocket> echo_sockets) {
    sockets.main.close();
    control.close();
    links.clear();
    listeners.clear();
    { const auto closed = std::move(signals); }
    echo_sockets.clear();
    _exit(run_guard(config, std::move(sockets.child), std::move(texts), pages, std::move(fence)));
}

Result<Guard> start_guard(const Config& config, ClusterKeys& keys, Fd& runner, Fd texts,
                          std::vector<DatagramLink>& links, std::vector<TcpListener>& listeners,
                          UnixListener& control, Signals& signals,
                          std::vector<EchoSocket>& echo_sockets) {
    if (const auto able = require_capabilities(); !able) return able.error();
    FenceState state;
    auto fence = load_wanted_fence(config, state);
    auto page = fence ? Result(std::move(fence->page)) : make_lease_page();
    if (!page) return page.error();
    auto announcements = make_announcement_page();
    if (!announcements) return announcements.error();
    std::optional<FencePrograms> programs;
    if (fence) programs = std::move(fence->programs);
    auto sockets = make_channel();
    if (!sockets) return sockets.error();
    const pid_t pid = fork();
    if (pid < 0) return Error::from_errno("cannot fork the guard", errno);
    if (pid == 0) {
        keys = {};  // wiped: the guard has no use for them
        runner.close();
        become_guard(config, std::move(*sockets), std::move(texts), {**page, **announcements},
                     std::move(programs), std::move(links), std::move(listeners),
                     std::move(control), std::move(signals), std::move(echo_sockets));
    }
    if (programs) state.counters = std::move(programs->counters);
    Guard guard{pid, std::move(sockets->main), std::move(*page), std::move(*announcements),
                {},  std::move(state)};
    sockets->child.close();
    if (const auto ready = await_ready(guard); !ready) return ready.error();
    return guard;
}

/// Guard and runner end by themselves when main's end of the socket is closed: the guard removes
/// what it holds, the runner lets hooks run to their end.
void await_end(pid_t child, int ms_max, std::string_view name) {
    for (int waited = 0; waited < ms_max; waited += end_poll_ms) {
        if (waitpid(child, nullptr, WNOHANG) != 0) return;
        poll(nullptr, 0, end_poll_ms);
    }
    log_event(LogEvent::process_lingers, "the {} has not ended yet", name);
}

/// What else it would have to do with the supervisor, the node does without.
NotifySocket open_notify_socket(const std::string& address) {
    if (address.empty()) return {};
    auto socket = NotifySocket::open(address);
    if (socket) return std::move(*socket);
    log_event(LogEvent::supervisor_unreachable, "cannot tell the supervisor anything: {}",
              socket.error().what);
    return {};
}

/// A promise of the run before may last for as long as its deadtime was, whatever this one's is.
/// The supervisor is asked for as much patience. False: a signal came first.
bool outlast_promises_of_earlier_run(const Config& config, const Signals& signals,
                                     const NotifySocket& supervisor) {
    const Duration deadtime = config.heartbeat.deadtime;
    const Duration recorded = recorded_deadtime(config.control.state_dir);
    if (recorded > deadtime) {
        log_event(
            LogEvent::waits_for_promises,
            "the deadtime was {} ms before, and is {} ms now: waits for the longer one, since a "
            "promise may be forgotten",
            recorded / 1ms, deadtime / 1ms);
        supervisor.send(
            fmt::format("EXTEND_TIMEOUT_USEC={}\nSTATUS=starting: waits for the deadtime of the "
                        "last run, {} ms",
                        (recorded + guard_start_ms_max * 1ms) / 1us, recorded / 1ms));
        pollfd signal{signals.fd(), POLLIN, 0};
        if (poll(&signal, 1, static_cast<int>(recorded / 1ms)) != 0) return false;
    }
    if (recorded == deadtime) return true;
    if (const Status done = record_deadtime(config.control.state_dir, deadtime); !done)
        log_event(
            LogEvent::deadtime_not_recorded,
            "{}: should the deadtime be shortened and komainud be restarted at once, it could "
            "forget a promise; make [control] state_dir a directory of komainud's user",
            done.error().what);
    return true;
}

/// Who may look, besides those who may do everything. That the group of the default is not there is
/// as it should be where nothing was installed that makes it.
std::optional<gid_t> find_lookers(const ControlConfig& control) {
    const auto group = find_group(control.monitor_group);
    if (!group && control.monitor_group != ControlConfig{}.monitor_group)
        log_event(LogEvent::monitor_group_missing,
                  "monitor_group: there is no group {} on this host, so nobody is let in by it",
                  control.monitor_group);
    return group;
}

void say_what_runs(const Config& config) {
    log_event(LogEvent::started,
              "komainud {}: node {} of {} in cluster {}, interval {} ms, deadtime {} ms",
              KOMAINU_VERSION, number(config.self), config.nodes.size(), config.cluster_name,
              config.heartbeat.interval / 1ms, config.heartbeat.deadtime / 1ms);
}

void be_urgent() {
    if (!run_in_real_time(Urgency::deciding))
        log_event(LogEvent::no_real_time,
                  "runs without real-time priority, which is not permitted here (LimitRTPRIO=11)");
    if (!lock_memory())
        log_event(LogEvent::no_locked_memory,
                  "its memory may be swapped out: to lock it is not permitted here "
                  "(LimitMEMLOCK=256M)");
}

/// Of this host, for people.
std::string host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return "";
    return name.data();
}

std::uint64_t random_bits() {
    std::uint64_t bits = 0;
    randombytes_buf(&bits, sizeof bits);
    return bits;
}

}  // namespace

int run_node(const ConfigSource& source, LoadedConfig loaded) {
    const Config& config = loaded.config;
    ClusterKeys keys_read = std::move(loaded.keys);
    set_log_name("komainud", number(config.self));
    const Supervision supervision = take_supervision();
    auto texts = make_text_channel();
    if (!texts) return fail(texts.error());
    auto runner = start_runner(source, config, keys_read, *texts);
    if (!runner) return fail(runner.error());
    if (!start_cryptography()) return fail({"libsodium cannot start"});
    auto signals = Signals::open();
    if (!signals) return fail(signals.error());
    // The lock on the control socket first: it names the other komainud, if there is one.
    const auto lookers = find_lookers(config.control);
    auto control = UnixListener::open(
        config.control.socket, lookers ? SocketIsFor::everybody : SocketIsFor::owner_and_group);
    if (!control) return fail(control.error());
    std::optional<LedgerFile> ledger;
    if (!config.backend_list.empty()) {
        auto file = read_ledger_file(config.control.state_dir);
        if (!file) return fail(file.error());
        if (!file->trouble.empty())
            log_event(LogEvent::table_damaged,
                      "{}: takes no part in what the nodes agree on about the backends until the "
                      "others have told it anew",
                      file->trouble);
        ledger = std::move(*file);
    }
    auto links = open_links(config);
    if (!links) return fail(links.error());
    auto listeners = open_listeners(config);
    if (!listeners) return fail(listeners.error());

    const bool witness = config.node(config.self).witness;
    // A witness is never active, so nothing of it depends on them.
    auto echo_sockets = TrustedServers::open_sockets(witness ? std::span<const IpAddress>{}
                                                             : config.trusted_servers);
    if (!echo_sockets) return fail(echo_sockets.error());
    Guard guard;
    if (!witness) {
        auto started = start_guard(config, keys_read, runner->socket, std::move(texts->guard),
                                   *links, *listeners, *control, *signals, *echo_sockets);
        if (!started) return fail(started.error());
        guard = std::move(*started);
    }
    texts->guard.close();
    // Only now, so that neither runner nor guard has it.
    NotifySocket supervisor = open_notify_socket(supervision.socket);
    // The first thing that this host will remember of the start, which nothing prevents any more.
    if (!outlast_promises_of_earlier_run(config, *signals, supervisor)) return 0;
    auto keys = std::make_unique<const KeyRing>(keys_read.keys());
    keys_read = {};  // wiped
    if (config.daemon.realtime) be_urgent();
    const auto dropped = drop_all_capabilities();
    if (!dropped) return fail(dropped.error());
    if (!dropped.value().warning.empty())
        log_event(LogEvent::stays_root, "{}", dropped.value().warning);

    const std::string own_host_name = host_name();  // which the filter forbids to ask
    auto loop = Loop::create();
    if (!loop) return fail(loop.error());
    if (const auto filtered = filter_system_calls(FilteredProcess::main); !filtered)
        return fail(filtered.error());
    say_what_runs(config);
    int status = 0;
    {
        const auto incarnation = make_incarnation(wall_clock_ms(), random_bits());
        // Not on the stack, which cannot grow any more once memory is locked (mlockall(2)) and the
        // right to lock more is given up; in the guard, too, it would begin below this frame.
        const auto daemon = std::make_unique<Daemon>(
            **loop, Outfit{.config = config,
                           .keys = std::move(keys),
                           .incarnation = incarnation,
                           .host_name = own_host_name,
                           .links = std::move(*links),
                           .listeners = std::move(*listeners),
                           .control = std::move(*control),
                           .lookers = lookers,
                           .signals = std::move(*signals),
                           .echo_sockets = std::move(*echo_sockets),
                           .guard = witness ? std::nullopt : std::optional(std::move(guard.socket)),
                           .runner = std::move(runner->socket),
                           .lease_page = std::move(guard.page),
                           .announcements = std::move(guard.announcements),
                           .carriers = guard.carriers,
                           .fence = std::move(guard.fence),
                           .ledger = std::move(ledger),
                           .loaded = {source.path, digest_of(loaded.text)},
                           .supervisor = std::move(supervisor),
                           .watchdog = supervision.watchdog});
        status = daemon->run();
    }
    if (!witness) await_end(guard.pid, guard_end_ms_max, "guard");
    await_end(runner->pid, runner_end_ms_max, "runner");
    return status;
}

}  // namespace komainu
