// When a stranger who has a VIP keeps a starting node from becoming active.
#include "daemon/start_probe.h"

#include <gtest/gtest.h>

#include "daemon/fitness.h"

namespace komainu {

namespace {

constexpr MacAddress rival{{2, 0, 0, 0, 0, 0x99}};

ProbeReport found(std::size_t rivals) {
    ProbeReport report{.id = 1, .rivals = {}, .not_probed = 0};
    for (std::size_t i = 0; i < rivals; ++i)
        report.rivals.push_back({static_cast<std::uint16_t>(i), rival});
    return report;
}

StartSituation situation(std::optional<ProbeReport> probed) {
    return {.quarantined = false, .follows = false, .all_carriers_up = true, .probed = probed};
}

Config two_vips() {
    Config config;
    config.vips = {{"main", parse_prefix("10.77.0.100/24").value(), "eth0"},
                   {"six", parse_prefix("fd77::100/64").value(), "eth0"}};
    return config;
}

}  // namespace

TEST(StartProbe, DecidesNothingBeforeItsAnswer) {
    EXPECT_EQ(verdict_on(situation({})), StartVerdict::undecided);
}

TEST(StartProbe, IsOverWhenNobodyAnswersEvenInQuarantine) {
    auto nobody = situation(found(0));
    EXPECT_EQ(verdict_on(nobody), StartVerdict::free);
    nobody.quarantined = true;
    EXPECT_EQ(verdict_on(nobody), StartVerdict::free);
}

TEST(StartProbe, IsOverAsSoonAsAnActiveIsHeardWhoeverAnswers) {
    for (const auto& probed : {std::optional<ProbeReport>{}, std::optional(found(1))}) {
        auto heard = situation(probed);
        heard.follows = true;
        heard.quarantined = true;
        EXPECT_EQ(verdict_on(heard), StartVerdict::free);
    }
}

TEST(StartProbe, GivesTheActiveUntilTheEndOfTheQuarantineToBeHeard) {
    auto answered = situation(found(1));
    answered.quarantined = true;
    EXPECT_EQ(verdict_on(answered), StartVerdict::undecided);
    answered.quarantined = false;
    EXPECT_EQ(verdict_on(answered), StartVerdict::conflict);
}

TEST(StartProbe, IsRepeatedWhileNobodyCanBeAskedForWantOfACarrier) {
    auto unplugged = situation(found(0));
    unplugged.all_carriers_up = false;
    EXPECT_EQ(verdict_on(unplugged), StartVerdict::undecided);
}

TEST(StartProbe, ASentenceNamesVipInterfaceAndHardwareAddress) {
    EXPECT_EQ(conflict_sentence(two_vips(), found(1)),
              "vip.main: 02:00:00:00:00:99 answers for 10.77.0.100 on eth0, and is no active of "
              "this cluster");
    EXPECT_EQ(conflict_sentence(two_vips(), found(2)),
              "vip.main: 02:00:00:00:00:99 answers for 10.77.0.100 on eth0, and is no active of "
              "this cluster (1 more VIP is answered for)");
}

TEST(Fitness, IsWantingWhileSomebodyElseMayHaveAVip) {
    Fitness fitness;
    fitness.set_services(true, "");
    ASSERT_TRUE(fitness.healthy());
    fitness.set_conflict("why");
    EXPECT_EQ(fitness.reason(), "why");
    fitness.set_interfaces("interface eth1 is down");
    EXPECT_EQ(fitness.reason(), "interface eth1 is down");
    fitness.set_interfaces("");
    fitness.set_conflict("");
    EXPECT_TRUE(fitness.healthy());
}

TEST(Fitness, IsWantingWhileTheActiveRefusesTheNode) {
    Fitness fitness;
    fitness.set_services(true, "");
    fitness.set_refused("node 1 refuses this node");
    EXPECT_EQ(fitness.reason(), "node 1 refuses this node");
    fitness.set_refused("");
    EXPECT_TRUE(fitness.healthy());
}

}  // namespace komainu
