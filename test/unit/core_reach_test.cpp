// Services that others do not reach: what the active does about its own, and who may take over.
#include <gtest/gtest.h>

#include "test/unit/lone_node.h"

namespace komainu {
namespace {

class Reach : public testing::Test {
protected:
    Reach() : round_(node_.become_active({2, 3})) { EXPECT_NE(round_, 0u); }

    /// A peer of this node's reaches all but these.
    void does_not_reach(int peer, const std::vector<int>& nodes) {
        Heartbeat words = node_.words_following(peer, node_.own_tenancy(round_));
        words.echoes.clear();
        for (int id = 1; id <= 3; ++id) {
            if (id == peer) continue;
            Echo echo{n(id), node_.incarnation_of(id), 1, 0, std::ranges::count(nodes, id) > 0};
            if (id == 1) echo = {n(1), LoneNode::own_incarnation, newest(), 0, echo.out_of_reach};
            words.echoes.push_back(echo);
        }
        node_.say(peer, words);
    }
    std::uint64_t newest() { return node_.words_of(2).echoes[0].sequence; }
    /// Says it again, for a deadtime and a bit.
    void go_on(const std::map<int, std::vector<int>>& not_reached) {
        handed_over_ = false;
        for (Duration t{}; t <= LoneNode::deadtime; t += LoneNode::interval) {
            for (const auto& [peer, nodes] : not_reached) {
                does_not_reach(peer, nodes);
                look();
            }
            node_.pass(LoneNode::interval);
            look();
        }
    }
    void look() {
        const auto drop = node_.find<DropVips>();
        if (drop && drop->cause == Cause::out_of_reach) handed_over_ = true;
    }
    bool hands_over(const std::map<int, std::vector<int>>& not_reached) {
        go_on(not_reached);
        return handed_over_;
    }
    NodeId successor() {
        node_.event(VipsDropped{{round_, n(1)}});
        const auto release = node_.find_sent<Release>();
        return release ? release->successor : no_node;
    }
    /// What this node says of a peer.
    bool says_out_of_reach(int peer) {
        node_.pass(LoneNode::interval);
        const auto words = node_.find_sent<Heartbeat>();
        const auto echo =
            words ? std::ranges::find(words->echoes, n(peer), &Echo::peer) : words->echoes.end();
        return words && echo != words->echoes.end() && echo->out_of_reach;
    }

    LoneNode node_{3};
    std::uint64_t round_;
    bool handed_over_ = false;
};

TEST_F(Reach, TheActiveHandsOverWhenMostNodesDoNotReachItsService) {
    EXPECT_FALSE(hands_over({{2, {1}}, {3, {}}})) << "one of three is no majority";
    ASSERT_TRUE(hands_over({{2, {1}}, {3, {1}}}));
    EXPECT_EQ(successor(), n(2));
}

TEST_F(Reach, TheActiveBearsItForADeadtime) {
    const Instant begin = node_.now();
    ASSERT_TRUE(hands_over({{2, {1}}, {3, {1}}}));
    EXPECT_GE(node_.now() - begin, LoneNode::deadtime);
    EXPECT_EQ(node_.node().role(), Role::active) << "until its VIPs are down";
}

TEST_F(Reach, WhatEndsMeanwhileCountsNoMore) {
    does_not_reach(2, {1});
    does_not_reach(3, {1});
    node_.pass(LoneNode::deadtime / 2);
    does_not_reach(2, {});
    does_not_reach(3, {1});
    EXPECT_FALSE(hands_over({{2, {}}, {3, {1}}}));
}

TEST_F(Reach, TheSuccessorIsOneWhoseServiceIsReachedByThoseWhoDoNotReachThisOne) {
    ASSERT_TRUE(hands_over({{2, {1}}, {3, {1, 2}}}));
    EXPECT_EQ(successor(), n(3)) << "though 2 comes first, and this node reaches it";
}

// As where the service's network of this node is broken.
TEST_F(Reach, WhomTheActiveItselfDoesNotReachMayTakeOver) {
    node_.event(ReachChanged{n(2), false});
    node_.event(ReachChanged{n(3), false});
    ASSERT_TRUE(hands_over({{2, {1}}, {3, {1}}}));
    EXPECT_EQ(successor(), n(2));
}

TEST_F(Reach, NothingMovesWhereNobodysServiceIsReached) {
    node_.event(ReachChanged{n(2), false});
    node_.event(ReachChanged{n(3), false});
    EXPECT_FALSE(hands_over({{2, {1, 3}}, {3, {1, 2}}}));
    EXPECT_EQ(node_.node().out_of_reach_of(n(1)).size(), 2);
    node_.event(ReachChanged{n(2), true});
    node_.event(ReachChanged{n(3), true});
    EXPECT_FALSE(hands_over({{2, {1, 3}}, {3, {1, 2}}})) << "they still reach nobody";
    EXPECT_TRUE(hands_over({{2, {1}}, {3, {1, 2}}}));
}

TEST_F(Reach, APausedNodeKeepsWhatItHas) {
    node_.event(PauseAsked{PauseScope::node, true});
    EXPECT_FALSE(hands_over({{2, {1}}, {3, {1}}}));
    node_.event(PauseAsked{PauseScope::node, false});
    EXPECT_TRUE(hands_over({{2, {1}}, {3, {1}}}));
}

TEST_F(Reach, TheWordOfWhoHasFallenSilentCountsNoMore) {
    does_not_reach(2, {1});
    EXPECT_FALSE(hands_over({{3, {}}}));
    EXPECT_EQ(node_.node().out_of_reach_of(n(1)).size(), 0);
}

TEST_F(Reach, WhatThisNodeSeesIsToldToTheOthers) {
    EXPECT_FALSE(says_out_of_reach(3));
    node_.event(ReachChanged{n(3), false});
    EXPECT_TRUE(says_out_of_reach(3));
    EXPECT_FALSE(says_out_of_reach(2));
    does_not_reach(2, {});
    does_not_reach(3, {});
    node_.event(ReachChanged{n(3), true});
    EXPECT_FALSE(says_out_of_reach(3));
}

TEST_F(Reach, NobodySwitchesOverToAServiceThatIsNotReached) {
    node_.event(ReachChanged{n(2), false});
    does_not_reach(3, {2});
    node_.event(SwitchoverAsked{RequestId{1}, n(2)});
    const auto answer = node_.find<AnswerSwitchover>();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->outcome, SwitchoverOutcome::target_unfit);
    node_.event(SwitchoverAsked{RequestId{2}, no_node});
    EXPECT_EQ(successor(), n(3)) << "and not 2, which comes first";
}

// Else the active, which stands first, would be elected again.
TEST_F(Reach, NorWhereSomeDoNotReachTheActivesEither) {
    node_.event(ReachChanged{n(2), false});
    does_not_reach(3, {1, 2});
    node_.event(SwitchoverAsked{RequestId{1}, n(2)});
    const auto answer = node_.find<AnswerSwitchover>();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->outcome, SwitchoverOutcome::target_unfit);
}

TEST_F(Reach, TheOperatorMovesTheVipsWhereNoServiceIsReached) {
    node_.event(ReachChanged{n(2), false});
    node_.event(ReachChanged{n(3), false});
    does_not_reach(2, {1, 3});
    does_not_reach(3, {1, 2});
    node_.event(SwitchoverAsked{RequestId{1}, n(2)});
    EXPECT_TRUE(node_.find<DropVips>());
}

TEST(ReachOfAStandby, WhoIsOutOfReachStandsLast) {
    LoneNode node(3);
    node.event(HealthChanged{true});
    node.pass(LoneNode::deadtime);
    for (const int peer : {2, 3}) {
        Heartbeat words = node.words_of(peer);
        words.echoes[0].out_of_reach = true;
        node.say(peer, words);
    }
    EXPECT_FALSE(node.find_sent<VoteRequest>()) << "node 1 started first, and yet it waits";
    node.pass(2 * LoneNode::interval);
    EXPECT_TRUE(node.find_sent<VoteRequest>()) << "better than nobody";
}

TEST(ReachOfAStandby, WhoIsReachedGoesBeforeAnyPriorityAndANamedSuccessor) {
    const Standing reached{.id = n(2), .priority = 1};
    const Standing named{.id = n(1), .priority = 200, .successor = true, .out_of_reach = true};
    EXPECT_TRUE(goes_before(reached, named));
    EXPECT_FALSE(goes_before(named, reached));
}

}  // namespace
}  // namespace komainu
