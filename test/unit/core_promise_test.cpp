// Votes, promises and quarantine of a single node.
#include <gtest/gtest.h>

#include "test/unit/lone_node.h"

namespace komainu {
namespace {

VoteAnswer answer_of(LoneNode& node) {
    const auto vote = node.find_sent<Vote>();
    EXPECT_TRUE(vote);
    return vote ? vote->answer : VoteAnswer::refused;
}

TEST(Vote, IsGrantedByANodeThatIsFree) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.say(1, VoteRequest{5});
    const auto vote = node.find_sent<Vote>();
    ASSERT_TRUE(vote);
    EXPECT_EQ(vote->answer, VoteAnswer::granted);
    EXPECT_EQ(vote->candidate, node.tenancy_of(1, 5));
}

TEST(Vote, IsRefusedInQuarantine) {
    LoneNode node(3, 3);
    node.event(HealthChanged{true});
    node.say(1, node.words_of(1));
    node.say(1, VoteRequest{5});
    EXPECT_EQ(answer_of(node), VoteAnswer::refused);
}

TEST(Vote, IsRefusedToASecondCandidateWhileThePromiseToTheFirstStands) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.event(HealthChanged{false});  // it must not refuse for a candidacy of its own
    node.say(1, VoteRequest{5});
    node.pass(LoneNode::deadtime - 1ns);
    node.say(2, node.words_of(2));
    node.say(2, VoteRequest{6});
    EXPECT_EQ(answer_of(node), VoteAnswer::refused);
    node.pass(1ns);
    node.say(2, VoteRequest{7});
    EXPECT_EQ(answer_of(node), VoteAnswer::granted);
}

TEST(Vote, IsRefusedWhileTheActiveIsFollowed) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.event(HealthChanged{false});  // it must not refuse for a candidacy of its own
    node.say(1, node.words_following(1, node.tenancy_of(1, 4)));
    node.say(2, VoteRequest{5});
    EXPECT_EQ(answer_of(node), VoteAnswer::refused);
}

TEST(Vote, IsRefusedForATermBelowTheHighestSeen) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.event(HealthChanged{false});  // it must not refuse for a candidacy of its own
    Heartbeat rumour = node.words_of(2);
    rumour.highest_term = {9, n(2)};
    node.say(2, rumour);
    node.say(1, VoteRequest{9});
    EXPECT_EQ(answer_of(node), VoteAnswer::refused);
    EXPECT_EQ(node.find_sent<Vote>()->highest_term, (Term{9, n(2)}));
    node.say(1, VoteRequest{10});
    EXPECT_EQ(answer_of(node), VoteAnswer::granted);
}

TEST(Vote, IsGrantedWhenAHeartbeatToldOfTheTermBeforeItsRequestCame) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    Heartbeat overtaking = node.words_of(1);
    overtaking.highest_term = {9, n(1)};
    node.say(1, overtaking);
    node.say(1, VoteRequest{9});
    EXPECT_EQ(answer_of(node), VoteAnswer::granted);
}

TEST(Vote, IsGrantedWhenANewerHeartbeatOvertookItsRequest) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.sequence_of(1) += 2;
    node.say(1, node.words_of(1));
    node.sequence_of(1) -= 2;
    node.say(1, VoteRequest{9});
    EXPECT_EQ(answer_of(node), VoteAnswer::granted);
}

TEST(Vote, IsRepeatedToTheSameCandidateWithoutANewPromise) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.say(1, VoteRequest{5});
    node.pass(30ms);
    node.say(1, VoteRequest{5});
    EXPECT_EQ(answer_of(node), VoteAnswer::granted);
    node.pass(10ms);  // the promise counts from the first request
    node.say(2, node.words_of(2));
    node.say(2, VoteRequest{7});
    EXPECT_EQ(answer_of(node), VoteAnswer::granted);
}

TEST(Vote, IsGivenAgainToACandidateThatFailedAndOpensAHigherTerm) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.say(1, VoteRequest{5});
    node.say(1, VoteRequest{6});
    EXPECT_EQ(answer_of(node), VoteAnswer::granted);
}

TEST(Vote, IsNotGivenToARestartedCandidateWhileThePromiseToItsEarlierRunStands) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.event(HealthChanged{false});  // it must not refuse for a candidacy of its own
    node.say(1, VoteRequest{5});
    node.pass(1ms);
    node.restart(1);
    node.say(1, node.words_of(1));
    node.say(1, VoteRequest{6});
    EXPECT_EQ(answer_of(node), VoteAnswer::refused);
}

TEST(Vote, IsNotAskedForByANodeThatIsUnhealthy) {
    LoneNode node(3, 1);
    node.pass(LoneNode::deadtime);
    node.say(2, node.words_of(2));
    node.pass(100ms);
    EXPECT_FALSE(node.find_sent<VoteRequest>());
}

TEST(Vote, IsNotAskedForBeforeAQuorumIsFree) {
    LoneNode node(3, 1);
    node.ready({});
    Heartbeat bound = node.words_of(2);
    bound.conditions.free = false;
    node.say(2, bound);
    EXPECT_FALSE(node.find_sent<VoteRequest>());
    node.say(2, node.words_of(2));
    EXPECT_TRUE(node.find_sent<VoteRequest>());
}

TEST(Promise, IsVoidedByTheReleaseOfExactlyItsTenancy) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.event(HealthChanged{false});  // it must not refuse for a candidacy of its own
    node.say(1, node.words_following(1, node.tenancy_of(1, 4)));
    node.say(1, Release{3, no_node});  // of an earlier term
    node.say(2, VoteRequest{5});
    EXPECT_EQ(answer_of(node), VoteAnswer::refused);
    node.say(1, Release{4, no_node});
    node.say(2, VoteRequest{6});
    EXPECT_EQ(answer_of(node), VoteAnswer::granted);
}

TEST(Promise, IsNotVoidedByTheReleaseOfAnEarlierIncarnationWithTheSameTerm) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.event(HealthChanged{false});  // it must not refuse for a candidacy of its own
    const auto earlier = node.incarnation_of(1);
    node.pass(LoneNode::interval);
    node.restart(1);
    node.say(1, node.words_following(1, node.tenancy_of(1, 4)));
    node.event(Received{{n(1), earlier, 99, 0}, Release{4, no_node}});
    node.say(2, VoteRequest{5});
    EXPECT_EQ(answer_of(node), VoteAnswer::refused);
}

TEST(Promise, IsVoidedByAHeartbeatThatTellsOfTheReleaseWhenTheReleaseWasLost) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.say(1, node.words_following(1, node.tenancy_of(1, 4)));
    Heartbeat words = node.words_of(1);
    words.released.round = 4;
    node.say(1, words);
    node.say(2, VoteRequest{6});
    EXPECT_EQ(answer_of(node), VoteAnswer::granted);
}

TEST(Promise, StandsWhenTheActiveOnlySaysThatItIsNoLongerActive) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.event(HealthChanged{false});  // it must not refuse for a candidacy of its own
    node.say(1, node.words_following(1, node.tenancy_of(1, 4)));
    node.say(1, node.words_of(1));
    EXPECT_FALSE(node.node().active());
    node.say(2, VoteRequest{5});
    EXPECT_EQ(answer_of(node), VoteAnswer::refused);
}

TEST(Following, WaitsUntilThePromiseToAnotherHasRunOut) {
    LoneNode node(5, 3);
    node.ready({1, 2});
    node.say(1, VoteRequest{5});
    node.say(2, node.words_following(2, node.tenancy_of(2, 6)));
    EXPECT_FALSE(node.node().active());
    node.pass(LoneNode::deadtime);
    node.say(2, node.words_following(2, node.tenancy_of(2, 6)));
    EXPECT_EQ(node.node().active().term, (Term{6, n(2)}));
}

TEST(Following, IsAcknowledgedAtOnceWithTheSequenceThatWasHeard) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.sequence_of(1) = 41;
    node.say(1, node.words_following(1, node.tenancy_of(1, 4)));
    const auto reply = node.find_sent<Heartbeat>();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->following, node.tenancy_of(1, 4));
    EXPECT_EQ(reply->echoes[0].peer, n(1));
    EXPECT_EQ(reply->echoes[0].sequence, 42u);
    EXPECT_FALSE(reply->conditions.free);
}

TEST(Following, EndsADeadtimeAfterTheLastHeartbeat) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.say(1, node.words_following(1, node.tenancy_of(1, 4)));
    node.pass(LoneNode::deadtime - 1ns);
    EXPECT_TRUE(node.node().active());
    node.pass(1ns);
    EXPECT_FALSE(node.node().active());
    const auto news = node.find<ActiveChanged>();
    ASSERT_TRUE(news);
    EXPECT_EQ(news->news, ActiveNews::lost_silent);
}

TEST(Following, OfAStarvedNodeHearsWhatWaitedBeforeItJudges) {
    LoneNode node(3, 3);
    node.ready({1, 2});
    node.say(1, node.words_following(1, node.tenancy_of(1, 4)));
    node.sleep(10 * LoneNode::deadtime);
    node.say(1, node.words_following(1, node.tenancy_of(1, 4)));
    EXPECT_EQ(node.node().active(), node.tenancy_of(1, 4));
    EXPECT_FALSE(node.find<ActiveChanged>());
}

TEST(Following, IsAllowedInQuarantine) {
    LoneNode node(3, 3);
    node.event(HealthChanged{true});
    node.say(1, node.words_following(1, node.tenancy_of(1, 4)));
    const auto reply = node.find_sent<Heartbeat>();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->following, node.tenancy_of(1, 4));
    EXPECT_TRUE(reply->conditions.quarantined);
}

}  // namespace
}  // namespace komainu
