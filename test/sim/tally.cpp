#include "test/sim/tally.h"

#include <fmt/format.h>

namespace komainu::sim {

void Tally::add(const Outcome& outcome) {
    ++runs;
    faults += static_cast<std::uint64_t>(outcome.faults);
    takeovers += static_cast<std::uint64_t>(outcome.takeovers);
    simulated += outcome.simulated;
    if (outcome.bound > Duration{0}) consider(seed, outcome.until_held, outcome.bound);
}

void Tally::add(const Tally& other) {
    runs += other.runs;
    faults += other.faults;
    takeovers += other.takeovers;
    simulated += other.simulated;
    consider(other.slowest_seed, other.slowest, other.slowest_bound);
    if (other.seed != 0) seed = seed == 0 ? other.seed : std::min(seed, other.seed);
}

void Tally::consider(std::uint64_t of_seed, Duration took, Duration bound) {
    const auto part = [](Duration a, Duration b) {
        return static_cast<double>(a.count()) / static_cast<double>(b.count());
    };
    if (part(took, bound) <= part(slowest, slowest_bound)) return;
    slowest_seed = of_seed;
    slowest = took;
    slowest_bound = bound;
}

std::string Tally::summary() const {
    return fmt::format(
        "{} runs, {:.1f} simulated hours, {} faults, {} takeovers; a healed majority had its "
        "holder "
        "after {} ms of {} ms at worst (seed {})",
        runs, std::chrono::duration<double, std::ratio<3600>>(simulated).count(), faults, takeovers,
        slowest / 1ms, slowest_bound / 1ms, slowest_seed);
}

}  // namespace komainu::sim
