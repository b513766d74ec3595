#include "test/faults/row.h"

#include <fmt/format.h>

#include <algorithm>

namespace komainu::faults {

namespace {

using lab::patience;

constexpr int tries_max = 3;
constexpr Duration pause_min = 20ms;   // two fifths of the deadtime
constexpr Duration aftermath = 300ms;  // in which what was wrongly decided shows

bool is_as_expected(const Sight& sight, Expect expect) {
    const int before = sight.path.front();
    const auto is_before = [before](int node) { return node == before; };
    switch (expect) {
        case Expect::stays:
            return sight.path.size() == 1 && !sight.lost;
        case Expect::put_back:
            return std::ranges::all_of(sight.path, is_before) && sight.path.size() > 1;
        case Expect::moves:
            return sight.path.size() == 2 && sight.path.back() != before;
        case Expect::anybody:
            return true;
    }
    return false;
}

void add_remark(Outcome& outcome, const std::string& remark) {
    if (!outcome.remark.empty() && !remark.empty()) outcome.remark += "; ";
    outcome.remark += remark;
}

void complain(Outcome& outcome, const std::string& complaint) {
    if (complaint.empty()) return;
    outcome.verdict = Verdict::not_as_expected;
    add_remark(outcome, complaint);
}

/// What the nodes said last, for who has to find out why.
std::string last_words(Trial& trial) {
    constexpr std::size_t shown = 4000;
    std::string words;
    for (int node = 1; node <= trial.cluster().size(); ++node) {
        const auto log = trial.cluster().log(node);
        words += fmt::format("--- node {}\n{}", node,
                             log.substr(log.size() - std::min(log.size(), shown)));
    }
    return words;
}

/// P1 and P3 hold whatever was expected.
void judge(Outcome& outcome, Trial& trial, const Fault& fault) {
    const bool well = trial.wait_until_well(patience);
    lab::sleep_for(aftermath);
    const Sight sight = trial.sight();
    outcome.sight = sight;
    if (!well) complain(outcome, "the cluster did not become whole again");
    if (!is_as_expected(sight, fault.expect)) complain(outcome, "not the expected holder");
    if (sight.wire_overlap > 0ns) complain(outcome, "two answered for the VIP");
    if (sight.address_overlap > 0ns && !fault.nobody_removes)
        complain(outcome, "two interfaces had the VIP");
    if (!sight.outage.over) complain(outcome, "the client is not served");
    complain(outcome, trial.bugs());
    complain(outcome, fault.examine(trial));
}

Outcome try_once(const Fault& fault) {
    Outcome outcome{.remark = fault.remark};
    Trial trial(fault.options);
    if (trial.begin()) {
        const auto struck = lab::now();
        fault.strike(trial);
        if (fault.expect == Expect::moves) trial.wait_until_moved(patience);
        lab::sleep_until(struck + fault.lasts);
        fault.repair(trial);
        judge(outcome, trial, fault);
    } else {
        complain(outcome, "the cluster did not start");
    }
    if (outcome.verdict != Verdict::as_expected) outcome.logs = last_words(trial);
    return outcome;
}

}  // namespace

std::string in_words(Expect expect) {
    switch (expect) {
        case Expect::stays:
            return "stays";
        case Expect::put_back:
            return "put back";
        case Expect::moves:
            return "another";
        case Expect::anybody:
            return "one";
    }
    return "";
}

/// No lease survives when the whole machine stands still, and the takeover that follows is right
/// but not what the row is about. So such a try does not count, unless two nodes answered.
Outcome run(const Fault& fault) {
    for (int tries = 1;; ++tries) {
        Outcome outcome = try_once(fault);
        const Sight& sight = outcome.sight;
        if (sight.pause >= pause_min)
            add_remark(outcome,
                       fmt::format("this machine stood still for {} ms", sight.pause / 1ms));
        if (tries > 1) add_remark(outcome, fmt::format("try {}", tries));
        if (outcome.verdict == Verdict::as_expected || sight.wire_overlap > 0ns ||
            sight.pause < pause_min || tries == tries_max)
            return outcome;
    }
}

Row row(Fault fault) {
    auto name = fault.name;
    auto expected = in_words(fault.expect);
    return {std::move(name), std::move(expected), [f = std::move(fault)] { return run(f); }};
}

}  // namespace komainu::faults
