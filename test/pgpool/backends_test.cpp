// The table of backends that komainu's nodes share, with the real pgpools and databases behind it:
// what one pgpool does, or an operator, all pgpools do, and the standby is promoted once.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "test/lab/control.h"
#include "test/pgpool/pgpool_scenario.h"

namespace komainu::lab {
namespace {

constexpr int primary = 0, standby = 1;

class PgpoolBackends : public PgpoolScenario {
protected:
    void SetUp() override {
        PgpoolScenario::SetUp();
        if (!IsSkipped() && ::access(built_program("komainu-pgpool").c_str(), X_OK) != 0)
            GTEST_SKIP() << "komainu-pgpool, the link to pgpool-II, was not built";
    }

    int begin_with_backends(const std::string& mode = "mirror") {
        auto options = checked_by_process();
        options.more +=
            "\n[backends]\nfailover_command = @directory@/../failover %d %P\n"
            "[backend.0]\naddress = 10.77.0.11:5432\nprimary = yes\n"
            "[backend.1]\naddress = 10.77.0.12:5432\n"
            "[pgpool]\npcp = @directory@/pgpool/.s.PGSQL.9898\nuser = komainu\n"
            "password_file = @directory@/pgpool/pcppass\ninterval = 200ms\nmode = " +
            mode + "\n";
        lay_out(std::move(options));
        write_failover_command();
        make_lab({});
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

}  // namespace
}  // namespace komainu::lab
