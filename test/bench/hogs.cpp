// bench-hogs: whether a busy host is taken for a dead one. Three nodes with interval = 10ms and
// deadtime = 50ms share this machine's processors with busy loops, two for each processor, all at
// the default priority. Prints how late the nodes were woken up, and whether the VIP moved.
//
//   bench-hogs [--seconds N]     600 by default
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "test/bench/bench.h"
#include "test/lab/clock.h"
#include "test/lab/cluster.h"
#include "test/lab/sandbox.h"

namespace komainu::bench {
namespace {

constexpr NumberOption option{"bench-hogs", "--seconds", 600, 3600};
constexpr unsigned hogs_each = 2;

/// Busy loops, which end with this, or with whoever has it.
class Hogs {
public:
    explicit Hogs(unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            const pid_t pid = ::fork();
            if (pid == 0) hog();
            if (pid > 0) pids_.push_back(pid);
        }
    }
    ~Hogs() {
        for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
        for (const pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
    }
    Hogs(const Hogs&) = delete;
    Hogs& operator=(const Hogs&) = delete;

    std::size_t size() const { return pids_.size(); }

private:
    [[noreturn]] static void hog() {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) std::atomic_signal_fence(std::memory_order_seq_cst);
    }

    std::vector<pid_t> pids_;
};

std::size_t pauses_in(const std::string& log) {
    std::size_t count = 0;
    for (auto at = log.find("I was not scheduled"); at != log.npos;
         at = log.find("I was not scheduled", at + 1))
        ++count;
    return count;
}

void print_node(lab::Cluster& cluster, int node) {
    const auto status = cluster.status(node);
    if (!status) return fmt::print("{:<5} does not answer\n", node);
    const auto& late = status->at("lateness");
    const auto us = [&](const char* key) { return late.at(key).get<std::int64_t>(); };
    fmt::print("{:<5} {:<8} {:>5} {:>9} {:>8} {:>8} {:>8} {:>8} {:>7}\n", node,
               status->at("role").get<std::string>(), status->at("term").get<int>(), us("wake_ups"),
               us("p50_us"), us("p99_us"), us("p999_us"), us("max_us"),
               pauses_in(cluster.log(node)));
}

int run(int argc, char** argv) {
    const auto time = std::chrono::seconds(option.read(argc, argv));
    lab::ClusterOptions options;
    options.interval = 10ms;
    options.deadtime = 50ms;
    lab::Cluster cluster(options);
    if (!starts(cluster)) return 1;
    const auto before = cluster.status(1);
    const Hogs hogs(hogs_each * std::max(1U, std::thread::hardware_concurrency()));
    fmt::print(
        "three nodes, interval = 10ms, deadtime = 50ms, beside {} busy loops on {} "
        "processors for {} s\n\n",
        hogs.size(), std::thread::hardware_concurrency(), time / 1s);
    std::fflush(stdout);
    lab::sleep_for(time);
    fmt::print("{:<5} {:<8} {:>5} {:>9} {:>8} {:>8} {:>8} {:>8} {:>7}\n", "node", "role", "term",
               "wake-ups", "p50 us", "p99 us", "p99.9 us", "max us", "pauses");
    for (int node = 1; node <= cluster.size(); ++node) print_node(cluster, node);
    const auto after = cluster.status(1);
    const bool moved = !before || !after || before->at("term") != after->at("term");
    fmt::print("\n{}\n", moved ? "THE VIP MOVED" : "no takeover");
    if (moved)
        for (int node = 1; node <= cluster.size(); ++node)
            fmt::print(stderr, "--- node {}\n{}", node, cluster.log(node));
    return moved ? 1 : 0;
}

}  // namespace
}  // namespace komainu::bench

int main(int argc, char** argv) {
    using komainu::bench::option;
    if (option.read(argc, argv) == 0) return option.usage();
    return komainu::lab::run_in_sandbox(argc, argv, komainu::bench::run);
}
