// demo: a cluster of three nodes in namespaces of its own, a client that calls it every
// millisecond, and five ways to make the active node go away. Exit status 1 when one of them did
// not lead to a takeover.
//
//   demo [--interactive]     a prompt instead of the acts
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "test/demo/acts.h"
#include "test/demo/prompt.h"
#include "test/demo/screen.h"
#include "test/demo/stage.h"
#include "test/lab/sandbox.h"

namespace komainu::demo {
namespace {

/// The sandbox ends with this process, and with it all that the demo has made.
void end_interrupted(int) {
    constexpr char text[] = "\ninterrupted; nothing is left behind\n";
    static_cast<void>(!::write(STDOUT_FILENO, text, sizeof text - 1));
    _exit(128 + SIGINT);
}

bool wants_prompt(int argc, char** argv) {
    return argc == 2 && std::strcmp(argv[1], "--interactive") == 0;
}

int run(int argc, char** argv) {
    ::signal(SIGINT, end_interrupted);
    ::signal(SIGTERM, end_interrupted);
    Screen screen;
    screen.say(
        "Three nodes, a service on each, and a client that calls it by the virtual IP\n"
        "10.77.0.100, which is also fd77::100. They start now, all at once.");
    Stage stage;
    if (!stage.open()) {
        screen.show(stage);
        screen.say(screen.coloured(Colour::bad, "The cluster did not start.") + "\n" +
                   stage.cluster().log(1));
        return 1;
    }
    if (wants_prompt(argc, argv)) {
        run_prompt(stage, screen);
        return 0;
    }
    const auto outcomes = play_acts(stage, screen);
    show_table(screen, outcomes);
    return all_taken_over(outcomes) ? 0 : 1;
}

}  // namespace
}  // namespace komainu::demo

int main(int argc, char** argv) {
    if (argc > 1 && !komainu::demo::wants_prompt(argc, argv)) {
        std::fprintf(stderr, "usage: demo [--interactive]\n");
        return 2;
    }
    return komainu::lab::run_in_sandbox(argc, argv, komainu::demo::run);
}
