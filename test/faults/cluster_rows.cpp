// More than one node at once: all killed, all restarted one after another.
#include <fmt/format.h>
#include <signal.h>

#include "test/faults/row.h"

namespace komainu::faults {

namespace {

std::string in_ms(Duration d) { return fmt::format("{} ms", d / 1ms); }

/// How long it takes from the new start until the client is served again.
Outcome kill_all() {
    Duration took{};
    auto outcome = run({.name = "",
                        .expect = Expect::anybody,
                        .strike =
                            [&](Trial& trial) {
                                for (int node = 1; node <= trial.cluster().size(); ++node)
                                    trial.cluster().signal_both(node, SIGKILL);
                                for (int node = 1; node <= trial.cluster().size(); ++node)
                                    trial.supervise(node);
                                const auto started = lab::now();
                                trial.wait_until_well(lab::patience);
                                took = lab::now() - started;
                            },
                        .nobody_removes = true});
    outcome.remark =
        "whole again after " + in_ms(took) + (outcome.remark.empty() ? "" : "; ") + outcome.remark;
    return outcome;
}

Row restarted_in_turn() {
    return row({.name = "all restarted, one after another",
                .expect = Expect::anybody,
                .strike = [](Trial& trial) {
                    for (int node = 1; node <= trial.cluster().size(); ++node) {
                        trial.cluster().stop(node);
                        trial.cluster().start(node);
                        trial.wait_until_well(lab::patience);
                    }
                }});
}

}  // namespace

std::vector<Row> cluster_rows() {
    return {{"all killed at once and started", in_words(Expect::anybody), kill_all},
            restarted_in_turn()};
}

}  // namespace komainu::faults
