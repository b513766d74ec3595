// What real daemons count and measure, the exporter that gives it to Prometheus, and who may ask.
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "ctl/metrics_catalogue.h"
#include "ctl/metrics_text.h"
#include "io/http_server.h"
#include "io/socket_address.h"
#include "test/lab/control.h"
#include "test/lab/process.h"
#include "test/lab/sandbox.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

using nlohmann::json;

constexpr const char* everything = R"(
[service.pid]
check = command
command = /bin/true
interval = 100ms
[hook.all]
on = active standby
command = /bin/true
[backend.0]
address = 127.0.0.1:1
)";

class MetricsOfACluster : public Scenario {
protected:
    json metrics_of(int node) {
        const auto answer = ask(cluster().control_socket(node), {{"command", "metrics"}}, patience);
        return answer ? answer->value("metrics", json()) : json();
    }

    /// The value in the row with these labels; nothing when there is none.
    static std::optional<double> value_in(const json& metrics, const char* name,
                                          const std::vector<json>& labels = {}) {
        for (const json& row : metrics.value(name, json::array()))
            if (std::equal(labels.begin(), labels.end(), row.begin(), row.end() - 1))
                return row.back().get<double>();
        return {};
    }
    std::optional<double> value(int node, const char* name, const std::vector<json>& labels = {}) {
        return value_in(metrics_of(node), name, labels);
    }
    bool reaches(int node, const char* name, const std::vector<json>& labels, double least) {
        return wait_until([&] { return value(node, name, labels).value_or(-1) >= least; },
                          patience);
    }

    /// What the command prints to stdout, and then its exit status.
    std::string output_of(int node, const std::string& shell_command) {
        const std::string file = sandbox_directory() + "/output";
        const std::string command =
            "( " + shell_command + " ) >" + file + " 2>&1; echo \"exit $?\" >>" + file;
        cluster().host(node).space.run([&] { EXPECT_EQ(std::system(command.c_str()), 0); });
        return read_file(file);
    }
    std::string komainuctl(int node, const std::string& words) {
        return built_program("komainuctl") + " --socket " + cluster().control_socket(node) + " " +
               words;
    }
};

TEST_F(MetricsOfACluster, AreThoseOfTheCatalogueOnEachKindOfNode) {
    begin({.witnesses = {3}, .more = everything});
    for (int node = 1; node <= 3; ++node) {
        const json metrics = metrics_of(node);
        ASSERT_TRUE(metrics.is_object());
        std::set<std::string> answered{"up"}, catalogued;
        for (const auto& [name, rows] : metrics.items()) answered.insert(name);
        for (const Metric& metric : metrics_catalogue()) catalogued.emplace(metric.name);
        EXPECT_EQ(answered, catalogued) << "of node " << node;

        // Whatever has rows has them in the catalogue's shape, so that all of it is shown.
        const std::string text = metrics_text(metrics);
        for (const auto& [name, rows] : metrics.items()) {
            const auto line = "\n# TYPE komainu_" + name + " ";
            EXPECT_EQ(text.find(line) != text.npos, !rows.empty()) << name << rows;
        }
    }
}

TEST_F(MetricsOfACluster, CountATakeoverAndWhatComesOfIt) {
    const int from = begin({.more = everything});
    ASSERT_TRUE(cluster().wait_until_whole());
    const int to = after(from);
    ASSERT_EQ(cluster().switchover(from, to).value_or(json())["ok"], true);

    EXPECT_EQ(value(from, "active_losses_total", {"switchover"}), 1);
    EXPECT_EQ(value(from, "takeovers_total", {"none_known"}), 1);
    EXPECT_EQ(value(from, "active", {"lab", from}), 0);
    EXPECT_EQ(value(from, "active_node", {"lab"}), to);
    EXPECT_EQ(value(to, "takeovers_total", {"released"}), 1);
    EXPECT_EQ(value(to, "active", {"lab", to}), 1);
    EXPECT_EQ(value(to, "role", {"active"}), 1);
    EXPECT_EQ(value(to, "vip_held", {"v0", "eth0"}), 1);
    EXPECT_EQ(value(to, "quorum"), 1);
    EXPECT_EQ(value(to, "healthy"), 1);
    EXPECT_EQ(value(to, "votes_heard"), 3);
    EXPECT_EQ(value(to, "build_info", {KOMAINU_VERSION, "lab", to}), 1);
    EXPECT_GT(value(to, "lease_seconds"), 0);
    EXPECT_TRUE(reaches(to, "lease_extensions_total", {}, 5));
    EXPECT_TRUE(reaches(to, "announcements_total", {"eth0", "arp"}, 2));
    EXPECT_EQ(value(to, "announcements_total", {"eth0", "ndp"}), 0);
    EXPECT_TRUE(reaches(from, "hook_runs_total", {"succeeded"}, 2)) << "active, then standby";
    EXPECT_TRUE(reaches(from, "check_results_total", {"pid", "passed"}, 2));
    EXPECT_EQ(value(from, "service_healthy", {"pid", "command"}), 1);
}

TEST_F(MetricsOfACluster, MeasureTheLinks) {
    const int active = begin();
    const int other = after(active);
    ASSERT_TRUE(reaches(active, "heartbeats_received_total", {other, 1}, 20));
    const json metrics = metrics_of(active);
    EXPECT_EQ(value_in(metrics, "link_open", {1}), 1);
    EXPECT_EQ(value_in(metrics, "link_up", {other, 1}), 1);
    EXPECT_EQ(value_in(metrics, "peer_up", {other}), 1);
    EXPECT_GE(value_in(metrics, "heartbeats_sent_total"), 20);
    EXPECT_GE(value_in(metrics, "datagrams_received_total", {1}), 40);
    for (const char* histogram : {"round_trip_seconds", "heartbeat_jitter_seconds"}) {
        std::uint64_t count = 0;
        for (const json& bucket : metrics.at(histogram).at(0).at(2)) count += bucket.get<int>();
        EXPECT_GE(count, 5u) << histogram;
    }
    EXPECT_GT(metrics.at("round_trip_seconds").at(0).at(3), 0);
}

TEST_F(MetricsOfACluster, ArePrintedAsPromtoolLikesThem) {
    const int active = begin({.more = everything});
    const std::string printed = output_of(active, komainuctl(active, "metrics"));
    EXPECT_NE(printed.find("\nkomainu_active{cluster_name=\"lab\",node=\"" +
                           std::to_string(active) + "\"} 1\n"),
              printed.npos)
        << printed;
    EXPECT_TRUE(printed.ends_with("\nexit 0\n"));
    if (std::system("command -v promtool >/dev/null") != 0)
        GTEST_SKIP() << "promtool is not installed";
    EXPECT_EQ(output_of(active, komainuctl(active, "metrics") + " | promtool check metrics"),
              "exit 0\n");
}

// --- The exporter --------------------------------------------------------------------------------

class Exporter : public MetricsOfACluster {
protected:
    void export_metrics_of(int node) {
        node_ = node;
        exporter_.emplace(cluster().host(node).space,
                          std::vector<std::string>{built_program("komainuctl"), "--socket",
                                                   cluster().control_socket(node), "metrics",
                                                   "--listen", to_string(where)},
                          cluster().directory(node) + "/exporter.log");
        ASSERT_TRUE(wait_until([&] { return static_cast<bool>(connected()); }, patience));
    }
    std::string exporter_log() { return read_file(cluster().directory(node_) + "/exporter.log"); }

    Fd connected() {
        Fd socket;
        cluster().host(node_).space.run([&] {
            Fd made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            const SocketAddress address(where);
            constexpr timeval limit{10, 0};
            setsockopt(made.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
            if (::connect(made.get(), &address.generic, address.size()) == 0)
                socket = std::move(made);
        });
        return socket;
    }
    static std::string read(const Fd& socket) {
        std::string text;
        std::array<char, 4096> bytes;
        for (;;) {
            const auto got = recv(socket.get(), bytes.data(), bytes.size(), 0);
            if (got <= 0) return text;
            text.append(bytes.data(), static_cast<std::size_t>(got));
        }
    }
    Fd asking(const std::string& path = "/metrics") {
        Fd socket = connected();
        const std::string request = "GET " + path + " HTTP/1.1\r\nHost: lab\r\n\r\n";
        EXPECT_EQ(send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(request.size()));
        return socket;
    }
    std::string get(const std::string& path = "/metrics") { return read(asking(path)); }
    bool says(const char* line) {
        return wait_until([&] { return get().find(line) != std::string::npos; }, patience);
    }

    const Endpoint where = parse_endpoint("127.0.0.1:9695").value();

private:
    int node_ = 0;
    std::optional<Process> exporter_;
};

TEST_F(Exporter, GoesOnWhileTheDaemonIsAway) {
    const int active = begin();
    export_metrics_of(active);
    EXPECT_TRUE(get().starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"));
    EXPECT_TRUE(says("\nkomainu_up 1\n"));
    EXPECT_TRUE(get("/").starts_with("HTTP/1.1 404 "));
    cluster().stop(active);
    EXPECT_TRUE(says("\nkomainu_up 0\n"));
    EXPECT_EQ(get().find("komainu_active"), std::string::npos);
    cluster().start(active);
    EXPECT_TRUE(says("\nkomainu_up 1\n"));
    EXPECT_NE(exporter_log().find("no daemon: "), std::string::npos) << exporter_log();
    EXPECT_TRUE(exporter_log().ends_with("komainuctl: komainud answers again\n"));
}

TEST_F(Exporter, ServesOthersWhileSomeSayNothingAndClosesThoseInTheEnd) {
    const int active = begin();
    export_metrics_of(active);
    expect_no_move(active, [&] {
        std::vector<Fd> silent;
        for (std::size_t i = 0; i < 3 * HttpServer::connections_max; ++i)
            silent.push_back(connected());
        EXPECT_NE(get().find("\nkomainu_up 1\n"), std::string::npos);
        for (const Fd& socket : silent) EXPECT_EQ(read(socket), "");
    });
}

// Of those who ask meanwhile none is let wait as long as the one before.
TEST_F(Exporter, TellsAllWhoAskThatTheDaemonHangs) {
    const int standby = after(begin());
    export_metrics_of(standby);
    cluster().daemon(standby).signal(SIGSTOP);
    const Instant asked_at = now();
    std::vector<Fd> asked;
    for (std::size_t i = 0; i < HttpServer::connections_max; ++i) asked.push_back(asking());
    for (const Fd& socket : asked)
        EXPECT_NE(read(socket).find("\nkomainu_up 0\n"), std::string::npos);
    EXPECT_LT(now() - asked_at, 10s) << "Prometheus has given up";
    cluster().daemon(standby).signal(SIGCONT);
    EXPECT_TRUE(says("\nkomainu_up 1\n"));
}

TEST_F(Exporter, SaysWhyItCannotBegin) {
    const int active = begin();
    EXPECT_EQ(output_of(active, komainuctl(active, "metrics --listen localhost:9695")),
              "komainuctl: localhost:9695 is no address with a port; write one such as "
              "127.0.0.1:9695 or [::1]:9695\nexit 2\n");
    EXPECT_EQ(output_of(active, komainuctl(active, "metrics --listen 10.1.2.3:9695")),
              "komainuctl: cannot listen at 10.1.2.3:9695: Cannot assign requested address\n"
              "exit 1\n");
}

// --- Who may ask ---------------------------------------------------------------------------------

TEST_F(MetricsOfACluster, AreForTheMonitorGroupWhichMayDoNothingElse) {
    if (has_user_namespace()) GTEST_SKIP() << "there is no other user here";
    lay_out();
    replace_in_file(cluster().configuration_file(1), "[control]\n",
                    "[control]\nmonitor_group = daemon\n");
    start();
    const auto as = [&](const std::string& group, const std::string& words) {
        // Let in by the files, so that it is the daemon who decides.
        const std::string copy = sandbox_directory() + "/komainuctl";
        return output_of(1, "cp " + built_program("komainuctl") + " " + copy + " && chmod a+x " +
                                sandbox_directory() + " " + cluster().directory() + " " +
                                cluster().directory(1) +
                                " && setpriv --reuid=nobody --regid=" + group + " --clear-groups " +
                                copy + " --socket " + cluster().control_socket(1) + " " + words);
    };
    EXPECT_NE(as("daemon", "metrics").find("\nkomainu_up 1\n"), std::string::npos);
    EXPECT_NE(as("daemon", "status").find("Cluster lab"), std::string::npos);
    const std::string refused =
        "komainuctl: the group daemon may only look; this is for root and the user or group of "
        "komainud\nexit 1\n";
    EXPECT_EQ(as("daemon", "switchover"), refused);
    EXPECT_EQ(as("daemon", "pause"), refused);
    EXPECT_EQ(as("daemon", "reload"), refused);
    EXPECT_EQ(as("nogroup", "metrics"),
              "komainuctl: only root and the user or group of komainud may use this socket\n"
              "exit 1\n");
}

}  // namespace
}  // namespace komainu::lab
