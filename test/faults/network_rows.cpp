// The network between the nodes: cables, ports, and what loses frames without a word.
#include <fmt/format.h>

#include <optional>

#include "test/faults/replayer.h"
#include "test/faults/row.h"

namespace komainu::faults {

namespace {

using lab::Carrier;

constexpr Duration while_replayed = 3s;

Row on_active(const char* name, Expect expect, const Deed& strike, const Deed& repair) {
    return row({.name = name, .expect = expect, .strike = strike, .repair = repair});
}

void heal(Trial& trial) {
    for (const auto& host : trial.network().hosts()) trial.network().heal(host);
}

void part_active_from_one(Trial& trial) {
    trial.network().keep_apart(trial.host_of_active());
    trial.network().keep_apart(trial.host_of_standby());
}

void part_the_standbys(Trial& trial) {
    trial.network().keep_apart(trial.host_of_standby());
    trial.network().keep_apart(trial.cluster().host(trial.other()));
}

/// Heartbeats, votes and releases come twice and more, late, and in any order.
Outcome replay() {
    std::optional<Replayer> replayer;
    std::uint64_t replayed = 0;
    auto outcome = run({.name = "",
                        .expect = Expect::moves,
                        .strike =
                            [&](Trial& trial) {
                                replayer.emplace(trial.network());
                                lab::sleep_for(1s);
                                trial.network().silence(trial.host_of_active());
                            },
                        .repair =
                            [&](Trial& trial) {
                                heal(trial);
                                lab::sleep_for(1s);
                                replayed = replayer->replayed();
                                replayer.reset();
                            },
                        .lasts = while_replayed});
    outcome.remark = fmt::format("{} replayed; {}", replayed, outcome.remark);
    return outcome;
}

}  // namespace

std::vector<Row> network_rows() {
    return {
        on_active(
            "the active's cable pulled", Expect::moves,
            [](Trial& t) { t.network().set_carrier(t.host_of_active(), Carrier::down); },
            [](Trial& t) { t.network().set_carrier(t.host_of_active(), Carrier::up); }),
        on_active(
            "the active silent (nothing passes)", Expect::moves,
            [](Trial& t) { t.network().silence(t.host_of_active()); }, heal),
        on_active(
            "the active mute (hears, is not heard)", Expect::moves,
            [](Trial& t) { t.network().mute(t.host_of_active()); }, heal),
        on_active(
            "the active deaf (is heard, does not hear)", Expect::moves,
            [](Trial& t) { t.network().deafen(t.host_of_active()); }, heal),
        on_active("the active apart from one standby", Expect::stays, part_active_from_one, heal),
        on_active("the standbys apart from each other", Expect::stays, part_the_standbys, heal),
        on_active(
            "a standby silent", Expect::stays,
            [](Trial& t) { t.network().silence(t.host_of_standby()); }, heal),
        on_active(
            "a standby mute", Expect::stays,
            [](Trial& t) { t.network().mute(t.host_of_standby()); }, heal),
        on_active(
            "a standby deaf", Expect::stays,
            [](Trial& t) { t.network().deafen(t.host_of_standby()); }, heal),
        on_active(
            "a standby's cable pulled", Expect::stays,
            [](Trial& t) { t.network().set_carrier(t.host_of_standby(), Carrier::down); },
            [](Trial& t) { t.network().set_carrier(t.host_of_standby(), Carrier::up); }),
        {"the active silent, datagrams replayed", in_words(Expect::moves), replay},
    };
}

}  // namespace komainu::faults
