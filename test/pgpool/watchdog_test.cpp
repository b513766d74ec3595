// For those who keep pgpool-II's own watchdog: komainu as its life check, and what komainuctl
// watchdog-info prints beside what pcp_watchdog_info does.
#include <map>
#include <sstream>

#include "test/pgpool/pgpool_scenario.h"

namespace komainu::lab {
namespace {

constexpr const char* delegate_ip = "10.77.0.101";  // komainu holds one of its own
constexpr Duration startup = 40s;  // of the watchdog, which takes ten seconds or so

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
    Lines lines;
    std::istringstream all(text);
    for (std::string line; std::getline(all, line);) lines.push_back(line);
    return lines;
}

Lines words_of(const std::string& line) {
    Lines words;
    std::istringstream all(line);
    for (std::string word; all >> word;) words.push_back(word);
    return words;
}

/// Its number and its name, as they end a node's line: "7 STANDBY".
std::string state_in(const std::string& line) {
    const auto words = words_of(line);
    constexpr std::size_t from_the_end = 4;
    if (words.size() < from_the_end) return "";
    return words[words.size() - from_the_end] + " " + words[words.size() - from_the_end + 1];
}

class ExternalLifecheck : public PgpoolScenario {
protected:
    void begin_with_watchdog() {
        lay_out(ClusterOptions{});
        make_lab({.databases = 1,
                  .settings = watchdog_settings(cluster(), "external", delegate_ip) +
                              "wd_authkey = 'open sesame'\n"});
        ASSERT_NE(start(), 0);
        for (int node = 1; node <= cluster().size(); ++node) start_lifecheck(node);
        lab().start_pgpools();
        ASSERT_TRUE(wait_until([&] { return (leader_ = leader()) != 0; }, startup)) << info(1);
    }

    /// Who leads, once all are well: mostly the first, but not on a busy machine.
    int leader() {
        const auto said = states(1);
        for (int node = 1; node <= cluster().size(); ++node)
            if (said == all_well(node)) return node;
        return 0;
    }

    void start_lifecheck(int node) {
        lifechecks_[node].reset();
        lifechecks_[node].emplace(
            cluster().host(node).space,
            std::vector<std::string>{built_program("komainuctl"), "--socket",
                                     cluster().control_socket(node), "pgpool-lifecheck",
                                     lab().pgpool(node).configuration_file()},
            cluster().directory(node) + "/lifecheck.log");
    }

    std::string info(int node) { return lab().pgpool(node).pcp("watchdog_info"); }

    /// Of all nodes, as pgpool on one of them has it: by the port's host in their lines.
    std::map<int, std::string> states(int asked) {
        std::map<int, std::string> states;
        for (const auto& line : lines_of(info(asked)))
            for (int node = 1; node <= cluster().size(); ++node)
                if (line.rfind(to_string(cluster().host(node).ipv4) + ":", 0) == 0)
                    states[node] = state_in(line);
        sleep_for(200ms);  // for each question pgpool starts a process
        return states;
    }

    static std::map<int, std::string> all_well(int leader) {
        std::map<int, std::string> states;
        for (int node = 1; node <= 3; ++node)
            states[node] = node == leader ? "4 LEADER" : "7 STANDBY";
        return states;
    }

    std::string lifecheck_log(int node) {
        return read_file(cluster().directory(node) + "/lifecheck.log");
    }

    std::string komainu_info(int node, const std::string& option = "") {
        const auto output = cluster().directory(node) + "/watchdog-info";
        shell(cluster().host(node), built_program("komainuctl") + " --socket " +
                                        cluster().control_socket(node) + " watchdog-info " +
                                        option + " >" + output);
        return read_file(output);
    }

    void TearDown() override {
        for (const auto& [node, lifecheck] : lifechecks_)
            if (HasFailure()) std::cerr << "--- lifecheck " << node << "\n" << lifecheck_log(node);
        lifechecks_.clear();
        PgpoolScenario::TearDown();
    }

    int leader_ = 0;  ///< of pgpool's watchdog, at the beginning
    std::map<int, std::optional<Process>> lifechecks_;
};

TEST_F(ExternalLifecheck, TellsPgpoolThatANodeIsDeadAndThatItIsBack) {
    begin_with_watchdog();
    const int cut_off = after(leader_);
    mark();
    cluster().network().silence(cluster().host(cut_off));
    EXPECT_TRUE(wait_until([&] { return states(leader_)[cut_off] == "8 LOST"; }, 3s))
        << info(leader_);
    std::cout << "lost after " << (now() - marked_at()) / 1ms << " ms\n";
    EXPECT_NE(lifecheck_log(leader_).find("pgpool was told that its node " +
                                          std::to_string(cut_off - 1) + " is dead"),
              std::string::npos);

    // Either side may be restarted meanwhile.
    start_lifecheck(leader_);
    cluster().network().heal(cluster().host(cut_off));
    EXPECT_TRUE(wait_until([&] { return states(leader_) == all_well(leader_); }, startup))
        << info(leader_);
}

TEST_F(ExternalLifecheck, LetsPgpoolElectAnotherLeaderAtOnce) {
    begin_with_watchdog();
    mark();
    const int other = after(leader_), third = after(other);
    cluster().network().silence(cluster().host(leader_));
    EXPECT_TRUE(wait_until(
        [&] {
            auto said = states(other);
            return said[leader_] == "8 LOST" &&
                   (said[other] == "4 LEADER" || said[third] == "4 LEADER");
        },
        startup))
        << info(other);
    std::cout << "another leader after " << (now() - marked_at()) / 1ms << " ms\n";
}

// Whoever reads the one reads the other: the same lines, with as many words, and of the words those
// that are not names.
TEST_F(ExternalLifecheck, IsTheWatchdogWhoseOutputWatchdogInfoHas) {
    begin_with_watchdog();
    if (cluster().active() != leader_) cluster().switchover(leader_, leader_);
    ASSERT_TRUE(wait_until([&] { return cluster().active() == leader_; }, patience));
    for (const int node : {leader_, after(leader_)}) {
        const auto theirs = lines_of(info(node)), ours = lines_of(komainu_info(node));
        ASSERT_EQ(theirs.size(), ours.size()) << info(node) << komainu_info(node);
        for (std::size_t i = 0; i < theirs.size(); ++i) {
            auto their_words = words_of(theirs[i]), our_words = words_of(ours[i]);
            ASSERT_EQ(their_words.size(), our_words.size()) << theirs[i] << "\n" << ours[i];
            for (std::size_t word = 0; word < their_words.size(); ++word) {
                const bool is_name = their_words[word] == "lab";
                const bool is_watchdog_port = their_words[word] == "9000";
                if (is_name || is_watchdog_port) continue;
                EXPECT_EQ(their_words[word], our_words[word]) << theirs[i] << "\n" << ours[i];
            }
        }
        // The leader takes its standbys on one after another, and the standbys hear of it later.
        std::string all;
        EXPECT_TRUE(wait_until(
            [&] {
                sleep_for(200ms);
                all = lab().pgpool(node).pcp("watchdog_info", "-v");
                return all.find("QUORUM EXIST") != all.npos &&
                       all.find("Alive Remote Nodes       : 2") != all.npos;
            },
            startup));
        const auto verbose = lines_of(all);
        const auto our_verbose = lines_of(komainu_info(node, "--verbose"));
        ASSERT_EQ(verbose.size(), our_verbose.size());
        for (std::size_t i = 0; i < verbose.size(); ++i) {
            EXPECT_EQ(verbose[i].substr(0, verbose[i].find(':')),
                      our_verbose[i].substr(0, our_verbose[i].find(':')));
            const bool differs = verbose[i].find("Name") != std::string::npos ||
                                 verbose[i].find("Delegate") != std::string::npos ||
                                 verbose[i].find("Watchdog port") != std::string::npos ||
                                 verbose[i].find("priority") != std::string::npos;
            if (differs) continue;
            EXPECT_EQ(verbose[i], our_verbose[i]);
        }
    }
}

}  // namespace
}  // namespace komainu::lab
