// faults: what can happen to a cluster, one fault after another, on real daemons in namespaces of
// their own; and for each whether the right node held the VIP in the end, whether two ever answered
// for it, and how long the client waited. Exit status 1 when a row was not as expected.
//
//   faults [PART OF A NAME]...     only the rows whose names contain one of them
//
// SEED and FAULTS in the environment: of the row of random faults, to see the same ones again, or
// another number of them.
#include <fmt/format.h>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "test/faults/freezer.h"
#include "test/faults/row.h"
#include "test/lab/sandbox.h"

namespace komainu::faults {
namespace {

/// The sandbox ends with this process, and with it all that was made in it.
void end_interrupted(int) {
    constexpr char text[] = "\ninterrupted; nothing is left behind\n";
    static_cast<void>(!::write(STDOUT_FILENO, text, sizeof text - 1));
    _exit(128 + SIGINT);
}

std::vector<Row> all_rows() {
    std::vector<Row> all;
    for (const auto& rows : {process_rows(), network_rows(), interface_rows(), clock_rows(),
                             resource_rows(), cluster_rows()})
        all.insert(all.end(), rows.begin(), rows.end());
    all.push_back(random_row());
    return all;
}

bool is_wanted(const Row& row, int argc, char** argv) {
    const auto names_it = [&](const char* part) { return row.name.find(part) != row.name.npos; };
    return argc == 1 || std::any_of(argv + 1, argv + argc, names_it);
}

void print_line(const std::string& name, const std::string& expected, const std::string& seen,
                const std::string& wire, const std::string& address, const std::string& gap,
                const std::string& remark) {
    fmt::print("{:<54} {:<8} {:<12} {:>8} {:>8} {:>8}  {}\n", name, expected, seen, wire, address,
               gap, remark);
    std::fflush(stdout);
}

std::string in_us(Duration d) {
    return fmt::format("{}", std::chrono::ceil<std::chrono::microseconds>(d) / 1us);
}
std::string in_ms(Duration d) {
    return fmt::format("{:.1f}", std::chrono::duration<double, std::milli>(d).count());
}

std::string in_words(Verdict verdict) {
    switch (verdict) {
        case Verdict::as_expected:
            return "";
        case Verdict::not_as_expected:
            return "NOT AS EXPECTED: ";
        case Verdict::not_run:
            return "not run: ";
    }
    return "";
}

void print_outcome(const Row& row, const Outcome& outcome) {
    const auto remark = in_words(outcome.verdict) + outcome.remark;
    if (outcome.verdict == Verdict::not_run || outcome.sight.path.empty())
        return print_line(row.name, row.expected, "-", "-", "-", "-", remark);
    const auto& sight = outcome.sight;
    print_line(row.name, row.expected, faults::in_words(sight.path), in_us(sight.wire_overlap),
               in_us(sight.address_overlap), in_ms(sight.outage.gap), remark);
}

int run_matrix(int argc, char** argv) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::signal(signal, end_interrupted);
    fmt::print(
        "Three nodes, interval = 10ms, deadtime = 50ms. overlap: how long two nodes answered for "
        "the VIP, on\nthe wire; two had: two interfaces had it, answering or not. gap: what the "
        "client waited.\n\n");
    print_line("fault", "expected", "holders", "overlap", "two had", "gap", "");
    print_line("", "", "", "us", "us", "ms", "");
    int as_expected = 0, not_as_expected = 0, not_run = 0;
    std::string logs;
    for (const auto& row : all_rows()) {
        if (!is_wanted(row, argc, argv)) continue;
        const auto outcome = row.run();
        print_outcome(row, outcome);
        if (!outcome.logs.empty()) logs += fmt::format("\n{}:\n{}", row.name, outcome.logs);
        as_expected += outcome.verdict == Verdict::as_expected;
        not_as_expected += outcome.verdict == Verdict::not_as_expected;
        not_run += outcome.verdict == Verdict::not_run;
    }
    fmt::print("{}\n{} as expected, {} not, {} not run\n", logs, as_expected, not_as_expected,
               not_run);
    if (as_expected + not_as_expected + not_run == 0) fmt::print("no row has such a name\n");
    return not_as_expected == 0 && as_expected > 0 ? 0 : 1;
}

}  // namespace
}  // namespace komainu::faults

int main(int argc, char** argv) {
    // Looked up before: afterwards the /proc that is seen from here is the sandbox's.
    const auto group = komainu::faults::own_group();
    const int status = komainu::lab::run_in_sandbox(argc, argv, komainu::faults::run_matrix);
    if (group) komainu::faults::remove_freezers(*group);
    return status;
}
