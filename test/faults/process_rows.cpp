// Processes that die, hang or are frozen: the main process, the guard, or both.
#include <signal.h>

#include "test/faults/freezer.h"
#include "test/faults/row.h"

namespace komainu::faults {

namespace {

constexpr Duration stopped_for = 10s;
constexpr Duration frozen_for = 2s;

enum class Victim { main, guard, both };
enum class Place { active, standby };

std::string in_words(Victim victim) {
    switch (victim) {
        case Victim::main:
            return "main";
        case Victim::guard:
            return "guard";
        case Victim::both:
            return "both";
    }
    return "";
}

int node_at(Trial& trial, Place place) {
    return place == Place::active ? trial.active() : trial.standby();
}

void send_signal(Trial& trial, int node, Victim victim, int signal) {
    switch (victim) {
        case Victim::main:
            return trial.cluster().daemon(node).signal(signal);
        case Victim::guard:
            ::kill(trial.cluster().guard_pid(node), signal);
            return;
        case Victim::both:
            return trial.cluster().signal_both(node, signal);
    }
}

std::string name_of(const char* deed, Victim victim, Place place) {
    return in_words(victim) + (place == Place::active ? " of the active " : " of a standby ") +
           deed;
}

Expect expectation(Place place) { return place == Place::active ? Expect::moves : Expect::stays; }

/// Main cannot do without its guard, and ends when that has died.
Row killed(Victim victim, Place place, int signal, const char* deed) {
    return row({.name = name_of(deed, victim, place),
                .expect = expectation(place),
                .strike = [=](Trial& trial) {
                    const int node = node_at(trial, place);
                    send_signal(trial, node, victim, signal);
                    trial.supervise(node);
                },
                .nobody_removes = victim == Victim::both});
}

Row stopped(Victim victim, Place place) {
    return row(
        {.name = name_of("stopped for 10 s", victim, place),
         .expect = expectation(place),
         .strike =
             [=](Trial& trial) { send_signal(trial, node_at(trial, place), victim, SIGSTOP); },
         .repair =
             [=](Trial& trial) { send_signal(trial, node_at(trial, place), victim, SIGCONT); },
         .lasts = stopped_for,
         .nobody_removes = victim == Victim::both});
}

Outcome freeze(const std::string& name, Place place) {
    Freezer freezer;
    if (!freezer.usable()) return {Verdict::not_run, {}, freezer.trouble()};
    return run({.name = name,
                .expect = expectation(place),
                .strike =
                    [&](Trial& trial) {
                        const int node = node_at(trial, place);
                        freezer.take_in(trial.cluster().guard_pid(node));
                        freezer.take_in(trial.cluster().daemon(node).pid());
                        freezer.freeze();
                    },
                .repair = [&](Trial&) { freezer.thaw(); },
                .lasts = frozen_for,
                .nobody_removes = true});
}

Row frozen(Place place) {
    const auto name = name_of("frozen for 2 s (cgroup)", Victim::both, place);
    return {name, in_words(expectation(place)), [=] { return freeze(name, place); }};
}

}  // namespace

std::vector<Row> process_rows() {
    std::vector<Row> rows;
    for (const auto place : {Place::active, Place::standby}) {
        for (const auto victim : {Victim::main, Victim::guard, Victim::both}) {
            rows.push_back(killed(victim, place, SIGKILL, "killed"));
            rows.push_back(killed(victim, place, SIGABRT, "aborted"));
            rows.push_back(stopped(victim, place));
        }
        rows.push_back(frozen(place));
    }
    return rows;
}

}  // namespace komainu::faults
