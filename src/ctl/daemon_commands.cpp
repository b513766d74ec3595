#include "ctl/daemon_commands.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

#include "base/ids.h"
#include "conf/load.h"
#include "ctl/control.h"
#include "ctl/output.h"
#include "ctl/screen.h"
#include "ctl/status_text.h"
#include "io/clock.h"

namespace komainu {

namespace {

using nlohmann::json;

constexpr Duration switchover_patience = 30s;
constexpr Duration reload_patience = 15s;
constexpr Duration watch_period = 500ms;
constexpr int rows_unless_known = 24;

/// Those who may only look need not be let at it. What else is wrong with it is worth a word.
bool is_missing_or_closed(const char* path) {
    return access(path, R_OK) != 0 && (errno == ENOENT || errno == EACCES);
}

}  // namespace

std::optional<std::string> find_socket(const Invocation& invocation) {
    if (invocation.socket) return invocation.socket;
    if (!invocation.config && is_missing_or_closed(default_config_file))
        return ControlConfig{}.socket;
    const auto file = invocation.config.value_or(default_config_file);
    const auto read = read_config_file(file);
    if (!read.problems.has_errors()) return read.config.control.socket;
    fmt::print(stderr, "{}", report(file, read.problems));
    complain(ExitStatus::usage,
             "so the control socket is not known; correct this, or name it with --socket");
    return {};
}

std::string socket_to_ask(const Invocation& invocation) {
    if (invocation.socket) return *invocation.socket;
    return read_config_file(invocation.config.value_or(default_config_file)).config.control.socket;
}

Answer ask_status(const std::string& socket, Duration patience) {
    auto answer = ask(socket, {{"command", "status"}}, patience);
    if (answer.status != ExitStatus::done) return answer;
    const auto status = answer.body.find("status");
    if (status == answer.body.end() || !status->is_object())
        return {ExitStatus::failed, "the daemon's answer has no status", {}};
    return {ExitStatus::done, "", std::move(*status)};
}

Answer tell_daemon(const Invocation& invocation, const json& request, Duration patience) {
    const auto socket = find_socket(invocation);
    if (!socket) return {ExitStatus::usage, "", {}};
    auto answer = ask(*socket, request, patience);
    if (answer.status != ExitStatus::done) complain(answer.status, answer.why);
    return answer;
}

namespace {

// --- status -------------------------------------------------------------------------------------

std::string shown(const json& status, const Invocation& invocation) {
    if (invocation.json) return json_line(status);
    return status_text(status, static_cast<std::int64_t>(wall_clock_ms()), colors());
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

}  // namespace

ExitStatus run_status(const Invocation& invocation) {
    const auto socket = find_socket(invocation);
    if (!socket) return ExitStatus::usage;
    const auto answer = ask_status(*socket);
    if (answer.status != ExitStatus::done) return complain(answer.status, answer.why);
    const auto text = shown(answer.body, invocation);
    return invocation.watch ? watch(*socket, invocation, text) : print(text);
}

// --- switchover ---------------------------------------------------------------------------------

namespace {

std::string done_text(const json& answer) {
    const auto active = answer.value("active", json());
    const auto elapsed = answer.value("elapsed_ms", json());
    return fmt::format(
        "{}{}\n", active.is_number() ? fmt::format("node {} is active", active.get<int>()) : "done",
        elapsed.is_number() ? fmt::format(", after {:.1f} ms", elapsed.get<double>()) : "");
}

/// The first argument; nothing, after a complaint, when it is none.
std::optional<int> node_argument(const Invocation& invocation) {
    const auto node = read_number(invocation.arguments.front(), 1, nodes_max);
    if (!node)
        complain(ExitStatus::usage, fmt::format("{} is not a node; write its number, 1 to {}",
                                                invocation.arguments.front(), nodes_max));
    return node;
}

}  // namespace

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

}  // namespace komainu
