// What is known of each link to a peer, and what is told of it.
#include "daemon/link_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "test/lab/allocation_counter.h"

namespace komainu {
namespace {

constexpr NodeId self{1};
constexpr NodeId peer_node{2};
constexpr Incarnation own_incarnation = make_incarnation(1'000'000, 1);
constexpr Incarnation its_incarnation = make_incarnation(1'000'000, 2);
constexpr Duration interval = 100ms;
constexpr Duration deadtime = 500ms;
constexpr std::size_t peer = 0;

/// One peer, whose heartbeats come by the links that the test says.
class LinkBookTest : public testing::Test {
protected:
    using Links = std::set<std::uint8_t>;

    Envelope envelope(std::uint8_t link) const { return {peer_node, incarnation, sequence, link}; }

    /// The peer's next heartbeat, by these links, an interval after the one before.
    void beat(const Links& links) {
        ++sequence;
        now += interval;
        for (const auto link : links) enter(link);
    }
    void beat(int times, const Links& links) {
        for (int i = 0; i < times; ++i) beat(links);
    }
    void enter(std::uint8_t link) {
        if (const auto news = book.enter(peer, envelope(link), heartbeat, now))
            told.push_back(*news);
    }
    void be_echoed_by_two_links() {
        book.sent(7, now);
        heartbeat.echoes.push_back({self, own_incarnation, 7, 1000});
        ++sequence;
        now += 1500us;
        enter(0);
        now += 2000us;
        enter(1);
    }
    std::size_t times_told(std::size_t link, LinkState state) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            told, [&](const LinkNews& n) { return n.link == link && n.state == state; }));
    }

    Instant now = Instant{} + 1h;
    Incarnation incarnation = its_incarnation;
    std::uint64_t sequence = 1000;
    Heartbeat heartbeat;
    std::vector<LinkNews> told;
    LinkBook book{{self, own_incarnation}, 3, 1, {interval, deadtime}};
};

TEST_F(LinkBookTest, TellsACopyThatAnotherLinkHasBrought) {
    beat({0});
    EXPECT_TRUE(book.is_copy(peer, envelope(1)));
    EXPECT_TRUE(book.is_copy(peer, envelope(2)));
    ++sequence;
    EXPECT_FALSE(book.is_copy(peer, envelope(1))) << "nobody has brought that";
}

TEST_F(LinkBookTest, TakesWhatOneLinkBringsTwiceForNoCopySoThatTheCoreCountsIt) {
    beat({0});
    EXPECT_FALSE(book.is_copy(peer, envelope(0)));
}

TEST_F(LinkBookTest, KnowsNoCopyOfAnotherIncarnationNorOfWhatIsLongAgo) {
    beat({0});
    const Envelope early = envelope(1);
    incarnation = make_incarnation(2'000'000, 3);
    EXPECT_FALSE(book.is_copy(peer, envelope(1)));
    incarnation = its_incarnation;
    beat(LinkBook::window, {0});
    EXPECT_FALSE(book.is_copy(peer, early));
}

TEST_F(LinkBookTest, HasNothingToTellWhenAllLinksFallSilentAtOnceForThePeerDoes) {
    beat(10, {0, 1, 2});
    now += 10 * deadtime;
    EXPECT_TRUE(told.empty());
    beat(10, {0, 1, 2});
    EXPECT_TRUE(told.empty());
}

TEST_F(LinkBookTest, DoesNotTakeAPeerThatIsBackForASilentLinkThatWorks) {
    beat({0, 1, 2});
    beat(10, {0, 2});
    ASSERT_EQ(told.size(), 1u);
    now += 10 * deadtime;
    beat(10, {0, 2});
    EXPECT_EQ(told.size(), 1u);
    EXPECT_FALSE(book.works(peer, 1));
}

TEST_F(LinkBookTest, TellsOnceThatALinkIsSilentAndOnceThatItWorksAgain) {
    beat(10, {0, 1, 2});
    beat(4, {0, 2});
    EXPECT_TRUE(told.empty()) << "before the deadtime";
    EXPECT_TRUE(book.works(peer, 1));
    beat(50, {0, 2});
    EXPECT_FALSE(book.works(peer, 1));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(times_told(1, LinkState::silent), 1u);
    beat(50, {0, 1, 2});
    EXPECT_TRUE(book.works(peer, 1));
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(times_told(1, LinkState::works), 1u);
}

TEST_F(LinkBookTest, TellsOfALinkThatWasSilentFromTheBeginning) {
    beat(10, {2});
    EXPECT_EQ(times_told(0, LinkState::silent), 1u);
    EXPECT_EQ(times_told(1, LinkState::silent), 1u);
    EXPECT_EQ(told.size(), 2u);
}

TEST_F(LinkBookTest, TellsOfABadLinkOnceAMinuteAtMost) {
    beat({0, 1, 2});
    constexpr int minutes = 5;
    const Instant end = now + minutes * LinkBook::quiet_for;
    while (now < end) {
        beat(6, {0, 2});
        beat(2, {0, 1, 2});
    }
    EXPECT_GE(times_told(1, LinkState::silent), static_cast<std::size_t>(minutes - 1));
    EXPECT_LE(times_told(1, LinkState::silent), static_cast<std::size_t>(minutes + 1));
    EXPECT_LE(times_told(1, LinkState::works), times_told(1, LinkState::silent));
}

TEST_F(LinkBookTest, TellsInTheEndHowItIsHoweverShortTheLineBeforeWasAgo) {
    beat({0, 1, 2});
    beat(6, {0, 2});
    beat(1, {0, 1, 2});
    ASSERT_EQ(told.size(), 2u);
    const int beats = static_cast<int>(LinkBook::quiet_for / interval);
    beat(beats / 2, {0, 2});
    EXPECT_EQ(told.size(), 2u) << "too soon for a line";
    beat(beats / 2, {0, 2});
    EXPECT_EQ(times_told(1, LinkState::silent), 2u);
}

TEST_F(LinkBookTest, CountsWhatIsMissingOfTheLastHundred) {
    EXPECT_FALSE(book.loss_percent(peer, 0));
    beat(50, {0, 1});
    EXPECT_EQ(book.loss_percent(peer, 0), 0);
    EXPECT_EQ(book.loss_percent(peer, 2), 100);
    beat(25, {0});
    EXPECT_EQ(book.loss_percent(peer, 1), 34) << "25 of 75";
    beat(25, {0, 1});
    EXPECT_EQ(book.loss_percent(peer, 1), 25);
    beat(100, {0, 1});
    EXPECT_EQ(book.loss_percent(peer, 1), 0) << "that was longer ago";
}

TEST_F(LinkBookTest, CountsWhatNoLinkHasBroughtAsLostOnAll) {
    beat(50, {0, 1, 2});
    sequence += 50;
    beat({0, 1, 2});
    EXPECT_EQ(book.loss_percent(peer, 0), 50);
    sequence += 1'000'000;
    beat({0});
    EXPECT_EQ(book.loss_percent(peer, 0), 99);
    EXPECT_EQ(book.loss_percent(peer, 1), 100);
}

TEST_F(LinkBookTest, TakesWhatComesLateForHeard) {
    beat(10, {0, 1});
    beat({0});
    const Envelope late = envelope(1);
    beat(5, {0, 1});
    EXPECT_GT(book.loss_percent(peer, 1), 0);
    book.enter(peer, late, heartbeat, now);
    EXPECT_EQ(book.loss_percent(peer, 1), 0);
}

TEST_F(LinkBookTest, LetsNoReplayOnALinkMakeItWorkOrLookBetter) {
    beat(10, {0, 1});
    const Envelope recorded = envelope(1);
    for (int i = 0; i < 10; ++i) {
        beat({0});
        book.enter(peer, recorded, heartbeat, now);
    }
    EXPECT_FALSE(book.works(peer, 1));
    EXPECT_EQ(book.loss_percent(peer, 1), 50);
}

TEST_F(LinkBookTest, BeginsAnewWithANewIncarnation) {
    beat(50, {0});
    incarnation = make_incarnation(2'000'000, 3);
    sequence = 0;
    beat({0});
    EXPECT_EQ(book.loss_percent(peer, 0), 0);
    EXPECT_TRUE(book.works(peer, 1)) << "it has a deadtime to bring something";
}

TEST_F(LinkBookTest, MeasuresTheRoundTripOfEachLinkByTheEcho) {
    be_echoed_by_two_links();
    EXPECT_EQ(book.round_trip(peer, 0), 500us);
    EXPECT_EQ(book.round_trip(peer, 1), 2500us);
    EXPECT_FALSE(book.round_trip(peer, 2));
}

TEST_F(LinkBookTest, MeasuresNothingByTheEchoOfAnEarlierRunOrOfWhatWasNeverSent) {
    book.sent(7, now);
    heartbeat.echoes.push_back({self, make_incarnation(1, 1), 7, 0});
    beat({0});
    heartbeat.echoes.clear();
    heartbeat.echoes.push_back({self, own_incarnation, 8, 0});
    beat({0});
    EXPECT_FALSE(book.round_trip(peer, 0));
}

TEST_F(LinkBookTest, CountsWhatALinkHasBroughtEachMessageOnce) {
    beat(10, {0, 1});
    enter(0);
    EXPECT_EQ(book.traffic(peer, 0).received, 10u);
    EXPECT_EQ(book.traffic(peer, 1).received, 10u);
    EXPECT_EQ(book.traffic(peer, 2).received, 0u);
    incarnation = make_incarnation(2'000'000, 3);
    beat({0});
    EXPECT_EQ(book.traffic(peer, 0).received, 11u) << "the counters outlive a restart of the peer";
}

TEST_F(LinkBookTest, CountsAsLostWhatHasLeftTheWindowUnheard) {
    beat({0, 1});
    beat(10, {0});
    beat(LinkBook::window - 10, {0, 1});
    EXPECT_EQ(book.traffic(peer, 1).lost, 0u) << "it may still come";
    beat(5, {0, 1});
    EXPECT_EQ(book.traffic(peer, 1).lost, 5u);
    beat(LinkBook::window, {0, 1});
    EXPECT_EQ(book.traffic(peer, 1).lost, 10u);
    EXPECT_EQ(book.traffic(peer, 0).lost, 0u);
}

TEST_F(LinkBookTest, CountsAsLostWhatIsSkippedHoweverMuchThatIs) {
    beat(50, {0});
    sequence += 1'000'000;
    beat({0});
    beat(LinkBook::window, {0});
    EXPECT_EQ(book.traffic(peer, 0).lost, 1'000'000u);
    EXPECT_EQ(book.traffic(peer, 1).lost, 1'000'000u + 51);
}

TEST_F(LinkBookTest, CountsWhatComesMoreThanHalfAnIntervalTooLate) {
    beat(10, {0});
    now += interval / 2;
    beat({0});
    EXPECT_EQ(book.traffic(peer, 0).late, 0u);
    now += interval / 2 + 1ns;
    beat({0});
    EXPECT_EQ(book.traffic(peer, 0).late, 1u);
    ++sequence;
    now += interval;
    beat({0});
    EXPECT_EQ(book.traffic(peer, 0).late, 2u) << "the one before was lost";
}

TEST_F(LinkBookTest, MeasuresByHowMuchTheTimeBetweenTwoHeartbeatsDiffersFromTheInterval) {
    beat({0});
    now += 3ms;
    beat({0});
    now -= 3ms;
    beat({0});
    const Histogram& jitter = book.traffic(peer, 0).jitter;
    EXPECT_EQ(jitter.count(), 2u);
    EXPECT_EQ(jitter.most(), 3ms);
    EXPECT_EQ(jitter.sum_us(), 6000u);
    ++sequence;
    beat({0});
    EXPECT_EQ(jitter.count(), 2u) << "not two in a row";
}

TEST_F(LinkBookTest, CountsTheRoundTripsOfEachLink) {
    be_echoed_by_two_links();
    EXPECT_EQ(book.traffic(peer, 0).round_trips.most(), 500us);
    EXPECT_EQ(book.traffic(peer, 1).round_trips.most(), 2500us);
    EXPECT_EQ(book.traffic(peer, 2).round_trips.count(), 0u);
}

TEST_F(LinkBookTest, AllocatesNothing) {
    book.sent(7, now);
    heartbeat.echoes.push_back({self, own_incarnation, 7, 0});
    const Message message = heartbeat;
    const auto before = lab::allocations();
    for (int i = 0; i < 1000; ++i) {
        ++sequence;
        now += interval;
        for (std::uint8_t link = 0; link < 2; ++link)
            if (!book.is_copy(peer, envelope(link)) || link > 0)
                book.enter(peer, envelope(link), message, now);
    }
    EXPECT_EQ(lab::allocations(), before);
}

}  // namespace
}  // namespace komainu
