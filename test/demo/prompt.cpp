#include "test/demo/prompt.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "test/demo/acts.h"
#include "test/lab/clock.h"
#include "test/lab/sandbox.h"

namespace komainu::demo {

namespace {

constexpr Duration look_after_command = 500ms;  // what follows from a command has happened by then
constexpr Duration draw_every = 200ms;

enum class Wants { nothing, a_node, maybe_a_node };

/// Whether something is done to the cluster, so that one wants to see what became of it.
enum class Kind { telling, doing };

struct Visit {
    Stage& stage;
    Screen& screen;
    std::optional<int> node;  // the argument
};

struct Command {
    const char* name;
    Kind kind;
    Wants wants;
    const char* help;
    void (*run)(Visit&);
};

void switch_over(Visit& visit) {
    const auto active = visit.stage.cluster().active();
    if (!active) return visit.screen.say("nobody is active");
    const auto answer = visit.stage.cluster().switchover(*active, visit.node);
    visit.screen.say(answer ? answer->dump() : "no answer");
}

void watch(Visit& visit) {
    visit.screen.say("Enter ends this.");
    pollfd input{STDIN_FILENO, POLLIN, 0};
    while (::poll(&input, 1, 0) == 0) visit.screen.watch(visit.stage, draw_every);
    std::string ignored;
    std::getline(std::cin, ignored);
    visit.screen.show(visit.stage);
}

void play(Visit& visit) { show_table(visit.screen, play_acts(visit.stage, visit.screen)); }

void show_log(Visit& visit) { visit.screen.say(visit.stage.cluster().log(*visit.node)); }

/// How another terminal gets to where the node is. A namespace without a name is found by a
/// descriptor of a process that has one of it.
void tell_how_to_enter(Visit& visit) {
    const int pid = lab::outer_pid();
    const auto& host = visit.stage.cluster().host(*visit.node);
    const auto* with =
        lab::has_user_namespace() ? "nsenter --preserve-credentials -U" : "sudo nsenter";
    visit.screen.say(
        fmt::format("in another terminal:\n  {} -t {} -m -p --net=/proc/{}/fd/{} sh\n"
                    "and there, for example:\n  ip address\n  {} --socket {} status",
                    with, pid, pid, host.space.fd(), lab::built_program("komainuctl"),
                    visit.stage.cluster().control_socket(*visit.node)));
}

void help(Visit& visit);

void show(Visit& visit) { visit.screen.show(visit.stage); }
void kill_daemon(Visit& visit) { visit.stage.kill_daemon(*visit.node); }
void kill_service(Visit& visit) { visit.stage.kill_service(*visit.node); }
void start(Visit& visit) { visit.stage.start(*visit.node); }
void unplug(Visit& visit) { visit.stage.unplug(*visit.node); }
void plug(Visit& visit) { visit.stage.plug(*visit.node); }
void silence(Visit& visit) { visit.stage.silence(*visit.node); }
void heal(Visit& visit) { visit.stage.heal(*visit.node); }

// clang-format off
constexpr std::array commands{
    Command{"status", Kind::telling, Wants::nothing, "the picture, once", show},
    Command{"watch", Kind::telling, Wants::nothing, "the picture, live", watch},
    Command{"switchover", Kind::doing, Wants::maybe_a_node, "hand over, to node N or to the best", switch_over},
    Command{"kill", Kind::doing, Wants::a_node, "kill -9 the daemon of node N", kill_daemon},
    Command{"kill-service", Kind::doing, Wants::a_node, "kill -9 the service of node N", kill_service},
    Command{"start", Kind::doing, Wants::a_node, "start again what was killed on node N", start},
    Command{"unplug", Kind::doing, Wants::a_node, "pull the cable of node N", unplug},
    Command{"plug", Kind::doing, Wants::a_node, "plug it in again", plug},
    Command{"silence", Kind::doing, Wants::a_node, "drop all that node N sends or should receive", silence},
    Command{"heal", Kind::doing, Wants::a_node, "end that", heal},
    Command{"log", Kind::telling, Wants::a_node, "what the daemon of node N has logged", show_log},
    Command{"enter", Kind::telling, Wants::a_node, "how to get into node N from another terminal", tell_how_to_enter},
    Command{"play", Kind::telling, Wants::nothing, "the five acts of make demo", play},
    Command{"help", Kind::telling, Wants::nothing, "this", help},
    Command{"quit", Kind::telling, Wants::nothing, "end; nothing is left behind", nullptr},
};
// clang-format on

void help(Visit& visit) {
    for (const auto& command : commands) {
        const auto* argument = command.wants == Wants::a_node         ? " N"
                               : command.wants == Wants::maybe_a_node ? " [N]"
                                                                      : "";
        visit.screen.say(
            fmt::format("  {:<16} {}", std::string(command.name) + argument, command.help));
    }
}

const Command* find_command(const std::string& name) {
    for (const auto& command : commands)
        if (command.name == name) return &command;
    return nullptr;
}

/// Runs one, and tells what the client noticed of it.
void run(const Command& command, Visit& visit) {
    const auto mark = visit.stage.client().mark();
    command.run(visit);
    if (command.kind == Kind::telling) return;
    visit.screen.watch(visit.stage, look_after_command);
    visit.screen.show(visit.stage);
    const auto outage = visit.stage.client().outage_since(mark);
    if (!outage.over)
        visit.screen.say("the client gets no answers");
    else if (outage.lost > 0)
        visit.screen.say(fmt::format("the client saw a gap of {}", in_milliseconds(outage.gap)));
}

bool fits(const Command& command, const std::optional<int>& node, Screen& screen) {
    const bool in_range = !node || (*node >= 1 && *node <= nodes);
    const bool given_as_wanted = command.wants == Wants::maybe_a_node ||
                                 node.has_value() == (command.wants == Wants::a_node);
    if (in_range && given_as_wanted) return true;
    screen.say(command.wants == Wants::nothing ? "that takes no node"
                                               : "of which node: 1, 2 or 3?");
    return false;
}

}  // namespace

void run_prompt(Stage& stage, Screen& screen) {
    Visit visit{stage, screen, {}};
    screen.show(stage);
    help(visit);
    std::string line;
    while (std::cout << "demo> " << std::flush && std::getline(std::cin, line)) {
        std::istringstream words(line);
        std::string name;
        if (!(words >> name)) continue;
        int number = 0;
        visit.node = words >> number ? std::optional(number) : std::nullopt;
        const auto* command = find_command(name);
        if (command == nullptr) {
            help(visit);
            continue;
        }
        if (command->run == nullptr) return;
        if (fits(*command, visit.node, screen)) run(*command, visit);
    }
}

}  // namespace komainu::demo
