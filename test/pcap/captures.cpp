// captures DIRECTORY: makes the captures in test/pcap anew, of daemons in network namespaces. The
// key is that of the lab's clusters, which is no secret: 000102…1f.
#include <cstdio>
#include <fstream>
#include <string>

#include "test/lab/capture.h"
#include "test/lab/clock.h"
#include "test/lab/cluster.h"
#include "test/lab/control.h"
#include "test/lab/fail.h"
#include "test/lab/sandbox.h"

namespace komainu::lab {
namespace {

constexpr const char* datagrams = "udp port 9694";
constexpr const char* streams = "tcp port 9694";
constexpr Duration a_few_heartbeats = 300ms;
/// Longer than a stream is silent.
constexpr Duration a_keep_alive = 1200ms;
constexpr const char* second_key =
    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";

/// Slow, so that there is not too much of it.
ClusterOptions slow(Family family) {
    ClusterOptions options;
    options.interval = 100ms;
    options.deadtime = 500ms;
    options.heartbeat_family = family;
    options.witnesses = {3};
    // What a host is called is nobody's business.
    for (int node = 1; node <= options.nodes; ++node)
        options.launchers[node] = {
            "/usr/bin/unshare", "--uts", "/bin/sh", "-c",
            "echo db" + std::to_string(node) + " >/proc/sys/kernel/hostname && exec \"$0\" \"$@\""};
    return options;
}

void need(bool done, const char* what) {
    if (!done) fail(std::string("this did not happen: ") + what);
}

int whole(Cluster& cluster) {
    if (!cluster.wait_until_whole()) fail("not all nodes joined: " + cluster.log(1));
    return cluster.active().value_or(1);
}

void finish(const Capture& capture, const std::string& directory, const char* name) {
    sleep_for(a_few_heartbeats);
    const std::string path = directory + "/" + name;
    capture.write(path);
    std::printf("%s: %zu packets\n", path.c_str(), capture.frames().size());
}

void election(const std::string& directory) {
    Cluster cluster(slow(Family::ipv4));
    const Capture capture(cluster.network(), datagrams);
    cluster.start_all();
    whole(cluster);
    finish(capture, directory, "election.pcap");
}

void switchover(const std::string& directory) {
    Cluster cluster(slow(Family::ipv6));
    cluster.start_all();
    const int active = whole(cluster);
    const int other = 3 - active;
    const Capture capture(cluster.network(), datagrams);
    sleep_for(a_few_heartbeats);
    need(cluster.switchover(other, other).has_value(), "the switchover");
    need(cluster.wait_for_active_other_than(active).has_value(), "another is active");
    finish(capture, directory, "switchover-ipv6.pcap");
}

void last_will(const std::string& directory) {
    Cluster cluster(slow(Family::ipv4));
    cluster.start_all();
    const int active = whole(cluster);
    const Capture capture(cluster.network(), datagrams);
    sleep_for(a_few_heartbeats);
    cluster.kill_main(active);
    need(cluster.wait_for_active_other_than(active).has_value(), "another is active");
    finish(capture, directory, "last-will.pcap");
}

/// Below the old one on every node, then above it.
void new_key(const std::string& directory) {
    Cluster cluster(slow(Family::ipv4));
    cluster.start_all();
    whole(cluster);
    const Capture capture(cluster.network(), datagrams);
    sleep_for(a_few_heartbeats);
    const auto file = [&](int node) { return cluster.directory(node) + "/cluster.key"; };
    const std::string first_key = read_file(file(1));
    for (const std::string& keys :
         {first_key + second_key + "\n", std::string(second_key) + "\n" + first_key})
        for (int node = 1; node <= cluster.size(); ++node) {
            std::ofstream(file(node)) << keys;
            const auto answer =
                ask(cluster.control_socket(node), {{"command", "reload"}}, patience);
            need(answer && answer->value("ok", false), "the reload");
        }
    finish(capture, directory, "new-key.pcap");
}

void backend_events(Cluster& cluster, int asked) {
    for (const char* event : {"detach", "recovery-start", "recovery-end", "attach", "promote"}) {
        const auto answer = ask(
            cluster.control_socket(asked),
            {{"command", "backend"}, {"event", event}, {"id", 1}, {"wait_ms", 8000}}, 2 * patience);
        need(answer && answer->value("ok", false), event);
    }
    // What cannot be done is refused by the active node.
    ask(cluster.control_socket(asked),
        {{"command", "backend"}, {"event", "recovery-start"}, {"id", 1}}, patience);
}

void peer_streams(Family family, const std::string& directory, const char* name) {
    ClusterOptions options = slow(family);
    options.more =
        "\n[backends]\nfailover_command = /bin/true\n"
        "[backend.0]\naddress = 10.77.0.50:5432\nprimary = yes\n"
        "[backend.1]\naddress = 10.77.0.51:5432\n";
    Cluster cluster(options);
    const Capture capture(cluster.network(), streams);
    cluster.start(1);
    cluster.start(2);
    need(cluster.wait_for_active().has_value(), "a node is active");
    const int active = *cluster.active();
    backend_events(cluster, 3 - active);
    // The third has another VIP, and is refused.
    const std::string configuration = read_file(cluster.configuration_file(3));
    std::string other = configuration;
    other.replace(other.find("10.77.0.100/24"), 14, "10.77.0.101/24");
    std::ofstream(cluster.configuration_file(3)) << other;
    cluster.start(3);
    need(wait_until(
             [&] {
                 const auto said = cluster.status(active);
                 return said && said->at("nodes").at(2).at("refused") != "";
             },
             patience),
         "the third node is refused");
    need(cluster.stop(3).has_value(), "the third node stopped");
    std::ofstream(cluster.configuration_file(3)) << configuration;
    cluster.start(3);
    whole(cluster);
    sleep_for(a_keep_alive);
    finish(capture, directory, name);
}

int make_captures(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: captures DIRECTORY\n", stderr);
        return 2;
    }
    const std::string directory = argv[1];
    election(directory);
    switchover(directory);
    last_will(directory);
    new_key(directory);
    peer_streams(Family::ipv4, directory, "streams.pcap");
    peer_streams(Family::ipv6, directory, "streams-ipv6.pcap");
    return 0;
}

}  // namespace
}  // namespace komainu::lab

int main(int argc, char** argv) {
    return komainu::lab::run_in_sandbox(argc, argv, komainu::lab::make_captures);
}
