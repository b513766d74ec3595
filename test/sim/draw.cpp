// What a cluster is like: its size, its times, its network, its clocks.
#include "test/sim/faults.h"

namespace komainu::sim {

namespace {

constexpr int sizes[] = {3, 3, 3, 3, 5, 5, 1, 2, 4, 7};

void draw_members(Options& options, Random& random) {
    options.members = members(sizes[random.below(std::size(sizes))]);
    if (random.below(2) == 0)
        for (Member& member : options.members)
            member.priority = static_cast<std::uint16_t>(random.below(3));
    if (options.members.size() >= 3 && random.below(3) == 0)
        options.members[random.below(options.members.size())].witness = true;
}

/// Everything is a share of the deadtime, so that a long one costs no more to simulate.
void draw_network(Options& options, Random& random) {
    Noise& noise = options.noise;
    const auto per_mille = [&](unsigned most) { return static_cast<int>(random.below(most)); };
    noise.delay_max =
        noise.delay_min + random.below(options.deadtime / (random.below(4) == 0 ? 2 : 40));
    if (random.below(2) == 0) noise.loss_per_mille = per_mille(250);
    if (random.below(2) == 0) noise.duplicates_per_mille = per_mille(200);
    if (random.below(2) == 0) noise.stragglers_per_mille = per_mille(150);
    if (random.below(4) == 0) noise.damage_per_mille = per_mille(50);
    noise.straggle_max = noise.delay_max + random.below(4 * options.deadtime);
    if (random.below(2) == 0) noise.bold_per_mille = per_mille(1000);
}

/// Clocks that differ by 2 %, twice what is promised.
void draw_clocks(Options& options, Random& random) {
    options.drift_ppm = 10'000;
    options.extreme_drift = random.below(2) == 0;
}

/// With a fence, guards and kernels may take their time. Without, what the lease's margin leaves
/// beside the drift is theirs: the time from the lease's end to the VIP's removal.
void draw_guards(Options& options, Random& random) {
    options.fence = random.below(2) == 0;
    const Duration deadtime = options.deadtime;
    const Duration shortest = deadtime / 2;  // see the fault "new times"
    const Duration room = shortest / 16 + 2ms - shortest * 21 / 1000;
    const bool slow = options.fence && random.below(2) == 0;
    options.kernel_takes = 20us + random.below(slow ? deadtime / 2 : room / 5);
    options.kernel_takes_max = options.fence ? 2 * deadtime : options.kernel_takes;
    options.guard_oversleep = random.below(slow ? deadtime : room / 2);
    if (random.below(2) == 0) options.main_oversleep = random.below(deadtime / 10);
}

}  // namespace

Options draw_options(std::uint64_t seed) {
    Random random(seed);
    Options options;
    options.seed = random.next();
    options.deadtime =
        Duration{40ms} * (1 + static_cast<int>(random.below(random.below(2) == 0 ? 2 : 12)));
    options.interval = options.deadtime / (random.below(3) == 0 ? 5 : 3);
    draw_members(options, random);
    draw_network(options, random);
    draw_clocks(options, random);
    draw_guards(options, random);
    if (random.below(4) == 0) options.preempt_after = random.below(5 * options.deadtime);
    options.short_at_first = random.below(2) == 0;
    return options;
}

}  // namespace komainu::sim
