// The table of backends that komainu's nodes share, with the real pgpools and databases behind it:
// what one pgpool does, or an operator, all pgpools do, and the standby is promoted once.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "test/lab/control.h"
#include "test/pgpool/pgpool_scenario.h"

namespace komainu::lab {
namespace {

constexpr int primary = 0, standby = 1;

enum class ServersHave : std::uint8_t { no_watchdog, their_watchdog };

class PgpoolBackends : public PgpoolScenario {
protected:
    void SetUp() override {
        PgpoolScenario::SetUp();
        if (!IsSkipped() && ::access(built_program("komainu-pgpool").c_str(), X_OK) != 0)
            GTEST_SKIP() << "komainu-pgpool, the link to pgpool-II, was not built";
    }

    int begin_with_backends(const std::string& mode = "mirror",
                            ServersHave watchdog = ServersHave::no_watchdog) {
        auto options = checked_by_process();
        options.more +=
            "\n[backends]\nfailover_command = @directory@/../failover %d %P\n"
            "[backend.0]\naddress = 10.77.0.11:5432\nprimary = yes\n"
            "[backend.1]\naddress = 10.77.0.12:5432\n"
            "[pgpool]\npcp = @directory@/pgpool/.s.PGSQL.9898\nuser = komainu\n"
            "password_file = @directory@/pgpool/pcppass\ninterval = 200ms\nmode = " +
            mode + "\n" +
            (mode == "mirror" ? ""
                              : "[service.db1]\ncheck = tcp\naddress = 10.77.0.12:5432\n"
                                "backend = 1\ninterval = 200ms\ntimeout = 500ms\n");
        lay_out(std::move(options));
        write_failover_command();
        // In consensus pgpool-II's own detection is off (conf/pgpool/consensus.conf).
        std::string settings = mode == "mirror" ? ""
                                                : "health_check_period = 0\n"
                                                  "failover_on_backend_error = off\n"
                                                  "failover_on_backend_shutdown = off\n"
                                                  "detach_false_primary = off\n"
                                                  "auto_failback = off\n";
        if (watchdog == ServersHave::their_watchdog)
            settings += watchdog_settings(cluster(), "external", "");
        make_lab({.settings = settings});
        lab().start_pgpools();
        const int active = start();
        if (active != 0) lab().start_client();
        return active;
    }

    /// Promotes the standby when the primary was lost, and writes down who did.
    void write_failover_command() {
        const auto path = cluster().directory() + "/failover";
        std::ofstream(path) << "#!/bin/sh\necho \"node $KOMAINU_NODE: $1\" >>" << commands_file()
                            << "\n[ \"$1\" != \"$2\" ] || exec " << postgres_program("psql")
                            << " -h 10.77.0.12 -U postgres -c 'SELECT pg_promote()'\n";
        ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
    }

    std::string commands_file() { return cluster().directory() + "/commands"; }
    /// On whichever node was active when the nodes agreed that the primary is lost.
    void expect_one_failover() {
        const auto commands = read_file(commands_file());
        EXPECT_EQ(std::ranges::count(commands, '\n'), 1) << commands;
        EXPECT_NE(commands.find(": 0\n"), commands.npos) << commands;
    }

    /// From now on these do not reach the database, nor one another.
    void cut_off_from_standby(int node) {
        cluster().network().keep_apart(cluster().host(node));
        cluster().network().keep_apart(lab().database(standby).host());
    }
    void reach_standby_again(int node) {
        cluster().network().heal(cluster().host(node));
        cluster().network().heal(lab().database(standby).host());
    }
    bool wait_until_says(int node, std::size_t backend, const std::string& status) {
        return wait_until(
            [&] {
                sleep_for(200ms);
                return lab().pgpool(node).backend_status(backend) == status;
            },
            3 * patience);
    }

    bool all_agree_on_primary(std::size_t backend) {
        return wait_until(
            [&] {
                sleep_for(200ms);
                for (int node = 1; node <= cluster().size(); ++node)
                    if (lab().pgpool(node).running() &&
                        lab().pgpool(node).backend_role(backend) != "primary")
                        return false;
                return true;
            },
            3 * patience);
    }

    std::optional<nlohmann::json> tell(int node, const std::string& event, int backend) {
        return ask(cluster().control_socket(node),
                   {{"command", "backend"}, {"event", event}, {"id", backend}, {"wait_ms", 5000}},
                   patience);
    }
};

TEST_F(PgpoolBackends, PromoteTheStandbyOnceWhenThePrimaryIsKilled) {
    const int active = begin_with_backends();
    ASSERT_NE(active, 0);
    mark();
    lab().database(primary).kill();
    EXPECT_TRUE(lab().wait_until_all_say(primary, "down"));
    EXPECT_TRUE(all_agree_on_primary(standby));
    expect_commits_again();
    EXPECT_LT(now() - marked_at(), patience);
    EXPECT_EQ(lab().database(standby).role(), Postgres::Role::primary);
    expect_one_failover();
}

TEST_F(PgpoolBackends, AreDetachedAndAttachedEverywhereWhenOnePgpoolDoes) {
    const int active = begin_with_backends();
    ASSERT_NE(active, 0);
    const int another = after(active);
    lab().pgpool(another).pcp("detach_node", "-n 1");
    EXPECT_TRUE(lab().wait_until_all_say(standby, "down"));
    lab().pgpool(active).pcp("attach_node", "-n 1");
    EXPECT_TRUE(lab().wait_until_nobody_says(standby, "down"));
    EXPECT_TRUE(lab().client().commits(patience));
}

// Both would decide about backends, and mostly about one VIP.
TEST_F(PgpoolBackends, AreSaidToHaveAWatchdogOfTheirOwnWhereTheyDo) {
    const auto caution = [&](int node) {
        const auto status = cluster().status(node);
        return status ? status->at("pgpool").at("caution").get<std::string>() : "no answer";
    };
    ASSERT_NE(begin_with_backends("mirror", ServersHave::their_watchdog), 0);
    for (int node = 1; node <= cluster().size(); ++node)
        EXPECT_TRUE(wait_until(
            [&] { return caution(node).starts_with("pgpool-II runs its own watchdog"); }, patience))
            << caution(node) << "\n"
            << cluster().log(node);
    EXPECT_TRUE(logs(1, "error: pgpool-II runs its own watchdog, which moves VIPs"));
}

// Test 014: what an operator asks for needs no consensus.
TEST_F(PgpoolBackends, AreDetachedByTheOperatorEverywhere) {
    const int active = begin_with_backends("consensus");
    ASSERT_NE(active, 0);
    const auto answer = tell(after(active), "detach", standby);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->value("ok", false), true) << answer->dump();
    EXPECT_TRUE(lab().wait_until_all_say(standby, "down"));
    EXPECT_EQ(lab().database(standby).role(), Postgres::Role::standby);
}

// Test 012: without a quorum nothing is detached.
TEST_F(PgpoolBackends, StayAsTheyAreWithoutAQuorum) {
    const int active = begin_with_backends();
    ASSERT_NE(active, 0);
    cluster().network().silence(cluster().host(after(active)));
    cluster().network().silence(cluster().host(after(after(active))));
    ASSERT_TRUE(wait_until([&] { return !cluster().active(); }, patience));
    const auto answer = tell(active, "detach", standby);
    EXPECT_TRUE(!answer || answer->value("ok", true) == false);
    EXPECT_NE(lab().pgpool(active).backend_status(standby), "down");
}

// Test 015: the active and the primary are lost together.
TEST_F(PgpoolBackends, AreFailedOverByTheNextActiveWhenBothAreLost) {
    const int active = begin_with_backends();
    ASSERT_NE(active, 0);
    mark();
    lab().database(primary).kill();
    cluster().network().silence(cluster().host(active));
    const auto next = cluster().wait_for_active_other_than(active);
    ASSERT_TRUE(next);
    lab().pgpool(active).kill();
    EXPECT_TRUE(lab().wait_until_all_say(primary, "down"));
    EXPECT_TRUE(all_agree_on_primary(standby));
    expect_commits_again();
    expect_one_failover();
}

// Test 011: what one node alone finds down is down for nobody else, and up again for itself when it
// finds it up. A database that is stopped is down for all. Then the leader is stopped.
TEST_F(PgpoolBackends, AreDetachedWhenTheyAreDownAndNotWhenOneNodeSaysSo) {
    const int active = begin_with_backends("consensus");
    ASSERT_NE(active, 0);
    const int alone = after(active);
    cut_off_from_standby(alone);
    EXPECT_TRUE(wait_until_says(alone, standby, "down"));
    EXPECT_NE(lab().pgpool(active).backend_status(standby), "down");
    reach_standby_again(alone);
    EXPECT_TRUE(lab().wait_until_nobody_says(standby, "down"));
    lab().database(standby).stop();
    EXPECT_TRUE(lab().wait_until_all_say(standby, "down"));
    ASSERT_TRUE(cluster().wait_until_whole());
    expect_takeover(active, [&] {
        EXPECT_EQ(cluster().stop(active), 0);
        lab().pgpool(active).stop();
    });
    expect_commits_again();
}

// Test 013: the first vote puts the backend into quarantine on its node, the second detaches it.
TEST_F(PgpoolBackends, TakeTheVotesOfAMajorityToBeDetached) {
    const int active = begin_with_backends("consensus");
    ASSERT_NE(active, 0);
    const int first = after(active), second = after(first);
    cut_off_from_standby(first);
    EXPECT_TRUE(wait_until_says(first, standby, "down"));
    EXPECT_NE(lab().pgpool(second).backend_status(standby), "down");
    cut_off_from_standby(second);
    EXPECT_TRUE(lab().wait_until_all_say(standby, "down"));
    EXPECT_TRUE(logs(active, fmt::format("nodes {}, {} find it down", std::min(first, second),
                                         std::max(first, second))));
}

}  // namespace
}  // namespace komainu::lab
