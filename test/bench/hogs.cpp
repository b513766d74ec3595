// bench-hogs: whether a busy host is taken for a dead one. Three nodes with interval = 10ms and
// deadtime = 50ms share this machine's processors with busy loops, two for each processor, all at
// the default priority. Prints how late the nodes were woken up, and whether the VIP moved.
//
// A virtual machine that its host stops is no busy host: all nodes are here, and stop with it. So
// on each processor a thread of the highest priority that does nothing else looks how late it is
// woken up itself, and a lease that lapses while it was told so, all threads alike, is the
// machine's.
//
//   bench-hogs [--seconds N]     600 by default
#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

#include "ctl/cluster_view.h"
#include "io/clock.h"
#include "test/bench/bench.h"
#include "test/lab/clock.h"
#include "test/lab/cluster.h"

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

constexpr Duration pause_min = 15ms;  ///< a third of a lease

/// When this machine's processors did nothing for anybody.
class Machine {
public:
    Machine() {
        for (unsigned cpu = 0; cpu < std::thread::hardware_concurrency(); ++cpu)
            threads_.emplace_back([this, cpu] { watch(cpu); });
    }
    ~Machine() {
        ending_ = true;
        for (std::thread& thread : threads_) thread.join();
    }
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    struct Pause {
        std::int64_t end_ms;  ///< wall clock
        Duration length;
    };
    std::vector<Pause> pauses() {
        const std::lock_guard lock(mutex_);
        return pauses_;
    }
    bool is_watched() const { return watched_ == threads_.size(); }

private:
    void watch(unsigned cpu) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        const sched_param first{.sched_priority = sched_get_priority_max(SCHED_FIFO)};
        if (::sched_setaffinity(0, sizeof one, &one) == 0 &&
            ::sched_setscheduler(0, SCHED_FIFO, &first) == 0)
            ++watched_;
        while (!ending_) {
            const Instant wake = lab::now() + 1ms;
            lab::sleep_for(1ms);
            const Duration late = lab::now() - wake;
            if (late < pause_min) continue;
            const std::lock_guard lock(mutex_);
            pauses_.push_back({static_cast<std::int64_t>(wall_clock_ms()), late});
        }
    }

    std::atomic<bool> ending_ = false;
    std::atomic<std::size_t> watched_ = 0;
    std::mutex mutex_;
    std::vector<Pause> pauses_;
    std::vector<std::thread> threads_;
};

/// When the node's lease has lapsed, wall clock.
std::vector<std::int64_t> lapses_in(const std::string& log) {
    std::vector<std::int64_t> times;
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);)
        if (line.find("the lease lapsed: too few") != line.npos &&
            line.find("active -> ") != line.npos)
            times.push_back(parse_utc(line.substr(0, line.find(' '))).value_or(0));
    return times;
}

/// Lapses that no pause of the machine explains.
int unexplained_lapses(lab::Cluster& cluster, const std::vector<Machine::Pause>& pauses) {
    constexpr std::int64_t near_ms = 100;
    int unexplained = 0;
    for (int node = 1; node <= cluster.size(); ++node)
        for (const std::int64_t lapse : lapses_in(cluster.log(node)))
            unexplained += std::ranges::none_of(pauses, [&](const Machine::Pause& pause) {
                return std::abs(pause.end_ms - lapse) < near_ms;
            });
    return unexplained;
}

void print_machine(Machine& machine) {
    Duration longest{};
    for (const auto& pause : machine.pauses()) longest = std::max(longest, pause.length);
    fmt::print("\nthe machine itself stood still for {} ms or more {} times, for {} ms at most{}\n",
               pause_min / 1ms, machine.pauses().size(), longest / 1ms,
               machine.is_watched() ? "" : " (not measured in real time)");
}

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
    Machine machine;
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
    print_machine(machine);
    const bool same = before && after && before->at("term") == after->at("term");
    const int unexplained = unexplained_lapses(cluster, machine.pauses());
    const bool moved = !same && (!before || !after || unexplained != 0);
    fmt::print("{}\n", same    ? "no takeover"
                       : moved ? "THE VIP MOVED"
                               : "no takeover but where the machine itself stood still");
    if (moved)
        for (int node = 1; node <= cluster.size(); ++node)
            fmt::print(stderr, "--- node {}\n{}", node, cluster.log(node));
    return moved ? 1 : 0;
}

}  // namespace
}  // namespace komainu::bench

int main(int argc, char** argv) {
    using namespace komainu::bench;
    return run_bench(option, argc, argv, run);
}
