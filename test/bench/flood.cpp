// bench-flood: what a flood does to a cluster, kind by kind and faster and faster: how much is
// offered to each node, how much of it the active's main process handles, what the kernel drops,
// and whether the VIP moves. The attacker, the LAN and the three nodes share this machine's
// processors, so the rates are lower, and the cluster worse off, than with machines of their own.
//
//   bench-flood [--seconds N]     N seconds for each row, 3 by default
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>

#include "test/bench/bench.h"
#include "test/bench/usage.h"
#include "test/lab/attacker.h"
#include "test/lab/clock.h"
#include "test/lab/cluster.h"

namespace komainu::bench {
namespace {

using lab::Datagram;
using lab::Shot;

constexpr NumberOption option{"bench-flood", "--seconds", 3, 600};
constexpr int attackers = 2;
constexpr std::array<std::uint64_t, 4> rates{3'000, 30'000, 100'000, 0};  // a second; 0: all it can

struct Kind {
    std::string name;
    std::vector<Shot> shots;
};

/// Heartbeats as they are on the wire.
std::vector<Datagram> recorded(lab::Cluster& cluster) {
    const lab::Capture capture(cluster.network(), "udp port 9694");
    lab::sleep_for(1s);
    return lab::datagrams_of(capture.frames());
}

/// To each node what comes from another: a kernel drops what claims to come from itself.
std::vector<Shot> shots(lab::Cluster& cluster, const std::vector<Datagram>& datagrams) {
    std::vector<Shot> shots;
    for (const Datagram& datagram : datagrams)
        for (int node = 1; node <= cluster.size(); ++node)
            if (datagram.sender != cluster.host(node).ipv4)
                shots.push_back({datagram, cluster.host(node).ipv4});
    return shots;
}

template <class Change>
std::vector<Datagram> changed(std::vector<Datagram> datagrams, Change change) {
    for (std::size_t i = 0; i < datagrams.size(); ++i) change(datagrams[i], i);
    return datagrams;
}

std::vector<Kind> kinds(lab::Cluster& cluster) {
    constexpr std::size_t key_id_at = 8;
    const auto genuine = recorded(cluster);
    std::mt19937 random(77);
    const auto stranger = [](Datagram& datagram, std::size_t i) {
        datagram.sender =
            parse_address(fmt::format("10.{}.{}.{}", 78 + i % 100, i / 100 % 250, 1 + i % 250))
                .value();
    };
    const auto noise = [&](Datagram& datagram, std::size_t) {
        for (std::byte& b : datagram.payload) b = static_cast<std::byte>(random());
    };
    const auto other_key = [&](Datagram& datagram, std::size_t) {
        datagram.payload.at(key_id_at) ^= std::byte{1};
    };
    const auto bad_tag = [](Datagram& datagram, std::size_t) {
        datagram.payload.back() ^= std::byte{1};
    };
    return {{"from many strangers", shots(cluster, changed(genuine, stranger))},
            {"garbage, as a peer", shots(cluster, changed(genuine, noise))},
            {"unknown key, as a peer", shots(cluster, changed(genuine, other_key))},
            {"bad tag, as a peer", shots(cluster, changed(genuine, bad_tag))},
            {"replay, as a peer", shots(cluster, genuine)}};
}

/// Of one process, at one instant.
struct Reading {
    Instant at;
    Duration processor{};
    std::uint64_t received = 0;
    std::uint64_t dropped = 0;
    std::uint64_t bytes = 0;
    std::int64_t term = 0;
};

Reading read(lab::Cluster& cluster, int node) {
    const auto status = cluster.status(node).value_or(nlohmann::json::object());
    const pid_t main = cluster.daemon(node).pid();
    const auto counter = [&](const char* path) {
        return status.value(nlohmann::json::json_pointer(path), std::uint64_t{0});
    };
    return {lab::now(),
            processor_time(main).value_or(0ns),
            counter("/datagrams/received"),
            counter("/datagrams/dropped"),
            proportional_bytes(main).value_or(0),
            status.value("term", std::int64_t{0})};
}

std::uint64_t flood(lab::Cluster& cluster, const Kind& kind, std::uint64_t rate, Duration time) {
    std::array<std::uint64_t, attackers> sent{};
    {
        std::vector<std::jthread> threads;
        for (auto& count : sent)
            threads.emplace_back([&](const std::stop_token& stop) {
                count =
                    lab::Attacker(cluster.client_host()).flood(stop, kind.shots, rate / attackers);
            });
        lab::sleep_for(time);
    }
    std::uint64_t all = 0;
    for (const auto count : sent) all += count;
    return all;
}

/// Whether the VIP stayed where it was.
bool measure(lab::Cluster& cluster, const Kind& kind, std::uint64_t rate, Duration time) {
    cluster.wait_until_whole();
    const auto active = cluster.active();
    if (!active) {
        fmt::print("{:<24} no node is active\n", kind.name);
        return false;
    }
    const auto before = read(cluster, *active);
    const auto sent = flood(cluster, kind, rate, time);
    const auto after = read(cluster, *active);
    const bool moved = cluster.wait_for_active() != active || after.term != before.term;
    const double seconds = std::chrono::duration<double>(after.at - before.at).count();
    const auto a_second = [&](std::uint64_t count) { return static_cast<double>(count) / seconds; };
    const std::chrono::duration<double> busy = after.processor - before.processor;
    fmt::print("{:<24} {:>9.0f} {:>9.0f} {:>9.0f}   {:<5} {:>5.1f} % {:>7.1f} {:>7.1f}\n",
               kind.name, a_second(sent) / cluster.size(),
               a_second(after.received - before.received), a_second(after.dropped - before.dropped),
               moved ? "MOVED" : "no", 100 * busy.count() / seconds,
               static_cast<double>(before.bytes) / (1 << 20),
               static_cast<double>(after.bytes) / (1 << 20));
    std::fflush(stdout);
    return !moved;
}

int run(int argc, char** argv) {
    const auto time = std::chrono::seconds(option.read(argc, argv));
    lab::ClusterOptions options;
    options.interval = 100ms;
    options.deadtime = 500ms;
    lab::Cluster cluster(options);
    if (!starts(cluster)) return 1;
    fmt::print(
        "three nodes, interval = 100ms, deadtime = 500ms; {} s a row, {} attackers; for each "
        "node:\n\n{:<24} {:>9} {:>9} {:>9}   {:<5} {:>7} {:>7} {:>7}\n",
        time / 1s, attackers, "kind", "offered/s", "handled/s", "dropped/s", "moved", "main", "MiB",
        "after");
    for (const Kind& kind : kinds(cluster))
        for (const auto rate : rates)
            measure(cluster, kind, rate * static_cast<std::uint64_t>(cluster.size()), time);
    return 0;
}

}  // namespace
}  // namespace komainu::bench

int main(int argc, char** argv) {
    using namespace komainu::bench;
    return run_bench(option, argc, argv, run);
}
