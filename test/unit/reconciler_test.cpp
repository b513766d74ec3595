// What is done where pgpool-II and the cluster's table differ, as small stories.
#include "pgpool/reconciler.h"

#include <gtest/gtest.h>

#include "pgpool/servers.h"

namespace komainu {
namespace {

using Commands = std::vector<PcpRequest>;

/// Three backends, 0 the primary, a pgpool that is polled each half second, and the table.
class ReconcilerTest : public testing::Test {
protected:
    ReconcilerTest() {
        for (int id = 0; id < 3; ++id) {
            const auto port = static_cast<std::uint16_t>(5432 + id);
            table_.list.push_back({id, "10.0.0.1:" + std::to_string(port), true, id == 0, false});
            nodes_.push_back({"10.0.0.1", port, PcpNodeStatus::up, id == 0, "1"});
        }
        table_.agreed = true;
    }

    Steps poll() {
        now_ += 500ms;
        reconciler_.want(table_);
        return reconciler_.observe(now_, nodes_);
    }
    Commands commands() {
        const Steps steps = poll();
        EXPECT_TRUE(steps.submissions.empty());
        return steps.commands;
    }
    /// Of one that there has to be.
    Submission submission() {
        const Steps steps = poll();
        EXPECT_TRUE(steps.commands.empty());
        EXPECT_EQ(steps.submissions.size(), 1u);
        return steps.submissions.empty() ? Submission{} : steps.submissions.front();
    }
    void expect_nothing(Duration span = 1s) {
        for (const Instant end = now_ + span; now_ < end;) {
            const Steps steps = poll();
            ASSERT_TRUE(steps.commands.empty() && steps.submissions.empty());
        }
    }
    void set_up(int id, bool up) { table_.list[static_cast<std::size_t>(id)].up = up; }
    void set_attached(int id, bool attached) {
        nodes_[static_cast<std::size_t>(id)].status =
            attached ? PcpNodeStatus::waiting : PcpNodeStatus::down;
    }
    void set_primary(int id) {
        for (std::size_t i = 0; i < nodes_.size(); ++i)
            nodes_[i].primary = static_cast<int>(i) == id;
    }
    void set_table_primary(int id) {
        for (WantedBackend& backend : table_.list) backend.primary = backend.id == id;
    }
    void accept(const Submission& submission) {
        reconciler_.submitted(now_, submission, true);
        if (submission.event == PgpoolEvent::promote)
            set_table_primary(submission.backend);
        else
            set_up(submission.backend, submission.event == PgpoolEvent::attach);
    }
    void in_mode(PgpoolMode mode) { reconciler_ = Reconciler(mode); }

    Instant now_{1h};
    WantedBackends table_;
    std::vector<PcpNode> nodes_;
    Reconciler reconciler_{PgpoolMode::mirror};
};

TEST_F(ReconcilerTest, WhereNothingDiffersNothingIsDone) {
    expect_nothing();
    EXPECT_EQ(reconciler_.trouble(), "");
}

TEST_F(ReconcilerTest, BeforeTheClusterHasAgreedNothingIsDone) {
    table_.agreed = false;
    set_up(1, false);
    set_attached(2, false);
    expect_nothing(1min);
}

TEST_F(ReconcilerTest, WhatTheClusterHasDecidedIsDoneInPgpool) {
    expect_nothing();
    set_up(1, false);
    EXPECT_EQ(commands(), (Commands{{PcpCommand::detach, 1}}));
    EXPECT_EQ(reconciler_.trouble(), "backend 1 is attached in pgpool-II and should be detached");
    set_attached(1, false);
    expect_nothing();
    EXPECT_EQ(reconciler_.trouble(), "");
    set_up(1, true);
    EXPECT_EQ(commands(), (Commands{{PcpCommand::attach, 1}}));
}

TEST_F(ReconcilerTest, ACommandIsNotGivenAgainBeforeItsEffectHadTimeToShow) {
    expect_nothing();
    set_up(1, false);
    EXPECT_EQ(commands().size(), 1u);
    expect_nothing(Reconciler::command_patience - 500ms);
    EXPECT_EQ(commands(), (Commands{{PcpCommand::detach, 1}}));
    expect_nothing();
}

TEST_F(ReconcilerTest, WhatPgpoolHasDecidedByItselfTheClusterIsTold) {
    expect_nothing();
    set_attached(1, false);
    const auto told = submission();
    EXPECT_EQ(told.event, PgpoolEvent::detach);
    EXPECT_EQ(told.backend, 1);
    expect_nothing(20s);
    accept(told);
    expect_nothing(20s);
    EXPECT_EQ(reconciler_.trouble(), "");
}

TEST_F(ReconcilerTest, WhatTheClusterDoesNotTakeIsSubmittedAgainAsTheSame) {
    expect_nothing();
    set_attached(1, false);
    const auto told = submission();
    reconciler_.submitted(now_, told, false);
    expect_nothing(Reconciler::submission_pause - 500ms);
    EXPECT_EQ(submission(), told);
}

TEST_F(ReconcilerTest, ATableFromBeforeTheEventIsNotTakenForADecision) {
    expect_nothing();
    set_attached(1, false);
    const auto told = submission();
    reconciler_.submitted(now_, told, true);
    EXPECT_TRUE(poll().commands.empty());  // it was asked for before, and has the backend up
    set_up(1, false);
    expect_nothing(1min);
}

TEST_F(ReconcilerTest, WhatTheClusterHasUndoneSinceIsUndoneInPgpool) {
    expect_nothing();
    set_attached(1, false);
    reconciler_.submitted(now_, submission(), true);
    EXPECT_TRUE(poll().commands.empty());
    EXPECT_EQ(commands(), (Commands{{PcpCommand::attach, 1}}));  // the table has it up for good
}

TEST_F(ReconcilerTest, TheEffectOfACommandIsNotTakenForPgpoolsOwnDecision) {
    expect_nothing();
    set_up(1, false);
    EXPECT_EQ(commands().size(), 1u);
    set_up(1, true);  // the operator has changed his mind, and pgpool has not begun yet
    expect_nothing(2min);
    set_attached(1, false);
    EXPECT_EQ(commands(), (Commands{{PcpCommand::attach, 1}}));
    set_attached(1, true);
    expect_nothing(1min);
}

TEST_F(ReconcilerTest, ACommandThatComesToNothingIsForgottenAtLast) {
    expect_nothing();
    set_up(1, false);
    EXPECT_EQ(commands().size(), 1u);
    set_up(1, true);
    expect_nothing(Reconciler::command_lifetime);
    set_attached(1, false);
    EXPECT_EQ(submission().event, PgpoolEvent::detach);
}

TEST_F(ReconcilerTest, AfterAStartTheTableIsRight) {
    set_attached(1, false);
    EXPECT_EQ(commands(), (Commands{{PcpCommand::attach, 1}}));
    set_attached(1, true);
    expect_nothing();
    reconciler_.forget();
    set_attached(2, false);
    EXPECT_EQ(commands(), (Commands{{PcpCommand::attach, 2}}));
}

TEST_F(ReconcilerTest, InModeConsensusWhatPgpoolHasDecidedByItselfIsUndone) {
    in_mode(PgpoolMode::consensus);
    expect_nothing();
    set_attached(1, false);
    EXPECT_EQ(commands(), (Commands{{PcpCommand::attach, 1}}));
}

TEST_F(ReconcilerTest, BothAtOnceNeedNoStep) {
    expect_nothing();
    set_attached(1, false);
    set_up(1, false);
    expect_nothing(1min);
}

TEST_F(ReconcilerTest, AStandbyInQuarantineIsDetachedHereAndNowhereElse) {
    expect_nothing();
    table_.list[1].quarantined = true;
    EXPECT_EQ(commands(), (Commands{{PcpCommand::detach, 1}}));
    set_attached(1, false);
    expect_nothing();
    set_attached(1, true);  // auto_failback
    EXPECT_EQ(commands(), (Commands{{PcpCommand::detach, 1}}));
    set_attached(1, false);
    expect_nothing();
    table_.list[1].quarantined = false;
    EXPECT_EQ(commands(), (Commands{{PcpCommand::attach, 1}}));
}

TEST_F(ReconcilerTest, APrimaryInQuarantineStaysAttached) {
    expect_nothing();
    table_.list[0].quarantined = true;
    expect_nothing(1min);
}

// --- The primary ---------------------------------------------------------------------------------

TEST_F(ReconcilerTest, ANewPrimaryOfPgpoolsTheClusterIsTold) {
    expect_nothing();
    set_primary(1);
    const auto told = submission();
    EXPECT_EQ(told.event, PgpoolEvent::promote);
    EXPECT_EQ(told.backend, 1);
    accept(told);
    expect_nothing(1min);
}

TEST_F(ReconcilerTest, ATableWithoutAPrimaryLearnsItInAnyMode) {
    in_mode(PgpoolMode::consensus);
    set_table_primary(-1);
    EXPECT_EQ(submission().event, PgpoolEvent::promote);
}

TEST_F(ReconcilerTest, APgpoolWithoutAPrimarySearchesForOne) {
    set_primary(-1);
    expect_nothing(5min);
}

TEST_F(ReconcilerTest, OfAFailoverPgpoolFindsTheNewPrimaryByItself) {
    expect_nothing();
    set_up(0, false);
    set_table_primary(1);
    EXPECT_EQ(commands(), (Commands{{PcpCommand::detach, 0}}));
    set_attached(0, false);
    set_primary(-1);
    expect_nothing(20s);
    set_primary(1);
    expect_nothing(5min);
}

TEST_F(ReconcilerTest, APgpoolThatKeepsTheFormerPrimaryForLongIsToldOnce) {
    expect_nothing();
    set_table_primary(1);
    expect_nothing(Reconciler::primary_patience);
    EXPECT_EQ(commands(), (Commands{{PcpCommand::promote, 1}}));
    EXPECT_EQ(reconciler_.primary_trouble(),
              "pgpool-II takes backend 0 for the primary, and the cluster backend 1");
    set_primary(1);  // which detaches all others
    set_attached(0, false);
    set_attached(2, false);
    EXPECT_EQ(commands(), (Commands{{PcpCommand::attach, 0}, {PcpCommand::attach, 2}}));
    set_attached(0, true);
    set_attached(2, true);
    expect_nothing(5min);
}

TEST_F(ReconcilerTest, APromotionThatComesToNothingIsNotOrderedAgain) {
    expect_nothing();
    set_table_primary(1);
    expect_nothing(Reconciler::primary_patience);
    EXPECT_EQ(commands().size(), 1u);
    in_mode(PgpoolMode::consensus);
    set_table_primary(0);
    expect_nothing();
    set_table_primary(1);
    expect_nothing(Reconciler::primary_patience);
    EXPECT_EQ(commands().size(), 1u);
    expect_nothing(10min);
}

TEST_F(ReconcilerTest, AfterAStartPgpoolIsBelievedThatAskedPostgresql) {
    set_primary(2);
    expect_nothing(Reconciler::primary_patience);
    EXPECT_EQ(submission().backend, 2);
}

TEST_F(ReconcilerTest, AfterAStartInModeConsensusADifferentPrimaryIsOnlyShown) {
    in_mode(PgpoolMode::consensus);
    set_primary(2);
    expect_nothing(5min);
    EXPECT_NE(reconciler_.primary_trouble(), "");
}

// --- The servers ---------------------------------------------------------------------------------

TEST_F(ReconcilerTest, TheSameServersHaveNoDifference) {
    EXPECT_EQ(difference_of_servers(table_, nodes_), "");
    nodes_[0].host = "db0.example";
    nodes_[1].host = "/run/postgresql";
    EXPECT_EQ(difference_of_servers(table_, nodes_), "");
}

TEST_F(ReconcilerTest, ServersThatDifferAreNamed) {
    nodes_[1].host = "10.0.0.2";
    EXPECT_EQ(difference_of_servers(table_, nodes_),
              "backend 1 is 10.0.0.1:5433 to the cluster, and 10.0.0.2:5433 to pgpool-II");
    nodes_.resize(1);
    EXPECT_EQ(difference_of_servers(table_, nodes_),
              "backend 1 is 10.0.0.1:5433 to the cluster, and pgpool-II has none");
    table_.list.clear();
    EXPECT_EQ(difference_of_servers(table_, nodes_),
              "backend 0 is 10.0.0.1:5432 to pgpool-II, and the cluster has none");
    nodes_[0].status = PcpNodeStatus::unused;
    EXPECT_EQ(difference_of_servers(table_, nodes_), "");
}

}  // namespace
}  // namespace komainu
