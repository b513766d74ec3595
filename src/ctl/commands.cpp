#include "ctl/commands.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "base/ids.h"
#include "conf/load.h"
#include "conf/pgpool_import.h"
#include "conf/summary.h"
#include "ctl/screen.h"
#include "ctl/status_text.h"
#include "io/clock.h"
#include "io/local_addresses.h"

namespace komainu {

namespace {

using nlohmann::json;

constexpr Duration status_patience = 5s;
constexpr Duration switchover_patience = 30s;
constexpr Duration reload_patience = 15s;
constexpr Duration watch_period = 500ms;
constexpr int rows_unless_known = 24;

ExitStatus complain(ExitStatus status, std::string_view why) {
    fmt::print(stderr, "komainuctl: {}\n", why);
    return status;
}

/// Prints to stdout, and finds out whether it arrived: a full disk must not pass for a new key.
ExitStatus print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
        return ExitStatus::done;
    return complain(ExitStatus::failed,
                    fmt::format("the output cannot be written: {}", std::strerror(errno)));
}

bool exists(const char* path) { return access(path, F_OK) == 0 || errno != ENOENT; }

/// Where the daemon listens; nothing, after a complaint, when the configuration does not tell. Only
/// a host without any configuration has the default: where it cannot be read, the daemon may well
/// be somewhere else.
std::optional<std::string> find_socket(const Invocation& invocation) {
    if (invocation.socket) return invocation.socket;
    if (!invocation.config && !exists(default_config_file)) return ControlConfig{}.socket;
    const auto file = invocation.config.value_or(default_config_file);
    const auto read = read_config_file(file);
    if (!read.problems.has_errors()) return read.config.control.socket;
    fmt::print(stderr, "{}", report(file, read.problems));
    complain(ExitStatus::usage,
             "so the control socket is not known; correct this, or name it with --socket");
    return {};
}

/// The daemon's answer; one that is not ExitStatus::done has been complained of.
Answer tell_daemon(const Invocation& invocation, const json& request, Duration patience) {
    const auto socket = find_socket(invocation);
    if (!socket) return {ExitStatus::usage, "", {}};
    auto answer = ask(*socket, request, patience);
    if (answer.status != ExitStatus::done) complain(answer.status, answer.why);
    return answer;
}

// --- status -------------------------------------------------------------------------------------

Answer ask_status(const std::string& socket) {
    auto answer = ask(socket, {{"command", "status"}}, status_patience);
    if (answer.status != ExitStatus::done) return answer;
    const auto status = answer.body.find("status");
    if (status == answer.body.end() || !status->is_object())
        return {ExitStatus::failed, "the daemon's answer has no status", {}};
    return {ExitStatus::done, "", std::move(*status)};
}

std::string shown(const json& status, const Invocation& invocation) {
    if (invocation.json) return status.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    const bool colors = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    return status_text(status, static_cast<std::int64_t>(wall_clock_ms()),
                       colors ? Colors::on : Colors::off);
}

int terminal_rows() {
    winsize size{};
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
    return known ? size.ws_row : rows_unless_known;
}

/// Goes on while the daemon is away: who watches wants to see it come back.
ExitStatus watch(const std::string& socket, const Invocation& invocation, std::string text) {
    const bool redraws = isatty(STDOUT_FILENO) == 1 && !invocation.json;
    for (;;) {
        const auto printed = print(redraws ? redraw(text, terminal_rows()) : text);
        if (printed != ExitStatus::done) return printed;
        std::this_thread::sleep_for(watch_period);
        const auto answer = ask_status(socket);
        if (answer.status == ExitStatus::done)
            text = shown(answer.body, invocation);
        else if (redraws)
            text = answer.why + "\n";
        else
            return complain(answer.status, answer.why);
    }
}

ExitStatus run_status(const Invocation& invocation) {
    const auto socket = find_socket(invocation);
    if (!socket) return ExitStatus::usage;
    const auto answer = ask_status(*socket);
    if (answer.status != ExitStatus::done) return complain(answer.status, answer.why);
    const auto text = shown(answer.body, invocation);
    return invocation.watch ? watch(*socket, invocation, text) : print(text);
}

// --- switchover ---------------------------------------------------------------------------------

std::optional<int> node_number(const std::string& text) {
    int id = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, id);
    if (error != std::errc{} || rest != end || id < 1 || id > nodes_max) return {};
    return id;
}

std::string done_text(const json& answer) {
    const auto active = answer.value("active", json());
    const auto elapsed = answer.value("elapsed_ms", json());
    return fmt::format(
        "{}{}\n", active.is_number() ? fmt::format("node {} is active", active.get<int>()) : "done",
        elapsed.is_number() ? fmt::format(", after {:.1f} ms", elapsed.get<double>()) : "");
}

/// The first argument; nothing, after a complaint, when it is none.
std::optional<int> node_argument(const Invocation& invocation) {
    const auto node = node_number(invocation.arguments.front());
    if (!node)
        complain(ExitStatus::usage, fmt::format("{} is not a node; write its number, 1 to {}",
                                                invocation.arguments.front(), nodes_max));
    return node;
}

ExitStatus run_switchover(const Invocation& invocation) {
    json request{{"command", "switchover"}};
    if (!invocation.arguments.empty()) {
        const auto node = node_argument(invocation);
        if (!node) return ExitStatus::usage;
        request["node"] = *node;
    }
    const auto answer = tell_daemon(invocation, request, switchover_patience);
    return answer.status == ExitStatus::done ? print(done_text(answer.body)) : answer.status;
}

// --- maintenance --------------------------------------------------------------------------------

ExitStatus run_pause_or_resume(const Invocation& invocation) {
    const auto answer = tell_daemon(invocation,
                                    {{"command", invocation.command->name},
                                     {"scope", invocation.this_node ? "node" : "cluster"}},
                                    status_patience);
    if (answer.status != ExitStatus::done) return answer.status;
    const auto nodes = answer.body.value("nodes", json());
    const bool paused = answer.body.value("paused", json()) == true;
    if (invocation.this_node)
        return print(paused ? "this node is paused\n" : "this node goes on\n");
    return print(fmt::format("the cluster {}, as far as this node hears it: {} node{}\n",
                             paused ? "is paused" : "goes on",
                             nodes.is_number() ? nodes.get<int>() : 1, nodes == 1 ? "" : "s"));
}

ExitStatus run_standby(const Invocation& invocation) {
    const auto answer =
        tell_daemon(invocation, {{"command", invocation.command->name}}, status_patience);
    if (answer.status != ExitStatus::done) return answer.status;
    return print(invocation.command->name == "standby"
                     ? "this node stays standby, until unstandby or a restart\n"
                     : "this node may become active\n");
}

ExitStatus run_report(const Invocation& invocation) {
    const auto node = node_argument(invocation);
    if (!node) return ExitStatus::usage;
    const std::string& state = invocation.arguments[1];
    if (state != "alive" && state != "dead")
        return complain(ExitStatus::usage,
                        fmt::format("{} is not the state of a node; write alive or dead", state));
    return tell_daemon(invocation,
                       {{"command", "report"}, {"node", *node}, {"alive", state == "alive"}},
                       status_patience)
        .status;
}

// --- reload -------------------------------------------------------------------------------------

ExitStatus run_reload(const Invocation& invocation) {
    const auto answer = tell_daemon(invocation, {{"command", "reload"}}, reload_patience);
    if (answer.status != ExitStatus::done) return answer.status;
    const auto changes = answer.body.value("changes", json::array());
    std::string text;
    for (const auto& change : changes)
        if (change.is_string())
            text += "taken over: " + printable(change.get<std::string>()) + "\n";
    return print(text.empty() ? "nothing has changed\n" : text);
}

// --- the rest -----------------------------------------------------------------------------------

ExitStatus run_check_config(const Invocation& invocation) {
    const auto& file = invocation.arguments.front();
    auto local = local_addresses();
    if (!local) return complain(ExitStatus::failed, local.error().what);
    const auto loaded = load_config(file, {Purpose::inspect, {}, std::move(*local)});
    fmt::print(stderr, "{}", report(file, loaded.problems));
    if (loaded.problems.has_errors()) return ExitStatus::usage;
    return print(describe(loaded.config));
}

/// What stands in the file pgpool_node_id beside a pgpool.conf, if there is one.
std::string node_id_beside(const std::string& pgpool_conf) {
    const auto directory = pgpool_conf.substr(0, pgpool_conf.rfind('/') + 1);
    auto text = read_config_text(directory + "pgpool_node_id");
    return text ? std::move(*text) : std::string();
}

ExitStatus run_import_pgpool(const Invocation& invocation) {
    const auto& file = invocation.arguments.front();
    const auto text = read_config_text(file);
    if (!text) return complain(ExitStatus::usage, fmt::format("{} {}", file, text.error().what));
    const auto import = import_pgpool(text.value(), node_id_beside(file));
    fmt::print(stderr, "{}", report(file, import.problems));
    if (import.problems.has_errors()) return ExitStatus::usage;
    const auto printed = print(import.text);
    if (printed != ExitStatus::done) return printed;
    fmt::print(stderr, "{}", report("komainu.conf", import.text_problems));
    if (import.changes != 0)
        return complain(
            ExitStatus::failed,
            fmt::format("{} line{} CHANGE, and need{} a hand", import.changes,
                        import.changes == 1 ? " says" : "s say", import.changes == 1 ? "s" : ""));
    if (import.text_problems.has_errors())
        return complain(ExitStatus::failed, "what was printed needs a hand, as told above");
    return ExitStatus::done;
}

ExitStatus run_keygen(const Invocation&) {
    const auto key = make_key_text();
    if (!key) return complain(ExitStatus::failed, key.error().what);
    return print(key.value() + "\n");
}

ExitStatus run_version(const Invocation&) { return print("komainuctl " KOMAINU_VERSION "\n"); }

constexpr std::array<Command, 12> table{{
    {"status",
     "",
     0,
     0,
     {"config", "socket", "json", "watch"},
     run_status,
     "show who is active, what is wrong, the nodes and the VIPs",
     "Asks the daemon of this host, so it is the cluster as this node sees it.\n\n"
     "  --json    one line of JSON; its keys do not change, more may come\n"
     "  --watch   shows it again every half second, until interrupted\n\n"
     "Colours appear on a terminal only, and not when NO_COLOR is set.\n"},
    {"switchover",
     "[NODE]",
     0,
     1,
     {"config", "socket"},
     run_switchover,
     "let another node become active, and wait until it is",
     "The active node gives up its VIPs and names its successor: NODE, or the best standby when\n"
     "none is named. May be asked on any node. Says how long it took, or why it was refused.\n"},
    {"pause",
     "",
     0,
     0,
     {"config", "socket", "this-node"},
     run_pause_or_resume,
     "for maintenance: the VIPs stay where they are",
     "Until resume, on every node that is reached, a life check that fails costs nothing, nobody\n"
     "displaces the active, and nobody takes over from it: if the active node or its network "
     "dies,\n"
     "the VIPs are down until it is back. May be asked on any node; a node that comes later "
     "learns\n"
     "of it. It ends with resume, or when all nodes are restarted at once.\n\n"
     "  --this-node   only for the node of this daemon: its life checks do not count, and it does\n"
     "                not take over\n"},
    {"resume",
     "",
     0,
     0,
     {"config", "socket", "this-node"},
     run_pause_or_resume,
     "end the maintenance",
     "What the life checks say counts again. May be asked on any node. It also ends the pause of\n"
     "the asked node alone.\n\n"
     "  --this-node   only the pause of this daemon's node\n"},
    {"standby",
     "",
     0,
     0,
     {"config", "socket"},
     run_standby,
     "keep the node of this daemon from becoming active",
     "If it is active, it hands over first; refused when nobody could take over. It goes on "
     "voting.\n"
     "Until unstandby, or until its komainud is restarted.\n"},
    {"unstandby",
     "",
     0,
     0,
     {"config", "socket"},
     run_standby,
     "let the node of this daemon become active again",
     "Nothing moves by that; see switchover.\n"},
    {"reload",
     "",
     0,
     0,
     {"config", "socket"},
     run_reload,
     "let the daemon of this node read its configuration anew",
     "As SIGHUP does, and tells what changed. Taken over without moving anything that stays: VIPs\n"
     "but those of commands, services, hooks, priority, preempt, conflict, what [lifecheck] says,\n"
     "the keys, and interval and deadtime, which the nodes may take over in any order. Whatever\n"
     "else differs is refused by its name and line, as are a file with an error in it and VIPs\n"
     "that cannot be put on this host, and then nothing changes at all.\n"},
    {"report",
     "NODE alive|dead",
     2,
     2,
     {"config", "socket"},
     run_report,
     "say that a node is alive or dead ([lifecheck] method = external)",
     "For a program that watches the nodes by itself, and tells the daemon beside it. When most\n"
     "nodes were told that the active is dead, it hands over to a node that is not; one that is\n"
     "told of itself is not fit to be active. It counts until another report, or until komainud\n"
     "is restarted.\n"},
    {"check-config",
     "FILE",
     1,
     1,
     {},
     run_check_config,
     "tell everything that is wrong with a configuration",
     "Prints each error and warning with its line, and what would run when there is no error.\n"
     "Exit status 2 when there are errors. The keys are checked as well, if this user may read\n"
     "them.\n"},
    {"import-pgpool",
     "FILE",
     1,
     1,
     {},
     run_import_pgpool,
     "turn the watchdog's part of a pgpool.conf into a komainu.conf",
     "Prints a configuration that says the same as a pgpool.conf of pgpool-II 3.4 to 4.7. What is\n"
     "not taken over is named at its end, with the reason.\n\n"
     "Exit status 0: it can be used as it is, once there is a key. 1: it is printed all the same,\n"
     "and says CHANGE wherever something must be written by hand, such as an address where\n"
     "pgpool.conf has a name. 2: FILE cannot be read, or is no pgpool.conf.\n"},
    {"keygen",
     "",
     0,
     0,
     {},
     run_keygen,
     "print a new cluster key",
     "All nodes need the same key, in a file that nobody else can read:\n\n"
     "  (umask 077; komainuctl keygen > /etc/komainu/cluster.key)\n\n"
     "To exchange a key without a pause, add the new one below the old one on every node, then\n"
     "move it to the top on every node, then remove the old one.\n"},
    {"version",
     "",
     0,
     0,
     {},
     run_version,
     "print the version",
     "Of komainuctl. The daemon tells its own in status --json.\n"},
}};

}  // namespace

std::span<const Command> commands() { return table; }

ExitStatus run_komainuctl(const std::vector<std::string>& words) {
    const auto parsed = parse_command_line(words, table);
    if (!parsed)
        return complain(ExitStatus::usage, parsed.error().what + "; see komainuctl --help");
    const Invocation& invocation = parsed.value();
    if (!invocation.help) return invocation.command->run(invocation);
    return print(invocation.command ? help_text(*invocation.command) : help_text(table));
}

}  // namespace komainu
