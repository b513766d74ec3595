// quorum = half under a microscope: when the arbiter is asked, and what its word is good for.
#include <gtest/gtest.h>

#include "test/unit/lone_node.h"

namespace komainu {
namespace {

class Half : public testing::Test {
protected:
    /// Healthy and out of quarantine, with a trusted server that answers; only these peers heard.
    void begin(int members, const std::vector<int>& peers) {
        peers_ = peers;
        node_.emplace(members, 1, QuorumRule::half);
        node().event(TrustedServersChanged{true});
        node().event(HealthChanged{true});
        pass(LoneNode::deadtime);
    }
    LoneNode& node() { return *node_; }

    /// Lets time pass in which the peers speak and the questions to the arbiter are counted.
    void pass(Duration time) {
        const Instant end = node().now() + time;
        while (node().now() < end) {
            node().pass(std::min(LoneNode::interval, end - node().now()));
            note();
            for (const int peer : peers_) {
                node().say(peer, node().words_of(peer));
                note();
            }
        }
    }
    void answer(bool agrees) {
        node().event(ArbiterAnswered{question_, agrees});
        note();
    }
    void note() {
        if (const auto ask = node().find<AskArbiter>()) question_ = ask->question;
        candidate_ = candidate_ || node().find_sent<VoteRequest>();
    }

    std::optional<LoneNode> node_;
    std::vector<int> peers_;
    std::uint64_t question_ = 0;
    bool candidate_ = false;  ///< has asked for votes
};

TEST_F(Half, OfTwoNodesOneStandsWhenTheArbiterAgreesAndNotBefore) {
    begin(2, {});
    EXPECT_EQ(question_, 1u);
    pass(300ms);
    EXPECT_FALSE(candidate_);
    answer(true);
    EXPECT_TRUE(candidate_);
    EXPECT_TRUE(node().find<HoldVips>());
}

TEST_F(Half, OfTheVotesIsNoQuorumWhenTheArbiterDoesNotAgree) {
    begin(2, {});
    answer(false);
    pass(900ms);
    EXPECT_FALSE(candidate_);
    EXPECT_EQ(question_, 1u);
    pass(200ms);
    EXPECT_EQ(question_, 2u);  // asked again, once a second
}

TEST_F(Half, AsksAnewWhenNoAnswerComes) {
    begin(2, {});
    pass(2100ms);
    EXPECT_EQ(question_, 2u);
    EXPECT_FALSE(candidate_);
}

TEST_F(Half, DoesNotCountAnAnswerToAnOlderQuestion) {
    begin(2, {});
    pass(2100ms);
    node().event(ArbiterAnswered{1, true});
    note();
    EXPECT_FALSE(candidate_);
}

TEST_F(Half, AsksNobodyWithoutATrustedServer) {
    begin(2, {});
    answer(false);
    node().event(TrustedServersChanged{false});
    pass(3s);
    EXPECT_EQ(question_, 1u);
    node().event(TrustedServersChanged{true});
    note();
    EXPECT_EQ(question_, 2u);
}

TEST_F(Half, AYesIsWorthNothingWhenTheTrustedServersAreLostMeanwhile) {
    begin(2, {});
    node().event(TrustedServersChanged{false});
    answer(true);
    pass(100ms);
    EXPECT_FALSE(candidate_);
}

TEST_F(Half, AMajorityAsksNobody) {
    begin(2, {2});
    pass(LoneNode::interval);
    EXPECT_TRUE(candidate_);
    EXPECT_LE(question_, 1u);  // by who was not yet heard
}

TEST_F(Half, OfAnOddNumberDoesNotExist) {
    begin(3, {});
    pass(3s);
    EXPECT_EQ(question_, 0u);
    EXPECT_FALSE(candidate_);
}

TEST_F(Half, OfFourNodesNeedsTheVoteOfOneOther) {
    begin(4, {2});
    ASSERT_NE(question_, 0u);
    answer(true);
    ASSERT_TRUE(candidate_);
    EXPECT_FALSE(node().find<HoldVips>());
    node().say(2, Vote{node().own_tenancy(1), VoteAnswer::granted, {}});
    EXPECT_TRUE(node().find<HoldVips>());
}

TEST_F(Half, OfTheVotesIsNoLongerEnoughWhenTheYesIsOld) {
    begin(4, {2});
    answer(true);
    const auto first = node().find_sent<VoteRequest>();
    ASSERT_TRUE(first);
    pass(LoneNode::deadtime + 10ms);
    candidate_ = false;
    pass(500ms);
    EXPECT_FALSE(candidate_);
}

TEST_F(Half, AVoteForAnotherTakesItsPlace) {
    begin(4, {2});
    ASSERT_NE(question_, 0u);
    peers_.clear();
    node().say(2, VoteRequest{5});
    const auto vote = node().find_sent<Vote>();
    ASSERT_TRUE(vote);
    EXPECT_EQ(vote->answer, VoteAnswer::granted);
    answer(true);
    EXPECT_FALSE(candidate_);
}

TEST_F(Half, DoesNotStandBesideAnActiveThatItHears) {
    begin(2, {});
    node().say(2, node().words_following(2, node().tenancy_of(2, 3)));
    answer(true);
    EXPECT_FALSE(candidate_);
    EXPECT_EQ(node().node().active().term.node, n(2));
}

TEST_F(Half, ExtendsTheLeaseAloneWhileATrustedServerAnswersAndNoLonger) {
    begin(2, {});
    answer(true);
    node().event(VipsHeld{{1, n(1)}});
    pass(1s);
    ASSERT_EQ(node().node().role(), Role::active);
    EXPECT_EQ(node().node().votes_needed(), 1);
    node().event(TrustedServersChanged{false});
    EXPECT_EQ(node().node().votes_needed(), 2);
    node().pass(LoneNode::deadtime);
    EXPECT_EQ(node().node().role(), Role::standby);
    EXPECT_EQ(node().find<RoleChanged>()->cause, Cause::lease_lapsed);
    EXPECT_TRUE(node().find<DropVips>());
}

TEST_F(Half, AMajorityThatAcknowledgesNeedsNoTrustedServer) {
    begin(2, {});
    answer(true);
    node().event(VipsHeld{{1, n(1)}});
    node().event(TrustedServersChanged{false});
    for (int i = 0; i < 20; ++i) {
        node().pass(LoneNode::interval);
        node().say(2, node().words_following(2, node().own_tenancy(1)));
    }
    EXPECT_EQ(node().node().role(), Role::active);
}

TEST_F(Half, IsWhatTheOtherRulesNeverAskFor) {
    for (const QuorumRule rule : {QuorumRule::majority, QuorumRule::none}) {
        LoneNode node(2, 1, rule);
        node.event(TrustedServersChanged{true});
        node.event(HealthChanged{true});
        node.pass(3s);
        EXPECT_FALSE(node.find<AskArbiter>());
    }
}

}  // namespace
}  // namespace komainu
