// The pure leaves of the core: quorums, ranking, the log of what was sent, terms, margins.
#include <gtest/gtest.h>

#include <array>

#include "core/quorum.h"
#include "core/random.h"
#include "core/ranking.h"
#include "core/send_log.h"
#include "core/settings.h"
#include "core/term.h"

namespace komainu {
namespace {

constexpr NodeId node(int id) { return NodeId{static_cast<std::uint8_t>(id)}; }

TEST(Quorum, OfAMajorityIsMoreThanHalfSoThatTwoOfThemShareANode) {
    for (int members = 1; members <= nodes_max; ++members) {
        const int needed = votes_needed(QuorumRule::majority, members);
        EXPECT_GT(2 * needed, members);
        EXPECT_LE(2 * (needed - 1), members);
    }
}

TEST(Quorum, OfHalfIsAMajorityUnlessTheArbiterAgrees) {
    for (int members = 1; members <= nodes_max; ++members) {
        EXPECT_EQ(votes_needed(QuorumRule::half, members),
                  votes_needed(QuorumRule::majority, members));
        const int with_arbiter = votes_needed_with_arbiter(QuorumRule::half, members);
        const int majority = votes_needed(QuorumRule::majority, members);
        EXPECT_EQ(with_arbiter, members % 2 == 0 ? members / 2 : majority);
    }
}

TEST(Quorum, OfTheOtherRulesAsksNoArbiter) {
    EXPECT_EQ(votes_needed_with_arbiter(QuorumRule::majority, 4), 3);
    EXPECT_EQ(votes_needed_with_arbiter(QuorumRule::none, 4), 1);
}

TEST(Quorum, WithoutARuleIsOneself) { EXPECT_EQ(votes_needed(QuorumRule::none, 5), 1); }

TEST(Quorum, ReachedByGivesTheNewestInstantThatSoManyHaveReached) {
    std::array<Instant, 4> instants{Instant{4s}, Instant{1s}, Instant{3s}, Instant{2s}};
    EXPECT_EQ(reached_by(instants, 1), Instant{4s});
    EXPECT_EQ(reached_by(instants, 2), Instant{3s});
    EXPECT_EQ(reached_by(instants, 4), Instant{1s});
    EXPECT_FALSE(reached_by(instants, 5));
    EXPECT_FALSE(reached_by({}, 1));
}

TEST(Ranking, AsksForTheSuccessorThenPriorityThenEarliestStartThenLowestId) {
    const auto at = [](std::uint64_t ms) { return make_incarnation(ms, 0); };
    const Standing base{node(2), 100, at(1000), false};
    EXPECT_TRUE(goes_before({node(9), 1, at(9000), true}, base));
    EXPECT_TRUE(goes_before({node(9), 101, at(9000), false}, base));
    EXPECT_TRUE(goes_before({node(9), 100, at(999), false}, base));
    EXPECT_TRUE(goes_before({node(1), 100, at(1000), false}, base));
    EXPECT_FALSE(goes_before({node(3), 100, at(1000), false}, base));
    EXPECT_FALSE(goes_before(base, base));
}

TEST(Ranking, IgnoresTheRandomBitsOfAnIncarnation) {
    const Standing a{node(1), 100, make_incarnation(1000, 3), false};
    const Standing b{node(2), 100, make_incarnation(1000, 1), false};
    EXPECT_TRUE(goes_before(a, b));
    EXPECT_FALSE(goes_before(b, a));
}

TEST(Incarnation, TellsItsStartAndHoldsItUntil2109) {
    constexpr std::uint64_t year_2109_ms = 4'390'000'000'000;
    EXPECT_EQ(started_ms(make_incarnation(year_2109_ms, ~0u)), year_2109_ms);
}

TEST(Term, IsOrderedByRoundAndThenByNode) {
    EXPECT_LT((Term{1, node(9)}), (Term{2, node(1)}));
    EXPECT_LT((Term{2, node(1)}), (Term{2, node(2)}));
    EXPECT_LT(no_term, (Term{1, node(1)}));
}

TEST(SendLog, KnowsTheNewestAndHasForgottenTheOldest) {
    SendLog log;
    for (std::uint64_t i = 1; i <= SendLog::entries_max + 1; ++i) log.record({i, Instant{i * 1ms}});
    EXPECT_EQ(log.find(SendLog::entries_max + 1)->sent_at,
              Instant{(SendLog::entries_max + 1) * 1ms});
    EXPECT_EQ(log.find(2)->sent_at, Instant{2ms});
    EXPECT_FALSE(log.find(1));
    EXPECT_FALSE(log.find(0));
    EXPECT_FALSE(log.find(SendLog::entries_max + 2));
}

TEST(LeaseSpan, SparesOnePercentOfDriftAndTheRemovalOfTheAddresses) {
    for (const Duration deadtime : {Duration{20ms}, Duration{500ms}, Duration{60s}})
        EXPECT_LE(lease_span(deadtime, removal_of(1)), deadtime - deadtime / 100 - 2ms);
    EXPECT_EQ(removal_of(1000) - removal_of(0), 50ms);
}

TEST(Random, IsTheSameForTheSameSeed) {
    Random a(7), b(7), c(8);
    EXPECT_EQ(a.next(), b.next());
    EXPECT_NE(a.next(), c.next());
    EXPECT_EQ(a.below(Duration{0}), Duration{0});
    for (int i = 0; i < 1000; ++i) EXPECT_LT(a.below(10), 10u);
}

}  // namespace
}  // namespace komainu
