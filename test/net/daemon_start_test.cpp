// What komainud needs to start, what it says when that is not there, and what it does without: it
// changes nothing before it knows that it can run, keeps no privilege that it does not need, and
// leaves nothing behind.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "io/socket_address.h"
#include "test/lab/clock.h"
#include "test/lab/cluster.h"
#include "test/lab/control.h"
#include "test/lab/fail.h"
#include "test/lab/sandbox.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

using Words = std::vector<std::string>;

constexpr const char* setpriv = "/usr/bin/setpriv";  // util-linux
constexpr std::uint16_t heartbeat_port = 9694;
constexpr int nobody = 65534;

constexpr std::uint64_t no_capabilities = 0;
constexpr std::uint64_t cap_net_admin_and_raw = 1u << 12 | 1u << 13;  // linux/capability.h

struct Outcome {
    int exit_status = -1;
    std::string said;
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// A capability set of a process as /proc/PID/status has it, or another of its numbers.
std::uint64_t number_in_status(pid_t pid, const std::string& name, int base) {
    for (const auto& line : lines_of(read_file("/proc/" + std::to_string(pid) + "/status")))
        if (line.rfind(name + ":", 0) == 0)
            return std::strtoull(line.c_str() + name.size() + 1, nullptr, base);
    ADD_FAILURE() << "no " << name << " of process " << pid;
    return ~std::uint64_t{0};
}

void expect_has_only(pid_t pid, std::uint64_t capabilities) {
    SCOPED_TRACE(read_file("/proc/" + std::to_string(pid) + "/comm"));
    EXPECT_EQ(number_in_status(pid, "CapPrm", 16), capabilities);
    EXPECT_EQ(number_in_status(pid, "CapEff", 16), capabilities);
    EXPECT_EQ(number_in_status(pid, "CapInh", 16), no_capabilities);
    EXPECT_EQ(number_in_status(pid, "CapAmb", 16), no_capabilities);
    EXPECT_EQ(number_in_status(pid, "NoNewPrivs", 10), 1u);
    constexpr unsigned filtered = 2;  // SECCOMP_MODE_FILTER
    EXPECT_EQ(number_in_status(pid, "Seccomp", 10), filtered);
}

class DaemonStart : public testing::Test {
protected:
    static constexpr int node = 1;

    /// A node of three alone never holds anything; one of one is active at once.
    void lay_out(int nodes = 3) { cluster_.emplace(ClusterOptions{.nodes = nodes}); }
    Cluster& cluster() { return *cluster_; }
    Host& host() { return cluster().host(node); }

    Words command(const Words& before, const Words& options = {}) {
        Words words = before;
        words.insert(words.end(), {program_, "--config", cluster().configuration_file(node)});
        words.insert(words.end(), options.begin(), options.end());
        return words;
    }

    std::string log_file() { return cluster().directory(node) + "/log"; }

    /// Runs to its end.
    Outcome run(const Words& words) {
        std::filesystem::remove(log_file());
        Process process(host().space, words, log_file());
        const auto status = process.wait(patience);
        EXPECT_TRUE(status) << "it runs";
        return {status.value_or(-1), read_file(log_file())};
    }

    /// It ends with the status and with one line, beside warnings, that has the text in it, and all
    /// is as before.
    void expect_refused(int exit_status, const std::string& text, const Words& before = {},
                        const Words& options = {"--node-id", "1"}) {
        const auto system_before = state_of_the_system();
        const Outcome outcome = run(command(before, options));
        EXPECT_EQ(outcome.exit_status, exit_status);
        auto lines = lines_of(outcome.said);
        std::erase_if(lines, [](const auto& line) { return line.find(" warning: ") != line.npos; });
        EXPECT_EQ(lines.size(), 1u) << outcome.said;
        EXPECT_NE(outcome.said.find(text), std::string::npos) << outcome.said;
        EXPECT_EQ(state_of_the_system(), system_before);
    }

    /// Addresses and files. The kernel makes link-local addresses of its own accord; a lock file
    /// stays on purpose (io/unix_listener.h).
    std::string state_of_the_system() {
        std::string state = output_of("ip -oneline addr show scope global");
        std::set<std::string> files;
        const auto directory = std::filesystem::path(cluster().directory(node)).parent_path();
        for (const auto& file : std::filesystem::recursive_directory_iterator(directory))
            files.insert(file.path());
        for (const auto& file : files)
            if (file != log_file() && !file.ends_with(".lock")) state += file + "\n";
        return state;
    }

    std::string output_of(const std::string& shell_command) {
        const std::string file = sandbox_directory() + "/output";
        host().space.run([&] { EXPECT_EQ(std::system((shell_command + " >" + file).c_str()), 0); });
        std::string output = read_file(file);
        std::filesystem::remove(file);
        return output;
    }

    void configure(const std::string& old, const std::string& with) {
        replace_in_file(cluster().configuration_file(node), old, with);
    }
    std::string key_file() { return cluster().directory(node) + "/cluster.key"; }

    void expect_serves() {
        EXPECT_TRUE(wait_until([&] { return cluster().status(node).has_value(); }, patience));
    }

    /// In a directory of its own, which every user may enter.
    void use_copy_of_program_in(const std::string& directory) {
        program_ = directory + "/komainud";
        std::filesystem::copy_file(built_program("komainud"), program_);
    }

    /// What to write before a command that is to run without root's privileges. The sandbox of an
    /// ordinary user knows no user but root, so there root is made an ordinary one.
    static Words as_ordinary_user() {
        if (has_user_namespace()) return {setpriv, "--securebits", "+noroot"};
        const auto id = std::to_string(nobody);
        return {setpriv, "--reuid", id, "--regid", id, "--clear-groups"};
    }

    /// Gives the ordinary user what the node's own service user would own.
    void give_files_away() {
        if (has_user_namespace()) return;
        const std::filesystem::path own = cluster().directory(node);
        must(::chmod(own.parent_path().c_str(), 0755), "chmod");
        must(::chown(own.c_str(), nobody, nobody), "chown");
        for (const auto& file : std::filesystem::recursive_directory_iterator(own))
            must(::chown(file.path().c_str(), nobody, nobody), "chown");
    }

    static bool runs_as_ordinary_user(const Words& words) { return words.front() == setpriv; }
    /// Whether a process of the ordinary user may ask it.
    bool answers_ordinary_user() {
        const pid_t child = must(::fork(), "fork");
        if (child == 0) {
            if (!has_user_namespace() && ::setresuid(nobody, nobody, nobody) != 0) _exit(2);
            const auto answer =
                ask(cluster().control_socket(node), {{"command", "status"}}, patience);
            _exit(answer && answer->value("ok", false) ? 0 : 1);
        }
        int status = 0;
        return ::waitpid(child, &status, 0) == child && status == 0;
    }

    /// Starts the only node of its cluster, sees that it works and that it may do no more than it
    /// must, and ends it.
    void expect_runs_with_least_privileges(const Words& words) {
        const auto system_before = state_of_the_system();
        Process main(host().space, words, log_file());
        EXPECT_TRUE(wait_until([&] { return holds_vip(); }, patience)) << read_file(log_file());
        const auto children = children_of(main.pid());
        ASSERT_EQ(children.size(), 2u) << "the runner and the guard";
        expect_has_only(main.pid(), no_capabilities);
        expect_has_only(children[0], no_capabilities);
        expect_has_only(children[1], cap_net_admin_and_raw);
        if (runs_as_ordinary_user(words)) {
            EXPECT_TRUE(answers_ordinary_user());
        }

        main.signal(SIGTERM);
        EXPECT_EQ(main.wait(patience), 0);
        for (const pid_t child : children) EXPECT_FALSE(exists(child));
        // What it must remember; see runner/deadtime_record.h.
        EXPECT_TRUE(std::filesystem::remove(cluster().directory(node) + "/state/deadtime-ms"));
        EXPECT_EQ(state_of_the_system(), system_before);
    }

    bool holds_vip() { return output_of("ip addr").find("10.77.0.100/24") != std::string::npos; }

private:
    std::optional<Cluster> cluster_;
    std::string program_ = built_program("komainud");
};

TEST_F(DaemonStart, NeedsTheRightToSetAddresses) {
    lay_out();
    expect_refused(1, "CAP_NET_ADMIN missing: run komainud as root, or give",
                   {setpriv, "--bounding-set", "-net_admin"});
    expect_refused(1, "CAP_NET_ADMIN and CAP_NET_RAW missing: run komainud as root, or give",
                   {setpriv, "--bounding-set", "-net_admin,-net_raw"});
}

TEST_F(DaemonStart, NeedsTheInterfaceOfTheVip) {
    lay_out();
    configure("interface = eth0", "interface = eth9");
    expect_refused(1, "vip.v0.interface: no interface eth9 on this host; it has: eth0, lo");
}

TEST_F(DaemonStart, NeedsItsUdpPort) {
    lay_out();
    Fd other;
    host().space.run([&] {
        other = Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        const SocketAddress name({host().ipv4, heartbeat_port});
        EXPECT_EQ(::bind(other.get(), &name.generic, name.size()), 0);
    });
    expect_refused(1, "10.77.0.1:9694 is in use: another komainud with this node's address");
}

TEST_F(DaemonStart, NeedsItsTcpPort) {
    lay_out();
    Fd other;
    host().space.run([&] {
        other = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const SocketAddress name({host().ipv4, heartbeat_port});
        EXPECT_EQ(::bind(other.get(), &name.generic, name.size()), 0);
        EXPECT_EQ(::listen(other.get(), 1), 0);
    });
    expect_refused(1, "10.77.0.1:9694 (TCP) is in use: another komainud with this node's address");
}

TEST_F(DaemonStart, OfASecondDaemonAtTheSameSocketIsRefused) {
    lay_out();
    cluster().start(node);
    expect_serves();
    output_of("ip addr add 10.77.0.2/24 dev eth0");
    expect_refused(1,
                   fmt::format("another komainud (pid {}) already serves {}",
                               cluster().daemon(node).pid(), cluster().control_socket(node)),
                   {}, {"--node-id", "2"});
    expect_serves();
}

TEST_F(DaemonStart, OfASecondDaemonOfTheSameNodeIsRefusedAlsoAtAnotherSocket) {
    lay_out();
    cluster().start(node);
    expect_serves();
    configure(cluster().control_socket(node), cluster().directory(node) + "/other.sock");
    expect_refused(1, "10.77.0.1:9694 is in use: another komainud with this node's address");
    expect_serves();
}

TEST_F(DaemonStart, NeedsTheDirectoryOfItsControlSocket) {
    lay_out();
    const auto missing = cluster().directory(node) + "/missing";
    configure(cluster().control_socket(node), missing + "/control.sock");
    expect_refused(
        1,
        "directory " + missing +
            ": No such file or directory; make it, for the user of komainud: install -d -m 750 " +
            missing);
}

TEST_F(DaemonStart, NeedsToWriteToTheDirectoryOfItsControlSocket) {
    lay_out();
    const auto closed = cluster().directory(node) + "/closed";
    must(::mkdir(closed.c_str(), 0555), "mkdir");
    configure(cluster().control_socket(node), closed + "/control.sock");
    expect_refused(
        1, "directory " + closed + ": Permission denied; start as root, or give it to the user",
        {setpriv, "--bounding-set", "-dac_override"});
}

TEST_F(DaemonStart, NeedsANodeIdThatIsAmongTheNodes) {
    lay_out();
    expect_refused(2, "--node-id: 7 is not among the nodes; write one of 1, 2, 3", {},
                   {"--node-id", "7"});
}

TEST_F(DaemonStart, FindsOutWhichNodeItIsByItsAddress) {
    lay_out();
    const Outcome outcome = run(command({}, {"--check"}));
    EXPECT_EQ(outcome.exit_status, 0);
    EXPECT_NE(outcome.said.find("node 1 at 10.77.0.1, priority 100, this host"), std::string::npos)
        << outcome.said;
}

TEST_F(DaemonStart, NeedsAKeyThatNobodyElseCanRead) {
    lay_out();
    must(::chmod(key_file().c_str(), 0644), "chmod");
    expect_refused(2, "key_file: " + key_file() + " is open to others (mode 0644); chmod 600");
}

TEST_F(DaemonStart, NeedsAKeyThatIsLongEnough) {
    lay_out();
    std::ofstream(key_file()) << "0123456789abcdef\n";
    expect_refused(2, "the key has 16 letters, it must have 64 hexadecimal digits");
}

TEST_F(DaemonStart, NeedsAKey) {
    lay_out();
    std::filesystem::remove(key_file());
    expect_refused(2, "key_file: " + key_file() +
                          " is missing; copy that of another node, or on the first make one with");
}

TEST_F(DaemonStart, NeedsAConfiguration) {
    lay_out();
    std::filesystem::remove(cluster().configuration_file(node));
    expect_refused(2,
                   "No such file or directory; write one, after the example komainu.conf.sample");
}

TEST_F(DaemonStart, SaysAllThatIsWrongWithTheConfigurationInOneGo) {
    lay_out();
    configure("[node.2]\naddress = 10.77.0.2", "[node.2]\naddress = 10.77.0.1\nprioriti = 5");
    std::filesystem::remove(key_file());
    const auto before = state_of_the_system();
    for (const Words& options : {Words{"--node-id", "1"}, Words{"--node-id", "1", "--check"}}) {
        const Outcome outcome = run(command({}, options));
        EXPECT_EQ(outcome.exit_status, 2);
        EXPECT_EQ(lines_of(outcome.said).size(), 3u) << outcome.said;
        for (const auto& line : lines_of(outcome.said))
            EXPECT_EQ(line.rfind(cluster().configuration_file(node) + ":", 0), 0u) << line;
    }
    EXPECT_EQ(state_of_the_system(), before);
}

TEST_F(DaemonStart, IsOnlySpokenOfByCheck) {
    lay_out();
    const auto before = state_of_the_system();
    const Outcome outcome = run(command({}, {"--check"}));
    EXPECT_EQ(outcome.exit_status, 0);
    for (const char* line :
         {"cluster lab, quorum majority (2 of 3 votes)\n", "VIP v0: 10.77.0.100/24 on eth0\n"})
        EXPECT_NE(outcome.said.find(line), std::string::npos) << outcome.said;
    EXPECT_EQ(state_of_the_system(), before);
}

TEST_F(DaemonStart, IsNotMeantByHelpAndVersion) {
    lay_out();
    const auto said = [&](const char* option) {
        const Outcome outcome = run({built_program("komainud"), option});
        EXPECT_EQ(outcome.exit_status, 0);
        return outcome.said;
    };
    EXPECT_EQ(said("--help").rfind("Usage: komainud [--config FILE]", 0), 0u);
    EXPECT_EQ(said("--version"), "komainud " KOMAINU_VERSION "\n");
}

TEST_F(DaemonStart, WithAnUnknownOptionIsRefused) {
    lay_out();
    expect_refused(2, "'--nodes'; see komainud --help", {}, {"--nodes", "1"});
}

TEST_F(DaemonStart, AsRootKeepsNothingThatIsNotNeededAndLeavesNothingBehind) {
    lay_out(1);
    expect_runs_with_least_privileges(command({}));
}

TEST_F(DaemonStart, WorksForAnOrdinaryUserWithAmbientCapabilities) {
    lay_out(1);
    give_files_away();
    use_copy_of_program_in(cluster().directory(node) + "/state");
    Words before = as_ordinary_user();
    for (const char* set : {"--inh-caps", "--ambient-caps"})
        before.insert(before.end(), {set, "+net_admin,+net_raw"});
    expect_runs_with_least_privileges(command(before));
}

TEST_F(DaemonStart, WorksForAnOrdinaryUserFromFileCapabilities) {
    lay_out(1);
    give_files_away();
    // The sandbox's own file system ignores file capabilities, like set-user-id bits.
    const auto directory = cluster().directory(node) + "/state";
    must(::mount("tmpfs", directory.c_str(), "tmpfs", MS_NODEV, "mode=0777"), "mount");
    use_copy_of_program_in(directory);
    const auto give = "setcap cap_net_admin,cap_net_raw=ep " + directory + "/komainud 2>/dev/null";
    if (std::system(give.c_str()) != 0)
        GTEST_SKIP() << "setcap is not installed, or this kernel's tmpfs takes no capabilities";
    expect_runs_with_least_privileges(command(as_ordinary_user()));
}

TEST_F(DaemonStart, NeedsPrivilegesThatAnOrdinaryUserHasNot) {
    lay_out();
    give_files_away();
    use_copy_of_program_in(cluster().directory(node) + "/state");
    expect_refused(1, "CAP_NET_ADMIN and CAP_NET_RAW missing: run komainud as root, or give",
                   as_ordinary_user());
}

TEST_F(DaemonStart, OfAWitnessNeedsNoPrivilege) {
    lay_out();
    give_files_away();
    use_copy_of_program_in(cluster().directory(node) + "/state");
    configure("[node.1]\n", "[node.1]\nwitness = yes\n");
    Process main(host().space, command(as_ordinary_user()), log_file());
    const auto role = [&] {
        const auto answer = ask(cluster().control_socket(node), {{"command", "status"}}, patience);
        return answer ? (*answer)["status"].value("role", "") : "";
    };
    EXPECT_TRUE(wait_until([&] { return role() == "witness"; }, patience));
    expect_has_only(main.pid(), no_capabilities);
    main.signal(SIGTERM);
    EXPECT_EQ(main.wait(patience), 0);
}

}  // namespace
}  // namespace komainu::lab
