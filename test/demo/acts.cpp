#include "test/demo/acts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "test/lab/clock.h"

namespace komainu::demo {

namespace {

using lab::patience;

constexpr Duration before_act = 2s;     // to see the cluster at rest
constexpr Duration after_act = 2500ms;  // to see what came of it, and that it stays so
constexpr Duration between_answers = 100ms;
constexpr std::size_t probes_shown = 70;

struct Act {
    const char* name;
    const char* told;  // before it is done; {} is the active node
    std::function<void(Stage&, int active)> strike;
    std::function<void(Stage&, int struck)> repair;
};

void nothing(Stage&, int) {}

const std::array<Act, 5>& acts() {
    static const std::array<Act, 5> all{{
        {"graceful switchover", "An operator asks node {} to hand over.",
         [](Stage& stage, int active) { stage.cluster().switchover(active); }, nothing},
        {"daemon killed", "kill -9 of the daemon on node {}.",
         [](Stage& stage, int active) { stage.kill_daemon(active); },
         [](Stage& stage, int struck) { stage.start(struck); }},
        {"service killed", "kill -9 of the service on node {}; its daemon lives.",
         [](Stage& stage, int active) { stage.kill_service(active); },
         [](Stage& stage, int struck) { stage.start(struck); }},
        {"cable pulled", "The cable of node {} is pulled.",
         [](Stage& stage, int active) { stage.unplug(active); },
         [](Stage& stage, int struck) { stage.plug(struck); }},
        {"network drops silently",
         "From now on the network drops all that node {} sends or should receive. Nothing tells "
         "it.",
         [](Stage& stage, int active) { stage.silence(active); },
         [](Stage& stage, int struck) { stage.heal(struck); }},
    }};
    return all;
}

/// Who answers the client by now, other than the one who was struck. 0 for nobody within patience.
int successor_of(int struck, Stage& stage, std::uint64_t mark) {
    int successor = 0;
    lab::wait_until(
        [&] {
            for (const auto& answer : stage.client().answers_since(mark))
                if (answer.tag != struck) successor = answer.tag;
            return successor != 0;
        },
        patience);
    return successor;
}

Outcome strike(const Act& act, Stage& stage, Screen& screen, int active) {
    screen.say(screen.coloured(Colour::strong, fmt::format("\n* {}", act.name)));
    screen.say("  " + fmt::format(fmt::runtime(act.told), active));
    const auto events_before = stage.watcher().mark();
    const auto mark = stage.client().mark();
    act.strike(stage, active);
    const int successor = successor_of(active, stage, mark);
    lab::sleep_for(between_answers);  // the probes of these must be in as well

    Outcome outcome{act.name, active, successor, stage.client().outage_since(mark), {}};
    screen.say("  The client's probes, one each millisecond, answered by node:");
    screen.say("  " + stage.probes_since(mark, probes_shown));
    screen.watch(stage, after_act);
    // By now all is quiet: a node that lost its network has given up its addresses.
    outcome.overlap = stage.overlap_since(events_before);
    return outcome;
}

void tell(Screen& screen, const Outcome& outcome) {
    if (!outcome.taken_over()) {
        screen.say(screen.coloured(Colour::bad, "  Nobody took over."));
        return;
    }
    screen.say(fmt::format("  Node {} took over. The client saw a gap of {}.", outcome.to,
                           screen.coloured(Colour::good, in_milliseconds(outcome.outage.gap))));
}

}  // namespace

std::vector<Outcome> play_acts(Stage& stage, Screen& screen) {
    std::vector<Outcome> outcomes;
    for (const auto& act : acts()) {
        screen.watch(stage, before_act);
        const auto active = stage.cluster().active();
        if (!active) break;
        outcomes.push_back(strike(act, stage, screen, *active));
        tell(screen, outcomes.back());
        screen.show(stage);
        act.repair(stage, *active);
        if (!stage.cluster().wait_until_whole()) {
            screen.say(screen.coloured(Colour::bad, "  The cluster did not become whole again."));
            break;
        }
    }
    return outcomes;
}

bool all_taken_over(const std::vector<Outcome>& outcomes) {
    return outcomes.size() == acts().size() && std::ranges::all_of(outcomes, &Outcome::taken_over);
}

void show_table(Screen& screen, const std::vector<Outcome>& outcomes) {
    screen.say(screen.coloured(
        Colour::strong, fmt::format("\n{:<24} {:>10} {:>6}   {:<10} {}", "what happened", "gap",
                                    "lost", "active", "a VIP on two nodes")));
    for (const auto& outcome : outcomes) {
        const auto gap = outcome.taken_over() ? in_milliseconds(outcome.outage.gap) : "no takeover";
        const auto overlap = outcome.overlap == 0ns ? "never" : in_milliseconds(outcome.overlap);
        screen.say(fmt::format("{:<24} {:>10} {:>6}   {} -> {:<5} {}", outcome.act, gap,
                               outcome.outage.lost, outcome.from, outcome.to, overlap));
    }
    screen.say(
        "\ngap: from the last answered probe to the next answered one; lost: probes between, of "
        "one\n"
        "each millisecond. interval = 10ms, deadtime = 40ms.");
}

}  // namespace komainu::demo
