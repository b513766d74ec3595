// komainu in place of pgpool-II's watchdog: what becomes of the VIP and of a client's transactions
// when a pgpool, a node or all the databases fail.
#include "test/pgpool/pgpool_scenario.h"

namespace komainu::lab {
namespace {

using PgpoolTakeover = PgpoolScenario;

TEST_F(PgpoolTakeover, MovesTheVipWhenPgpoolIsKilled) {
    const int active = begin_with_servers();
    ASSERT_NE(active, 0);
    expect_takeover(active, [&] { lab().pgpool(active).kill(); });
    expect_commits_again();
}

TEST_F(PgpoolTakeover, MovesTheVipWhenPgpoolsFirstProcessAloneIsKilled) {
    const int active = begin_with_servers();
    ASSERT_NE(active, 0);
    expect_takeover(active, [&] { lab().pgpool(active).kill_main(); });
    expect_commits_again();
}

TEST_F(PgpoolTakeover, MovesTheVipWhenPgpoolIsStopped) {
    const int active = begin_with_servers();
    ASSERT_NE(active, 0);
    expect_takeover(active, [&] { lab().pgpool(active).stop(); });
    expect_commits_again();
}

TEST_F(PgpoolTakeover, MovesTheVipWhenTheNodeIsCutOff) {
    const int active = begin_with_servers();
    ASSERT_NE(active, 0);
    expect_takeover(active, [&] { cluster().network().silence(cluster().host(active)); });
    expect_commits_again();
}

TEST_F(PgpoolTakeover, LeavesTheVipWhereItIsWhenAllDatabasesAreDown) {
    const int active = begin_with_servers();
    ASSERT_NE(active, 0);
    expect_no_move(
        active,
        [&] {
            lab().database(1).stop();
            lab().database(0).stop();
            EXPECT_TRUE(lab().wait_until_all_say(0, "down"));
        },
        5s);
}

}  // namespace
}  // namespace komainu::lab
