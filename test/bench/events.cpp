// bench-events: how long an event of a backend takes from being submitted until every node has
// applied it, and how many a cluster takes in a second. A majority has each in
// its files before it counts. These are in memory here: what a disk takes comes on top.
//
//   bench-events [--events N]     N one by one, and N at once by eight clients; 200 by default
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <future>
#include <thread>
#include <vector>

#include "test/bench/bench.h"
#include "test/lab/clock.h"
#include "test/lab/control.h"

namespace komainu::bench {
namespace {

using nlohmann::json;

constexpr NumberOption option{"bench-events", "--events", 200, 10'000};
constexpr int clients = 8;
constexpr Duration settling = 2s;

std::string backends() {
    std::string text = "\n";
    for (int i = 0; i < clients; ++i)
        text += fmt::format("[backend.{}]\naddress = 10.77.0.{}:5432\n", i, 100 + i);
    return text;
}

json ask(lab::Cluster& cluster, int node, const json& request) {
    return lab::ask(cluster.control_socket(node), request, lab::patience).value_or(json::object());
}

/// Detaches the backend, or attaches it. Whether that was done.
bool submit(lab::Cluster& cluster, int node, int backend, bool attach) {
    return ask(cluster, node,
               {{"command", "backend"}, {"event", attach ? "attach" : "detach"}, {"id", backend}})
               .value("outcome", "") == "done";
}

/// Until the node has another list than that of the revision.
Instant wait_for_change(lab::Cluster& cluster, int node, const std::string& revision) {
    const json request{{"command", "backends"}, {"after", revision}};
    while (ask(cluster, node, request).value("revision", "") == revision) {
    }
    return lab::now();
}

struct Times {
    std::vector<Duration> answered;
    std::vector<Duration> everywhere;
};

bool time_one(lab::Cluster& cluster, int asked, bool attach, Times& times) {
    std::vector<std::future<Instant>> changes;
    for (int node = 1; node <= cluster.size(); ++node) {
        const std::string revision = ask(cluster, node, {{"command", "backends"}})["revision"];
        changes.push_back(
            std::async(std::launch::async, wait_for_change, std::ref(cluster), node, revision));
    }
    lab::sleep_for(5ms);  // they all wait now
    const Instant begin = lab::now();
    const bool done = submit(cluster, asked, 0, attach);
    times.answered.push_back(lab::now() - begin);
    Instant last = begin;
    for (auto& change : changes) last = std::max(last, change.get());
    times.everywhere.push_back(last - begin);
    return done;
}

void print_row(const std::string& what, std::vector<Duration> times) {
    std::ranges::sort(times);
    const auto at = [&](std::size_t percent) {
        const Duration time = times[(times.size() - 1) * percent / 100];
        return fmt::format("{:.1f} ms", std::chrono::duration<double, std::milli>(time).count());
    };
    fmt::print("{:<44} {:>10} {:>10} {:>10}\n", what, at(50), at(99), at(100));
    std::fflush(stdout);
}

/// So many by each of the clients, of a backend of its own.
double per_second(lab::Cluster& cluster, int asked, int events) {
    std::vector<std::thread> threads;
    std::atomic<int> done = 0;
    const Instant begin = lab::now();
    for (int client = 0; client < clients; ++client)
        threads.emplace_back([&, client] {
            for (int i = 0; i < events / clients; ++i)
                done += submit(cluster, asked, client, i % 2 == 1) ? 1 : 0;
        });
    for (auto& thread : threads) thread.join();
    return done / std::chrono::duration<double>(lab::now() - begin).count();
}

int measure(int nodes, int events) {
    lab::Cluster cluster({.nodes = nodes, .more = backends()});
    if (!starts(cluster)) return 1;
    lab::sleep_for(settling);
    const auto active = cluster.active();
    if (!active) return 1;
    const int standby = *active % nodes + 1;
    Times times;
    for (int i = 0; i < events; ++i)
        if (!time_one(cluster, standby, i % 2 == 1, times)) {
            fmt::print("an event was not done\n");
            return 1;
        }
    print_row(fmt::format("{} nodes: submitted to answered", nodes), times.answered);
    print_row(fmt::format("{} nodes: submitted to applied everywhere", nodes), times.everywhere);
    fmt::print("{} nodes: {:.0f} events per second, {} clients at once\n", nodes,
               per_second(cluster, standby, events), clients);
    return 0;
}

int run(int argc, char** argv) {
    const int events = option.read(argc, argv);
    fmt::print("{:<44} {:>10} {:>10} {:>10}\n", "events of backends, asked on a standby", "median",
               "p99", "most");
    for (const int nodes : {3, 5})
        if (const int status = measure(nodes, events); status != 0) return status;
    return 0;
}

}  // namespace
}  // namespace komainu::bench

int main(int argc, char** argv) {
    using namespace komainu::bench;
    return run_bench(option, argc, argv, run);
}
