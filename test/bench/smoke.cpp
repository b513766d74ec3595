// bench-smoke: the figures that komainu is to reach, measured on this machine and printed beside
// their targets. It judges nothing: on a busy machine every one of them is worse.
//
//   bench-smoke [--runs N]     N takeovers of each kind, 10 by default
#include <fmt/format.h>

#include <signal.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <vector>

#include "test/bench/bench.h"
#include "test/bench/takeover.h"
#include "test/bench/usage.h"
#include "test/lab/clock.h"

namespace komainu::bench {
namespace {

constexpr NumberOption option{"bench-smoke", "--runs", 10, 1000};
constexpr Duration steady_state = 10s;

void nothing(lab::Cluster&, int) {}
void start_daemon(lab::Cluster& cluster, int node) { cluster.start(node); }

struct TargetedWay {
    Way way;
    const char* target;
};

std::vector<TargetedWay> ways() {
    return {
        {{"switchover", [](lab::Cluster& c, int active) { c.switchover(active); }, nothing},
         "3 ms"},
        {{"SIGKILL of main", [](lab::Cluster& c, int active) { c.kill_main(active); },
          start_daemon},
         "5 ms"},
        {{"service death", [](lab::Cluster& c, int active) { c.kill_service(active); },
          [](lab::Cluster& c, int struck) { c.start_service(struck); }},
         "5 ms"},
        {{"silent drop", [](lab::Cluster& c, int active) { c.network().silence(c.host(active)); },
          [](lab::Cluster& c, int struck) { c.network().heal(c.host(struck)); }},
         "50 ms"},
        {{"both processes killed",
          [](lab::Cluster& c, int active) { c.signal_both(active, SIGKILL); },
          [](lab::Cluster& c, int struck) {
              c.daemon(struck).wait(lab::patience);
              c.start(struck);
          }},
         "50 ms"},
    };
}

void print_row(const std::string& what, const std::string& median, const std::string& least,
               const std::string& most, const std::string& target, const std::string& remark = "") {
    fmt::print("{:<34} {:>9} {:>9} {:>9} {:>9}   {}\n", what, median, least, most, target, remark);
    std::fflush(stdout);
}

std::string in_ms(Duration d) {
    return fmt::format("{:.1f} ms", std::chrono::duration<double, std::milli>(d).count());
}

std::string in_us(Duration d) { return fmt::format("{} us", d / 1us); }

template <class Number, class Format>
void print_figures(const std::string& what, std::vector<Number> figures, Format text,
                   const std::string& target, const std::string& remark = "") {
    if (figures.empty()) return print_row(what, "-", "-", "-", target, "could not be measured");
    std::ranges::sort(figures);
    // The lower of the two in the middle of an even number.
    const auto median = figures[(figures.size() - 1) / 2];
    print_row(what, text(median), text(figures.front()), text(figures.back()), target, remark);
}

/// Returns whether each run led to a takeover. What the wire said is added to the last.
bool run_takeovers(lab::Cluster& cluster, int runs, std::vector<Duration>& announcements) {
    Takeovers takeovers(cluster);
    bool all = true;
    for (const auto& [way, target] : ways()) {
        std::vector<Duration> gaps, answers;
        Duration overlap{};
        for (int run = 0; run < runs; ++run) {
            const auto takeover = takeovers.measure(way);
            if (!takeover) continue;
            gaps.push_back(takeover->gap);
            answers.push_back(takeover->until_answer);
            overlap = std::max(overlap, takeover->overlap);
            if (takeover->vote_to_announcement)
                announcements.push_back(*takeover->vote_to_announcement);
        }
        const auto failed = static_cast<std::size_t>(runs) - gaps.size();
        all = all && failed == 0;
        auto remark = overlap == 0ns ? "never" : in_ms(overlap);
        if (failed > 0) remark += fmt::format(", {} without a takeover", failed);
        print_figures("client gap, " + way.name, gaps, in_ms, target, remark);
        // Who died together with all that would take the VIP away goes on answering until another
        // takes over, and the client notices nothing. What the others need is told apart.
        if (overlap > 0ns) print_figures("  until another answers", answers, in_ms, target);
    }
    return all;
}

/// Of one node, over the steady state.
struct Usage {
    bool active = false;
    double percent_of_core = 0;
    double wake_ups_per_second = 0;
    double mib = 0;
};

struct Reading {
    Duration processor{};
    std::uint64_t wake_ups = 0;
    std::uint64_t bytes = 0;
};

Reading read_usage(lab::Cluster& cluster, int node) {
    Reading sum;
    for (const pid_t pid : {cluster.daemon(node).pid(), cluster.guard_pid(node)}) {
        sum.processor += processor_time(pid).value_or(0ns);
        sum.wake_ups += wake_ups(pid).value_or(0);
        sum.bytes += proportional_bytes(pid).value_or(0);
    }
    return sum;
}

std::vector<Usage> measure_steady_state(lab::Cluster& cluster) {
    cluster.wait_until_whole();
    const auto active = cluster.active();
    lab::sleep_for(1s);
    std::vector<Reading> before;
    const auto began = lab::now();
    for (int node = 1; node <= cluster.size(); ++node) before.push_back(read_usage(cluster, node));
    lab::sleep_for(steady_state);
    std::vector<Usage> usages;
    const std::chrono::duration<double> seconds = lab::now() - began;
    for (int node = 1; node <= cluster.size(); ++node) {
        const auto& then = before[static_cast<std::size_t>(node - 1)];
        const auto after = read_usage(cluster, node);
        const std::chrono::duration<double> busy = after.processor - then.processor;
        usages.push_back({node == active, 100 * (busy / seconds),
                          static_cast<double>(after.wake_ups - then.wake_ups) / seconds.count(),
                          static_cast<double>(after.bytes) / (1024 * 1024)});
    }
    return usages;
}

void print_steady_state(const std::vector<Usage>& usages) {
    for (const bool active : {true, false}) {
        std::vector<double> percents, wake_ups, mibs;
        for (const auto& usage : usages) {
            if (usage.active != active) continue;
            percents.push_back(usage.percent_of_core);
            wake_ups.push_back(usage.wake_ups_per_second);
            mibs.push_back(usage.mib);
        }
        const std::string role = active ? "active" : "standby";
        print_figures(
            "processor, " + role, percents, [](double v) { return fmt::format("{:.2f} %", v); },
            "1 %", "main and guard");
        print_figures(
            "wake-ups each second, " + role, wake_ups,
            [](double v) { return fmt::format("{:.0f}", v); }, "-", "main and guard");
        print_figures(
            "proportional memory, " + role, mibs,
            [](double v) { return fmt::format("{:.1f} MiB", v); }, "8 MiB", "main and guard");
    }
}

int run(int argc, char** argv) {
    const int runs = option.read(argc, argv);
    lab::ClusterOptions options;
    options.interval = 10ms;
    options.deadtime = 40ms;
    options.check = lab::ServiceCheck::process;
    lab::Cluster cluster(options);
    cluster.start_services();
    if (!starts(cluster)) return 1;
    fmt::print(
        "three nodes, interval = 10ms, deadtime = 40ms, a probe each millisecond; {} runs each\n\n",
        runs);
    print_row("", "median", "least", "most", "target", "VIP on two nodes");
    std::vector<Duration> announcements;
    const bool all = run_takeovers(cluster, runs, announcements);
    print_figures("vote arrives to first announcement", announcements, in_us, "300 us",
                  fmt::format("of {} takeovers", announcements.size()));
    print_steady_state(measure_steady_state(cluster));
    return all ? 0 : 1;
}

}  // namespace
}  // namespace komainu::bench

int main(int argc, char** argv) {
    using namespace komainu::bench;
    return run_bench(option, argc, argv, run);
}
