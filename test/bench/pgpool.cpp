// bench-pgpool: for how long a client of PostgreSQL commits nothing when the active node fails,
// with pgpool-II's own watchdog as fast as it goes, and with komainu in its place. The same hosts,
// databases, pgpools and client for both.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "test/bench/bench.h"
#include "test/lab/clock.h"
#include "test/pgpool/pgpool_lab.h"

namespace komainu::bench {
namespace {

constexpr NumberOption option{"bench-pgpool", "--runs", 3, 100};
constexpr Duration most = 120s;         // a gap that is not over by then is none that we wait for
constexpr Duration at_rest = 3s;        // before a strike
constexpr Duration takes_hold = 500ms;  // until the client notices
// The first node of the watchdog takes ten seconds to lead, and as long again to have the others.
constexpr Duration watchdog_starts_within = 60s;

enum class Keeper { watchdog, komainu };

struct Way {
    const char* name;
    void (*strike)(lab::Cluster&, lab::PgpoolLab&, int active);
};

constexpr Way ways[] = {
    {"the active's host is cut off",
     [](lab::Cluster& c, lab::PgpoolLab&, int active) { c.network().silence(c.host(active)); }},
    {"pgpool and all its processes are killed",
     [](lab::Cluster&, lab::PgpoolLab& lab, int active) { lab.pgpool(active).kill(); }},
    {"pgpool is stopped (fast)",
     [](lab::Cluster&, lab::PgpoolLab& lab, int active) { lab.pgpool(active).stop(); }},
};

lab::ClusterOptions cluster_options() {
    lab::ClusterOptions options;
    options.interval = 10ms;
    options.deadtime = 50ms;
    options.more =
        "\n[service.pgpool]\ncheck = process\npid_file = @directory@/pgpool/pgpool.pid\n"
        "interval = 50ms\nfall = 1\n";
    return options;
}

bool has_vip(lab::Cluster& cluster, int node) {
    bool has = false;
    cluster.host(node).space.run([&] {
        const auto command =
            "ip -4 -o addr show dev eth0 | grep -q 'inet " + to_string(cluster.vip()) + "/'";
        has = std::system(command.c_str()) == 0;
    });
    return has;
}

/// The node that has the VIP; 0 when none has.
int holder(lab::Cluster& cluster) {
    for (int node = 1; node <= cluster.size(); ++node)
        if (has_vip(cluster, node)) return node;
    return 0;
}

/// With new servers for each run: what one strike leaves behind shall not matter to the next.
std::optional<Duration> measure(Keeper keeper, const Way& way) {
    lab::Cluster cluster(cluster_options());
    const auto settings =
        keeper == Keeper::watchdog
            ? lab::watchdog_settings(cluster, "heartbeat", to_string(cluster.vip()))
            : "";
    lab::PgpoolLab lab(cluster, {.databases = 1, .settings = settings});
    lab.start_pgpools();
    if (keeper == Keeper::komainu && !starts(cluster)) return {};
    if (!lab::wait_until([&] { return holder(cluster) != 0; }, watchdog_starts_within)) return {};
    lab::SqlClient& client = lab.start_client();
    if (keeper == Keeper::watchdog && !lab.wait_until_watchdog_is_whole(watchdog_starts_within))
        return {};
    lab::sleep_for(at_rest);
    const int active = holder(cluster);
    const auto struck = lab::now();
    way.strike(cluster, lab, active);
    lab::sleep_for(takes_hold);
    if (!client.commits(most)) return most;
    return client.gap_since(struck);
}

std::string in_ms(Duration d) { return fmt::format("{} ms", d / 1ms); }

std::string row_text(std::vector<Duration> gaps) {
    if (gaps.empty()) return fmt::format("{:>10} {:>10} {:>10}", "-", "-", "-");
    std::ranges::sort(gaps);
    return fmt::format("{:>10} {:>10} {:>10}", in_ms(gaps[(gaps.size() - 1) / 2]),
                       in_ms(gaps.front()), in_ms(gaps.back()));
}

int run(int argc, char** argv) {
    const int runs = option.read(argc, argv);
    if (!lab::has_real_servers()) {
        fmt::print(stderr, "bench-pgpool: pgpool-II or PostgreSQL is not installed\n");
        return 1;
    }
    fmt::print(
        "for how long a client commits nothing; {} runs each, median, least and most\n\n"
        "pgpool-II's watchdog: wd_interval = 1, wd_heartbeat_keepalive = 1, "
        "wd_heartbeat_deadtime = {}\n"
        "komainu: interval = 10ms, deadtime = 50ms, check = process\n"
        "the client gives up a connection that says nothing for {} ms\n\n"
        "{:<42}{:<36}{}\n",
        runs, lab::watchdog_deadtime / 1s, lab::SqlClient::gives_up_after / 1ms, "",
        "pgpool-II's watchdog", "komainu");
    bool all = true;
    for (const Way& way : ways) {
        fmt::print("{:<42}", way.name);
        for (const auto keeper : {Keeper::watchdog, Keeper::komainu}) {
            std::vector<Duration> gaps;
            for (int i = 0; i < runs; ++i)
                if (const auto gap = measure(keeper, way)) gaps.push_back(*gap);
            all = all && gaps.size() == static_cast<std::size_t>(runs);
            fmt::print("{}    ", row_text(gaps));
            std::fflush(stdout);
        }
        fmt::print("\n");
    }
    return all ? 0 : 1;
}

}  // namespace
}  // namespace komainu::bench

int main(int argc, char** argv) {
    using namespace komainu::bench;
    return run_bench(option, argc, argv, run);
}
