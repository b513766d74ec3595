// What a machine may run out of: processor time, disk, descriptors.
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "test/faults/hogs.h"
#include "test/faults/row.h"

namespace komainu::faults {

namespace {

constexpr Duration hogged_for = 10s;
constexpr int small_disk_kib = 512;
constexpr int few_descriptors = 20;
constexpr int more_clients_than_descriptors = 40;

/// Without real-time priority a daemon waits for a processor like everybody, and a lost lease is a
/// takeover as any other.
Outcome hog(const std::string& name, Hogs::Rank rank, Duration deadtime) {
    auto options = usual_cluster();
    options.deadtime = deadtime;
    if (!Hogs::permitted(rank))
        return {Verdict::not_run, {}, "such priorities are not permitted to this user"};
    std::optional<Hogs> hogs;
    return run({.name = name,
                .expect = Expect::stays,
                .strike = [&](Trial&) { hogs.emplace(rank); },
                .repair = [&](Trial&) { hogs.reset(); },
                .lasts = hogged_for,
                .options = options,
                .remark = "the service starves as well"});
}

Row hogged(const std::string& name, Hogs::Rank rank, Duration deadtime = usual_cluster().deadtime) {
    return {name, in_words(Expect::stays), [=] { return hog(name, rank, deadtime); }};
}

/// Until not one more byte can be written.
void fill_disks(Trial& trial) {
    for (int node = 1; node <= trial.cluster().size(); ++node) {
        std::ofstream file(trial.cluster().directory(node) + "/filling");
        const std::string block(4096, 'x');
        while (file << block << std::flush) {
        }
    }
}

Row disks_full(const char* name, Expect expect, const Deed& then, const Deed& repair) {
    auto options = usual_cluster();
    options.disk_kib = small_disk_kib;
    return row({.name = name,
                .expect = expect,
                .strike =
                    [then](Trial& t) {
                        fill_disks(t);
                        then(t);
                    },
                .repair = repair,
                .options = options});
}

/// Clients of the control socket that say nothing and stay.
class SilentClients {
public:
    explicit SilentClients(const std::string& path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        for (int i = 0; i < more_clients_than_descriptors; ++i) {
            Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            // Those for whom the backlog has no room are one more kind of trouble.
            static_cast<void>(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address),
                                        sizeof address));
            clients_.push_back(std::move(client));
        }
    }

private:
    std::vector<Fd> clients_;
};

lab::ClusterOptions cluster_with_descriptors(int number) {
    auto options = usual_cluster();
    for (int node = 1; node <= options.nodes; ++node)
        options.launchers[node] = {"/usr/bin/prlimit", "--nofile=" + std::to_string(number)};
    return options;
}

std::ptrdiff_t descriptors_of(pid_t pid) {
    const std::filesystem::directory_iterator first("/proc/" + std::to_string(pid) + "/fd");
    return std::distance(first, {});
}

Outcome use_up_descriptors(const std::string& name, Expect expect, const Deed& then) {
    std::vector<SilentClients> clients;
    bool used_up = true;
    return run({.name = name,
                .expect = expect,
                .strike =
                    [&](Trial& trial) {
                        for (int node = 1; node <= trial.cluster().size(); ++node)
                            clients.emplace_back(trial.cluster().control_socket(node));
                        lab::sleep_for(200ms);
                        for (int node = 1; node <= trial.cluster().size(); ++node)
                            used_up &= descriptors_of(trial.cluster().daemon(node).pid()) ==
                                       few_descriptors;
                        then(trial);
                    },
                .repair =
                    [&](Trial& trial) {
                        clients.clear();
                        trial.start_what_does_not_run();
                    },
                .options = cluster_with_descriptors(few_descriptors),
                .examine = [&](Trial&) { return used_up ? "" : "some were left"; }});
}

Row descriptors_used_up(const std::string& name, Expect expect, const Deed& then) {
    return {name, in_words(expect), [=] { return use_up_descriptors(name, expect, then); }};
}

/// Who lacks them from the start says so and ends.
Outcome start_with_too_few() {
    Outcome outcome;
    for (int number = 4; number < few_descriptors; ++number) {
        lab::Cluster cluster(cluster_with_descriptors(number));
        cluster.start(1);
        lab::wait_until([&] { return !cluster.running(1) || cluster.status(1); }, lab::patience);
        if (cluster.status(1)) break;
        const bool says_why = cluster.log(1).find("error: ") != std::string::npos;
        if (cluster.daemon(1).wait(0ms) == 1 && says_why) continue;
        outcome.verdict = Verdict::not_as_expected;
        outcome.remark += fmt::format("does not say so with {}; ", number);
    }
    return outcome;
}

void kill_active(Trial& trial) {
    trial.cluster().kill_main(trial.active());
    trial.supervise(trial.active());
}

void nothing(Trial&) {}

}  // namespace

std::vector<Row> resource_rows() {
    return {
        hogged("processors hogged at nice -20 for 10 s", Hogs::Rank::nice),
        // Of each second the kernel keeps 50 ms for programs without real-time priority, and lets
        // them go before all that have it (sched(7), sched_rt_runtime_us).
        hogged("the same in real time, deadtime 200 ms", Hogs::Rank::real_time, 200ms),
        disks_full("disks full", Expect::stays, nothing, nothing),
        disks_full(
            "disks full, the active killed", Expect::moves,
            [](Trial& t) { t.cluster().kill_main(t.active()); },
            [](Trial& t) {
                for (int node = 1; node <= t.cluster().size(); ++node)
                    std::remove((t.cluster().directory(node) + "/filling").c_str());
                t.start_what_does_not_run();
            }),
        {"too few descriptors to start", "says so", start_with_too_few},
        descriptors_used_up("descriptors used up by control clients", Expect::stays, nothing),
        descriptors_used_up("descriptors used up, the active killed", Expect::moves, kill_active),
    };
}

}  // namespace komainu::faults
