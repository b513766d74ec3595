// Random walks over clusters of one to five nodes with everything going wrong at once: loss,
// duplication, reordering, replay, cuts one way and both, kills, pauses, restarts with amnesia,
// illness, switchovers, clocks that drift. At every instant at most one node answers for the VIP
// (P1); and when it is over, a healed cluster has exactly one holder again (P3).
#include <gtest/gtest.h>

#include <cstdlib>

#include "test/sim/cluster.h"

namespace komainu::sim {
namespace {

constexpr int walks_default = 400;
constexpr int faults_per_walk = 60;
/// A node whose kernel refused the addresses does not stand for ten seconds.
constexpr Duration recovery_max = 11s;

NodeId any_of(const Options& options, Random& random) {
    return options.members[random.below(options.members.size())].id;
}

Options draw(std::uint64_t seed) {
    Random random(seed);
    Options options;
    options.seed = random.next();
    options.members = members(random.below(2) == 0 ? 3 : 1 + static_cast<int>(random.below(5)));
    for (Member& member : options.members)
        member.priority = static_cast<std::uint16_t>(random.below(3));
    if (options.members.size() >= 3 && random.below(3) == 0) options.members.back().witness = true;
    options.loss_per_mille = static_cast<int>(random.below(200));
    options.duplicates_per_mille = static_cast<int>(random.below(200));
    options.delay_max =
        options.delay_min + random.below(Duration{random.below(4) == 0 ? 50ms : 2ms});
    if (random.below(2) == 0) options.stragglers_per_mille = static_cast<int>(random.below(150));
    if (random.below(2) == 0) options.bold_per_mille = static_cast<int>(random.below(1000));
    options.guard_latency = 100us + random.below(Duration{random.below(2) == 0 ? 5ms : 1us});
    options.drift_per_mille = 4;
    return options;
}

constexpr std::uint64_t fault_kinds = 20;

/// What may go wrong in a walk: about half of everything. A few faults that go on together lead
/// farther than all of them, which mostly undo one another.
class Kinds {
public:
    explicit Kinds(Random& random) : allowed_(random.next() | std::uint64_t{1} << 2) {}

    std::uint64_t draw(Random& random) const {
        for (;;)
            if (const auto kind = random.below(fault_kinds); (allowed_ >> kind & 1u) != 0)
                return kind;
    }

private:
    std::uint64_t allowed_;  ///< a bit for each; the starting of nodes is never missing
};

void do_something(Cluster& cluster, const Options& options, const Kinds& kinds, Random& random) {
    // What happens to the holder is what matters most.
    const NodeId holder = cluster.holder();
    const NodeId a = holder != no_node && random.below(3) == 0 ? holder : any_of(options, random);
    const NodeId b = any_of(options, random);
    switch (kinds.draw(random)) {
        case 0:
            return cluster.kill_main(a);
        case 1:
            return cluster.kill_both(a);
        case 2:
        case 3:
            if (!cluster.node(a)) cluster.start(a);
            return;
        case 4:
            return cluster.pause_main(a);
        case 5:
        case 6:
            return cluster.resume_main(a);
        case 7:
            return cluster.isolate(a);
        case 8:
            if (random.below(3) != 0) cluster.cut(b, a);
            return cluster.cut(a, b);
        case 9:
        case 10:
            return cluster.heal();
        case 11:
            return cluster.set_healthy(a, random.below(3) != 0);
        case 12:
            return cluster.switchover(a, random.below(2) == 0 ? no_node : b);
        case 13:
            return cluster.replay(20);
        case 14:
            return cluster.fail_next_hold(a);
        case 15:
            return cluster.stop(a);
        case 16:
            return cluster.lose_vips(a);
        case 17:  // back before anybody has noticed, without its memory
            cluster.kill_both(a);
            return cluster.start(a);
        case 18:  // released, and eligible again at once
        case 19:
            cluster.set_healthy(a, false);
            cluster.run(random.below(options.interval));
            return cluster.set_healthy(a, true);
    }
}

void start_missing(Cluster& cluster, const Options& options) {
    for (const Member& member : options.members)
        if (!cluster.node(member.id)) cluster.start(member.id);
}

void heal_everything(Cluster& cluster, const Options& options) {
    cluster.heal();
    cluster.calm();
    for (const Member& member : options.members) {
        cluster.resume_main(member.id);
        cluster.set_healthy(member.id, true);
    }
}

std::string tail(const Cluster& cluster) {
    std::string text;
    const auto& story = cluster.story();
    for (std::size_t i = story.size() - std::min<std::size_t>(story.size(), 60); i < story.size();
         ++i)
        text += story[i] + "\n";
    return text;
}

void walk(std::uint64_t seed) {
    const Options options = draw(seed);
    Cluster cluster(options);
    Random random(seed ^ 0x5eed);
    const Kinds kinds(random);
    cluster.start_all();
    for (int i = 0; i < faults_per_walk; ++i) {
        cluster.run(random.below(options.deadtime * 3 / 2));
        do_something(cluster, options, kinds, random);
        ASSERT_EQ(cluster.violation(), "") << "seed " << seed << "\n" << tail(cluster);
    }
    heal_everything(cluster, options);
    // Those that were asked to stop may take their time, and are started again when they are gone.
    // Nodes whose kernel refused the addresses come back after ten seconds.
    const auto healed = [&] {
        start_missing(cluster, options);
        return cluster.holder() != no_node;
    };
    const bool held = cluster.run_until(healed, recovery_max);
    ASSERT_TRUE(held) << "nobody holds it, seed " << seed << "\n" << tail(cluster);
    ASSERT_EQ(cluster.violation(), "") << "seed " << seed << "\n" << tail(cluster);
}

/// KOMAINU_SEED=N walks that one alone, KOMAINU_WALKS=N so many.
TEST(RandomWalk, NobodyEverHoldsItBesideAnother) {
    if (const char* seed = std::getenv("KOMAINU_SEED"))
        return walk(std::strtoull(seed, nullptr, 10));
    const char* walks = std::getenv("KOMAINU_WALKS");
    const int count = walks ? std::atoi(walks) : walks_default;
    for (int seed = 1; seed <= count && !testing::Test::HasFatalFailure(); ++seed)
        walk(static_cast<std::uint64_t>(seed));
}

}  // namespace
}  // namespace komainu::sim
