// Random walks by the rules that promise less: half and hold. What is promised all the same: when
// the network is whole again there is one holder and not two, and it is no stale one. And with
// majority and release, nothing that only these rules look at (trusted servers, rivals on the LAN)
// touches the promise of one holder.
#include <gtest/gtest.h>

#include <cstdlib>

#include "test/sim/cluster.h"

namespace komainu::sim {
namespace {

constexpr int walks_default = 50;
constexpr int faults_per_walk = 40;
constexpr Duration recovery_max = 15s;
/// Who was asked to stop stays no longer than this for the election of its successor.
constexpr Duration departure_max = 1500ms;
/// For so long the one holder must stay the one.
constexpr Duration quiet = 500ms;

NodeId any_of(const Options& options, Random& random) {
    return options.members[random.below(options.members.size())].id;
}

Options draw(std::uint64_t seed, QuorumRule rule, QuorumLoss loss) {
    Random random(seed);
    Options options;
    options.seed = random.next();
    options.quorum = rule;
    options.on_quorum_loss = loss;
    options.members = members(2 + static_cast<int>(random.below(4)));
    if (random.below(3) == 0 && options.members.size() > 2) options.members.back().witness = true;
    options.noise.loss_per_mille = static_cast<int>(random.below(100));
    options.probe_time = 1ms + random.below(Duration{300ms});
    options.drift_ppm = 4000;
    return options;
}

void do_something(Cluster& cluster, const Options& options, Random& random) {
    const NodeId a = any_of(options, random);
    const NodeId b = any_of(options, random);
    switch (random.below(15)) {
        case 0:
            return cluster.kill_main(a);
        case 1:
            return cluster.kill_both(a);
        case 2:
        case 3:
        case 4:
            if (!cluster.node(a)) cluster.start(a);
            return;
        case 5:
            return cluster.pause_main(a);
        case 6:
            return cluster.resume_main(a);
        case 7:
            return cluster.isolate(a);
        case 8:
            cluster.cut(b, a);
            return cluster.cut(a, b);
        case 9:
            return cluster.cut(a, b);
        case 10:
            return cluster.heal();
        case 11:
            return cluster.set_healthy(a, random.below(3) != 0);
        case 12:
            return cluster.set_trusted(a, random.below(3) != 0);
        case 13:
            return cluster.see_rival(a);
        case 14:
            return cluster.stop(a);
    }
}

void heal_everything(Cluster& cluster, const Options& options) {
    cluster.heal();
    std::vector<NodeId> all;
    for (const Member& member : options.members) all.push_back(member.id);
    cluster.calm(all);
    for (const Member& member : options.members) {
        cluster.resume_main(member.id);
        cluster.set_healthy(member.id, true);
        cluster.set_trusted(member.id, true);
    }
}

bool is_whole(Cluster& cluster, const Options& options) {
    for (const Member& member : options.members)
        if (!cluster.node(member.id)) cluster.start(member.id);
    if (cluster.holders() != 1) return false;
    const Node* holder = cluster.node(cluster.holder());
    return holder && !holder->stale();
}

std::string told(Cluster& cluster) {
    std::string text;
    for (const auto& line : cluster.story().lines()) text += line + "\n";
    return text;
}

void walk(std::uint64_t seed, QuorumRule rule, QuorumLoss loss) {
    const Options options = draw(seed, rule, loss);
    Cluster cluster(options);
    Random random(seed ^ 0x5eed);
    cluster.start_all();
    for (int i = 0; i < faults_per_walk; ++i) {
        cluster.run(random.below(options.deadtime * 2));
        do_something(cluster, options, random);
    }
    heal_everything(cluster, options);
    ASSERT_TRUE(cluster.run_until([&] { return is_whole(cluster, options); }, recovery_max))
        << cluster.holders() << " holders, seed " << seed << "\n"
        << told(cluster);
    // Who was asked to stop may still do so, and is started again.
    cluster.run(departure_max);
    ASSERT_TRUE(cluster.run_until([&] { return is_whole(cluster, options); }, recovery_max));
    const NodeId holder = cluster.holder();
    for (Duration time{}; time < quiet; time += 10ms) {
        cluster.run(10ms);
        ASSERT_TRUE(cluster.holders() == 1 && cluster.holder() == holder) << "seed " << seed << "\n"
                                                                          << told(cluster);
    }
    if (rule == QuorumRule::majority && loss == QuorumLoss::release) {
        ASSERT_EQ(cluster.violation(), "") << "seed " << seed << "\n" << told(cluster);
    }
}

/// KOMAINU_SEED=N walks that one alone, KOMAINU_WALKS=N so many.
void walks(QuorumRule rule, QuorumLoss loss) {
    if (const char* seed = std::getenv("KOMAINU_SEED"))
        return walk(std::strtoull(seed, nullptr, 10), rule, loss);
    const char* walks = std::getenv("KOMAINU_WALKS");
    const int count = walks ? std::atoi(walks) : walks_default;
    for (int seed = 1; seed <= count && !testing::Test::HasFatalFailure(); ++seed)
        walk(static_cast<std::uint64_t>(seed), rule, loss);
}

TEST(QuorumWalk, HalfEndsWithOneHolder) { walks(QuorumRule::half, QuorumLoss::release); }
TEST(QuorumWalk, HalfAndHoldEndWithOneHolder) { walks(QuorumRule::half, QuorumLoss::hold); }
TEST(QuorumWalk, HoldEndsWithOneHolder) { walks(QuorumRule::majority, QuorumLoss::hold); }
TEST(QuorumWalk, NoneEndsWithOneHolder) { walks(QuorumRule::none, QuorumLoss::release); }
TEST(QuorumWalk, MajorityNeverHasTwoWhateverTheOtherRulesLookAt) {
    walks(QuorumRule::majority, QuorumLoss::release);
}

}  // namespace
}  // namespace komainu::sim
