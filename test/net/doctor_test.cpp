// First contact: what newcomers do wrong, really done to real daemons, and the sentence by which
// the doctor, the daemon or the status tells what it is.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "io/socket_address.h"
#include "test/lab/clock.h"
#include "test/lab/cluster.h"
#include "test/lab/fail.h"
#include "test/lab/sandbox.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

using nlohmann::json;

constexpr const char* other_key =
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
constexpr const char* setpriv = "/usr/bin/setpriv";  // util-linux
constexpr int ordinary_user = 65534;

constexpr int done = 0;
constexpr int failed = 1;
constexpr int no_daemon = 3;

struct Visit {
    int exit_status = -1;
    json told;
    std::string text;  ///< of both streams
};

class Doctor : public testing::Test {
protected:
    void lay_out(ClusterOptions options = {}) { cluster_.emplace(std::move(options)); }
    Cluster& cluster() { return *cluster_; }

    void begin(ClusterOptions options = {}) {
        lay_out(std::move(options));
        cluster().start_all();
        for (int node = 1; node <= cluster().size(); ++node)
            EXPECT_TRUE(wait_until([&] { return cluster().status(node).has_value(); }, patience))
                << cluster().log(node);
    }

    /// `komainuctl WORDS...` on the node's host.
    Visit run(int node, std::vector<std::string> words, std::vector<std::string> before = {}) {
        const auto file = cluster().directory() + "/output";
        std::filesystem::remove(file);
        before.push_back(before.empty() ? built_program("komainuctl") : komainuctl_for_all());
        for (const auto& word : {std::string("--config"), cluster().configuration_file(node)})
            before.push_back(word);
        before.insert(before.end(), words.begin(), words.end());
        Process process(cluster().host(node).space, before, file);
        Visit visit;
        visit.exit_status = process.wait(patience).value_or(-1);
        visit.text = read_file(file);
        return visit;
    }

    /// Those who build may do so where no other user comes.
    std::string komainuctl_for_all() {
        const auto copy = sandbox_directory() + "/komainuctl";
        std::filesystem::copy_file(built_program("komainuctl"), copy,
                                   std::filesystem::copy_options::overwrite_existing);
        for (const auto& path : {copy, sandbox_directory(), cluster().directory()})
            must(::chmod(path.c_str(), 0755), "chmod");
        return copy;
    }

    Visit visit(int node, const std::vector<std::string>& before = {}) {
        auto visit = run(node, {"doctor", "--json"}, before);
        visit.told = json::parse(visit.text, nullptr, false);
        EXPECT_TRUE(visit.told.is_object()) << visit.text;
        return visit;
    }

    static std::vector<std::string> as_ordinary_user() {
        const auto id = std::to_string(ordinary_user);
        return {setpriv, "--reuid", id, "--regid", id, "--clear-groups"};
    }

    static bool tells(const Visit& visit, const std::string& check, const std::string& result,
                      const std::string& what, const std::string& advice) {
        const auto has = [](const json& text, const std::string& part) {
            return text.get<std::string>().find(part) != std::string::npos;
        };
        for (const auto& one : visit.told["checks"])
            if (one["check"] == check && one["result"] == result && has(one["what"], what) &&
                has(one["advice"], advice))
                return true;
        return false;
    }

    /// Asked again until it does: the nodes must first notice.
    void expect_tells(int node, const std::string& check, const std::string& what,
                      const std::string& advice, const std::string& result = "problem") {
        Visit last;
        EXPECT_TRUE(wait_until(
            [&] {
                last = visit(node);
                return tells(last, check, result, what, advice);
            },
            patience))
            << what << "\n"
            << run(node, {"doctor"}).text << cluster().log(node);
        if (result == "problem") {
            EXPECT_EQ(last.exit_status, failed);
        }
    }

    void expect_status_tells(int node, const std::string& trouble) {
        EXPECT_TRUE(wait_until(
            [&] { return run(node, {"status"}).text.find("! " + trouble) != std::string::npos; },
            patience))
            << run(node, {"status"}).text;
    }

    bool logs(int node, const std::string& text) {
        return wait_until([&] { return cluster().log(node).find(text) != std::string::npos; },
                          patience);
    }

    std::string read_output(int node, const std::string& command) {
        const auto file = cluster().directory() + "/output";
        shell(cluster().host(node), "{ " + command + "; } >" + file);
        return read_file(file);
    }

    /// nft(8), for walls.
    bool has_nft() {
        const char* const find = "PATH=$PATH:/usr/sbin:/sbin command -v nft >/dev/null";
        return std::system(find) == 0;
    }
    void drop(int node, const std::string& hook, const std::string& packets) {
        const std::string nft = "PATH=$PATH:/usr/sbin:/sbin nft ";
        shell(cluster().host(node), nft + "add table inet wall");
        shell(cluster().host(node), nft + "'add chain inet wall " + hook + " { type filter hook " +
                                        hook + " priority 0 ; }'");
        shell(cluster().host(node), nft + "add rule inet wall " + hook + " " + packets + " drop");
    }

private:
    std::optional<Cluster> cluster_;
};

TEST_F(Doctor, HasNothingToSayOfAHealthyClusterInLessThanThreeSeconds) {
    begin({.links = {{0}, {1}}});
    EXPECT_TRUE(cluster().wait_until_whole());
    for (int node = 1; node <= 3; ++node) {
        const Instant before = now();
        const Visit found = visit(node);
        EXPECT_LT(now() - before, 3s);
        EXPECT_EQ(found.told["problems"], 0) << run(node, {"doctor"}).text;
        EXPECT_EQ(found.exit_status, done);
        EXPECT_TRUE(tells(found, "daemon", "ok", "answers at", ""));
        EXPECT_TRUE(tells(found, "privileges", "ok", "the guard can set addresses", "") ||
                    tells(found, "privileges", "warning", "stays user root", "user komainu"));
    }
}

TEST_F(Doctor, SaysWithoutADaemonThatThereIsNone) {
    lay_out();
    const Visit found = visit(1);
    EXPECT_EQ(found.exit_status, no_daemon);
    EXPECT_TRUE(tells(found, "daemon", "problem", "komainud does not run: there is no socket",
                      "systemctl start komainu"))
        << found.text;
    EXPECT_TRUE(tells(found, "configuration", "ok", "has no mistakes", ""));
    EXPECT_TRUE(tells(found, "port", "ok", "TCP 10.77.0.1:9694 is free", ""));
}

TEST_F(Doctor, SaysWhatKeepsADaemonFromStarting) {
    lay_out();
    Fd other;
    cluster().host(1).space.run([&] {
        other = Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        const SocketAddress name({cluster().host(1).ipv4, 9694});
        EXPECT_EQ(::bind(other.get(), &name.generic, name.size()), 0);
    });
    EXPECT_TRUE(tells(visit(1), "port", "problem",
                      "UDP 10.77.0.1:9694 is in use by another program", "ss -tulnp"));
    std::filesystem::remove(cluster().directory(1) + "/cluster.key");
    const Visit found = visit(1);
    EXPECT_TRUE(tells(found, "daemon", "problem", "could not start with this configuration", ""));
    EXPECT_TRUE(tells(found, "key", "problem", "is missing; copy that of another node", ""));
}

TEST_F(Doctor, SaysThatADaemonWasKilled) {
    begin();
    cluster().signal_both(1, SIGKILL);
    EXPECT_TRUE(cluster().daemon(1).wait(patience));
    const Visit found = visit(1);
    EXPECT_EQ(found.exit_status, no_daemon);
    EXPECT_TRUE(tells(found, "daemon", "problem", "nobody listens at", "journalctl -u komainu"));
}

/// In the group that may look, who is not let at the configuration.
TEST_F(Doctor, AsksAtTheUsualSocketWhereTheUsualConfigurationIsClosed) {
    if (has_user_namespace()) GTEST_SKIP() << "the sandbox of an ordinary user has no other user";
    if (!sandbox_directory().starts_with("/run")) GTEST_SKIP() << "/run is not the sandbox's own";
    lay_out({.nodes = 1});
    replace_in_file(cluster().configuration_file(1), "[control]\n",
                    "[control]\nmonitor_group = daemon\n");
    cluster().start_all();
    EXPECT_TRUE(wait_until([&] { return cluster().status(1).has_value(); }, patience));
    const auto status_as = [&](const std::string& group, const std::string& words) {
        return read_output(
            1, "mkdir -p /run/komainu && ln -sf " + cluster().control_socket(1) +
                   " /run/komainu/control.sock && chmod a+x " + cluster().directory(1) +
                   " && group=$(getent group " + group +
                   " | cut -d: -f3) && unshare -m sh -c 'mount -t tmpfs none /etc && mkdir -m 750 "
                   "/etc/komainu && echo [control] >/etc/komainu/komainu.conf && setpriv "
                   "--reuid=65534 --clear-groups --regid='$group' " +
                   komainuctl_for_all() + " " + words + " 2>&1 || true'");
    };
    const auto shown = status_as("daemon", "status");
    EXPECT_NE(shown.find("Cluster lab"), std::string::npos) << shown;
    const auto named = status_as("daemon", "status --config /etc/komainu/komainu.conf");
    EXPECT_NE(named.find("so the control socket is not known"), std::string::npos) << named;
    const auto refused = status_as("nogroup", "doctor");
    EXPECT_NE(refused.find("unseen   daemon"), std::string::npos) << refused;
    std::filesystem::remove_all("/run/komainu");
}

TEST_F(Doctor, TellsAnOrdinaryUserWhatHeMayNotSee) {
    if (has_user_namespace()) GTEST_SKIP() << "the sandbox of an ordinary user has no other user";
    begin();
    const auto as_user = as_ordinary_user();
    const Visit asked = run(1, {"status"}, as_user);
    EXPECT_EQ(asked.exit_status, no_daemon);
    EXPECT_NE(
        asked.text.find("this user may not use " + cluster().control_socket(1) + "; use sudo"),
        std::string::npos)
        << asked.text;
    const Visit found = run(1, {"doctor"}, as_user);
    EXPECT_EQ(found.exit_status, no_daemon);
    EXPECT_NE(found.text.find("this user may not read " + cluster().directory(1) + "/cluster.key"),
              std::string::npos)
        << found.text;
}

TEST_F(Doctor, LeavesOpenWhatAnOrdinaryUserMayNotSee) {
    if (has_user_namespace()) GTEST_SKIP() << "the sandbox of an ordinary user has no other user";
    lay_out({.nodes = 1, .more = "[hook.mail]\non = active\ncommand = @directory@/own/hook\n"});
    const auto own = cluster().directory(1) + "/own";
    shell(cluster().host(1), "mkdir -m 700 " + own + " && printf '#!/bin/sh\n' >" + own +
                                 "/hook && chmod 755 " + own + "/hook");
    must(::chmod(cluster().directory(1).c_str(), 0755), "chmod");
    EXPECT_TRUE(tells(visit(1), "commands", "ok", "1 can be run", ""));
    Visit found = visit(1, as_ordinary_user());
    EXPECT_TRUE(tells(found, "commands", "unseen", "hook: Permission denied", "ask as root"))
        << found.text;
    must(::chmod(cluster().configuration_file(1).c_str(), 0600), "chmod");
    found = visit(1, as_ordinary_user());
    EXPECT_TRUE(tells(found, "configuration", "unseen",
                      "this user may not read " + cluster().configuration_file(1), "ask as root"))
        << found.text;
    EXPECT_EQ(found.told["problems"], 0) << found.text;
}

TEST_F(Doctor, FindsAnotherKey) {
    begin({.keys = {{2, other_key}}});
    const std::string what =
        "what comes from 10.77.0.2 is signed with a key that this node has not";
    expect_tells(1, "node 2", what, "give both the same key file");
    expect_tells(2, "node 1", "what comes from 10.77.0.1 is signed with a key", "same key file");
    expect_status_tells(1, "node 2 is down: " + what);
}

TEST_F(Doctor, FindsAnotherClusterName) {
    lay_out();
    replace_in_file(cluster().configuration_file(2), "name = lab", "name = other");
    cluster().start_all();
    expect_tells(1, "node 2", "has the name of another cluster",
                 "the same name under [cluster] on all nodes");
}

TEST_F(Doctor, FindsAKeyFileThatOthersMayRead) {
    begin();
    must(::chmod((cluster().directory(1) + "/cluster.key").c_str(), 0644), "chmod");
    expect_tells(1, "key", "is open to others (mode 0644); chmod 600", "mode 600");
}

TEST_F(Doctor, FindsANodeThatDoesNotRun) {
    lay_out();
    cluster().start(1);
    cluster().start(3);
    const std::string what = "no datagram has come from 10.77.0.2 since komainud was started here";
    expect_tells(1, "node 2", "is down: " + what,
                 "is its komainud running, and does a firewall let UDP port 9694 from 10.77.0.2 to "
                 "10.77.0.1 pass?");
    expect_status_tells(1, "node 2 is down: " + what);
    expect_tells(1, "spare", "no further node may be lost", "bring back", "warning");
}

TEST_F(Doctor, FindsAWallInOneDirectionAndOnWhichSide) {
    if (!has_nft()) GTEST_SKIP() << "nft (package nftables) is not installed";
    lay_out();
    drop(2, "input", "ip saddr 10.77.0.1 udp dport 9694");
    cluster().start_all();
    const std::string what = "its datagrams come from 10.77.0.2, but it does not hear this node";
    expect_tells(1, "node 2", what, "let UDP port 9694 from 10.77.0.1 to 10.77.0.2 pass");
    expect_tells(2, "node 1",
                 "no datagram has come from 10.77.0.1 since komainud was started "
                 "here; node 3 hears it",
                 "it runs, so look at the way here");
    expect_status_tells(1, "node 2 is down: " + what);
}

TEST_F(Doctor, FindsAWallOfThisHostThatLetsNothingOut) {
    if (!has_nft()) GTEST_SKIP() << "nft (package nftables) is not installed";
    begin();
    drop(2, "output", "udp dport 9694");
    expect_tells(2, "sending", "a packet filter of this host forbids komainud to send",
                 "let UDP port 9694 out");
}

TEST_F(Doctor, FindsAWallAgainstTcpAlone) {
    if (!has_nft()) GTEST_SKIP() << "nft (package nftables) is not installed";
    lay_out({.witnesses = {2, 3}});
    drop(2, "input", "tcp sport 9694");
    drop(2, "output", "tcp dport 9694");
    cluster().start_all();
    expect_tells(2, "node 1", "it is heard, but there is no stream to it",
                 "let TCP port 9694 pass the firewalls, from 10.77.0.2 to 10.77.0.1");
    expect_tells(1, "node 2", "it is heard, but there is no stream to it",
                 "let TCP port 9694 pass the firewalls, from 10.77.0.2 to 10.77.0.1");
}

TEST_F(Doctor, FindsTheSameNodeIdOnTwoHosts) {
    lay_out();
    for (const int node : {1, 2})
        replace_in_file(cluster().configuration_file(node), "name = lab\n",
                        "name = lab\nnode_id = 1\n");
    cluster().start(1);
    cluster().start(3);
    // Not as Cluster::start does, which tells each node its number.
    Process second(cluster().host(2).space,
                   {built_program("komainud"), "--config", cluster().configuration_file(2)},
                   cluster().directory(2) + "/log");
    EXPECT_TRUE(logs(2,
                     "node_id: is 1, but this host has an address of node 2 and none of node 1; "
                     "write 2, or remove it: then the address tells"));
    expect_tells(2, "node 1", "this node cannot use its address 10.77.0.1", "is this host node 1?");
    expect_tells(2, "configuration", "this host has an address of node 2", "check-config",
                 "warning");
    second.signal(SIGTERM);
    EXPECT_TRUE(second.wait(patience));
}

TEST_F(Doctor, FindsTheSameAddressOnTwoHosts) {
    begin();
    EXPECT_TRUE(cluster().wait_until_whole());
    EXPECT_TRUE(cluster().stop(2));
    shell(cluster().host(2), "ip addr flush dev eth0 && ip addr add 10.77.0.1/24 dev eth0");
    Process second(
        cluster().host(2).space,
        {built_program("komainud"), "--config", cluster().configuration_file(2), "--node-id", "1"},
        cluster().directory(2) + "/log");
    expect_tells(3, "node 1", "two runs of komainud say that they are this node",
                 "give every host its own address and node_id");
    expect_tells(1, "address",
                 fmt::format("10.77.0.1 is the address of another host as well, {}",
                             to_string(mac_of(cluster().host(2)))),
                 "find that host by its hardware address");
    second.signal(SIGKILL);
}

TEST_F(Doctor, FindsTheSameAddressOfIpv6WithoutAnyDaemon) {
    lay_out({.heartbeat_family = Family::ipv6});
    shell(cluster().host(2), "ip addr add fd77::1/64 dev eth0 nodad");
    // Its answer takes a moment where its own address is still on trial.
    EXPECT_TRUE(wait_until(
        [&] {
            return tells(visit(1), "address", "problem",
                         fmt::format("fd77::1 is the address of another host as well, {}",
                                     to_string(mac_of(cluster().host(2)))),
                         "find that host");
        },
        patience));
    EXPECT_TRUE(tells(visit(3), "address", "ok", "no other host answers", ""));
}

/// Linux answers for an address of any of its interfaces by each of them.
TEST_F(Doctor, DoesNotTakeASecondCardOfThisHostForAnotherHost) {
    lay_out();
    cluster().network().add_card(cluster().host(1), "eth5");
    const auto card = read_output(1, "ip -o link show eth5 up");
    EXPECT_NE(card.find("LOWER_UP"), std::string::npos) << card;
    const Visit found = visit(1);
    EXPECT_TRUE(tells(found, "address", "ok", "no other host answers", "")) << found.text;
}

TEST_F(Doctor, FindsAVipThatTheHostHasByItself) {
    lay_out();
    shell(cluster().host(1), "ip addr add 10.77.0.100/24 dev eth0");
    cluster().start_all();
    EXPECT_TRUE(logs(1,
                     "vip.v0: 10.77.0.100 is already on eth0 and was not put there by komainu; "
                     "remove it"));
    expect_tells(1, "vip.v0", "10.77.0.100 is on eth0, though komainud does not hold it",
                 "ip addr del 10.77.0.100/24 dev eth0");
}

TEST_F(Doctor, FindsAVipThatAnotherHostHas) {
    lay_out();
    shell(cluster().client_host(), "ip addr add 10.77.0.100/24 dev eth0");
    cluster().start_all();
    expect_tells(1, "node 1",
                 fmt::format("{} answers for 10.77.0.100 on eth0, and is no active of this cluster",
                             to_string(mac_of(cluster().client_host()))),
                 "");
}

TEST_F(Doctor, FindsAnInterfaceThatIsDownAndOneWithoutCarrier) {
    lay_out({.nodes = 1});
    shell(cluster().host(1), "ip link set eth0 down");
    cluster().start(1);
    EXPECT_TRUE(wait_until([&] { return cluster().status(1).has_value(); }, patience));
    expect_tells(1, "eth0", "eth0 is down", "ip link set eth0 up");
    shell(cluster().host(1), "ip link set eth0 up");
    cluster().network().set_carrier(cluster().host(1), Carrier::down);
    expect_tells(1, "eth0", "eth0 is up, but has no carrier", "look at the cable");
}

TEST_F(Doctor, FindsAnInterfaceThatNetworkdManages) {
    begin({.nodes = 1});
    const auto index = read_output(1, "cat /proc/net/dev_snmp6/eth0 | head -1 | tr -dc 0-9");
    if (index.empty()) GTEST_SKIP() << "no /proc/net/dev_snmp6 here";
    std::error_code error;
    std::filesystem::create_directories("/run/systemd/netif/links", error);
    if (error) GTEST_SKIP() << "/run is not the sandbox's own";
    std::ofstream("/run/systemd/netif/links/" + index)
        << "ADMIN_STATE=configured\nNETWORK_FILE=" << cluster().directory(1) << "/lan.network\n";
    expect_tells(1, "eth0", "systemd-networkd manages it, and removes VIPs",
                 "to /etc/systemd/network/lan.network.d/komainu.conf, then: networkctl reload",
                 "warning");
    std::ofstream(cluster().directory(1) + "/lan.network")
        << "[Network]\nKeepConfiguration=static\n";
    expect_tells(1, "eth0", "KeepConfiguration=static keeps no address that has a lifetime",
                 "write KeepConfiguration=yes in " + cluster().directory(1) + "/lan.network",
                 "warning");
    const std::string drop_ins = "/run/systemd/network/lan.network.d";
    std::filesystem::create_directories(drop_ins);
    std::ofstream(drop_ins + "/20.conf") << "[Network]\nKeepConfiguration=yes\n";
    expect_tells(1, "eth0", "keeps addresses of others", "", "ok");
    std::ofstream(drop_ins + "/30.conf") << "[Network]\nKeepConfiguration=no\n";
    expect_tells(1, "eth0", "KeepConfiguration=no", "yes in " + drop_ins + "/30.conf", "warning");
    std::filesystem::remove_all("/run/systemd");
}

TEST_F(Doctor, FindsThatTheFileIsNotWhatRuns) {
    begin();
    EXPECT_TRUE(tells(visit(1), "reload", "ok", "runs with this configuration", ""));
    std::ofstream(cluster().configuration_file(1), std::ios::app) << "\n[daemon]\nfence = off\n";
    expect_tells(1, "reload", "is not the text that komainud runs with", "komainuctl reload",
                 "warning");
    replace_in_file(cluster().configuration_file(1), "\n[daemon]\nfence = off\n", "\n# more\n");
    EXPECT_EQ(run(1, {"reload"}).exit_status, done);
    EXPECT_TRUE(tells(visit(1), "reload", "ok", "runs with this configuration", ""));
}

TEST_F(Doctor, FindsAFullDiskAndAMissingStateDirectory) {
    begin({.nodes = 1, .disk_kib = 256});
    expect_tells(1, "state_dir", "there is room for", "make room");
    std::filesystem::remove_all(cluster().directory(1) + "/state");
    expect_tells(1, "state_dir", "is missing", "install -d -m 700", "warning");
}

TEST_F(Doctor, FindsAMissingHook) {
    lay_out({.nodes = 1, .more = "[hook.mail]\non = active\ncommand = @directory@/hook\n"});
    const auto hook = cluster().directory(1) + "/hook";
    std::ofstream(hook) << "#!/bin/sh\n";
    must(::chmod(hook.c_str(), 0755), "chmod");
    cluster().start(1);
    EXPECT_TRUE(wait_until([&] { return cluster().status(1).has_value(); }, patience));
    EXPECT_TRUE(tells(visit(1), "commands", "ok", "1 can be run", ""));
    must(::chmod(hook.c_str(), 0644), "chmod");
    expect_tells(1, "commands", "hook.mail: " + hook + ": Permission denied", "chmod +x");
}

TEST_F(Doctor, FindsThatFewFilesMayBeOpenAndThatItIsNotUrgent) {
    const std::vector<std::string> poor{
        setpriv,     "--bounding-set", "-sys_nice,-ipc_lock,-sys_resource",
        "prlimit",   "--nofile=64",    "--memlock=1000",
        "--rtprio=0"};
    begin({.nodes = 1, .launchers = {{1, poor}}});
    expect_tells(1, "files", "may have 64 files open", "LimitNOFILE=256", "warning");
    expect_tells(1, "realtime", "without real-time priority and without locked memory",
                 "LimitRTPRIO=11 and LimitMEMLOCK=256M", "warning");
    EXPECT_TRUE(logs(1,
                     "runs without real-time priority, which is not permitted here "
                     "(LimitRTPRIO=11)"));
}

TEST_F(Doctor, FindsThatTheFenceIsMissing) {
    const std::vector<std::string> less{setpriv, "--bounding-set", "-bpf,-sys_admin"};
    begin({.nodes = 1, .launchers = {{1, less}}});
    expect_tells(1, "fence", "the fence is unavailable", "CAP_BPF", "warning");
}

}  // namespace
}  // namespace komainu::lab
