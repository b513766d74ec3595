#include "test/sim/run.h"

#include <algorithm>
#include <iterator>

#include "test/sim/faults.h"
#include "test/sim/ledger_run.h"

namespace komainu::sim {

namespace {

/// src/core/node_tenure.cpp: how long a node whose kernel refused the addresses does not stand.
constexpr Duration unfit_for = 10s;

constexpr int faults_min = 8;
constexpr int faults_spread = 28;

bool stands_for_election(const Member& member) { return !member.witness; }

/// More than half of the nodes, among them one that may hold the VIP.
std::vector<NodeId> draw_majority(const Options& options, Random& random) {
    std::vector<Member> members = options.members;
    for (std::size_t i = members.size(); i > 1; --i)
        std::swap(members[i - 1], members[random.below(i)]);
    const auto first = std::ranges::find_if(members, stands_for_election);
    std::iter_swap(members.begin(), first);
    const std::size_t least = members.size() / 2 + 1;
    members.resize(least + random.below(members.size() - least + 1));
    std::vector<NodeId> ids;
    for (const Member& member : members) ids.push_back(member.id);
    return ids;
}

void heal(Host& host, const Options& options) {
    host.kernel().refused_adds = host.kernel().refused_removals = 0;
    host.kernel().takes = options.kernel_takes;
    host.resume_guard();
    host.resume_main();
    if (!host.node() || host.stopping() || !host.guard().alive()) host.start();
    host.set_healthy(true);
    host.ask_standby(false);
}

/// From the worst that may stand when the faults end until somebody holds the VIP, in steps:
/// an active that is no more is followed for a deadtime more, or an active on the broken side,
/// whose lease must first lapse, for two; nodes that were restarted are in quarantine meanwhile.
/// Candidates that do not see the same nodes may spoil two elections for one another; each costs
/// the promises that were given in it, and the stagger. All by clocks that may be slow. Guards,
/// kernels and networks take their time.
Duration liveness_bound(const Options& options) {
    const Duration stagger = std::clamp<Duration>(options.interval, 5ms, 100ms);
    const auto places = static_cast<int>(options.members.size());
    const Duration spoilt = options.deadtime + (places + 2) * stagger;
    const Duration decided = 2 * options.deadtime + 2 * spoilt + places * stagger;
    const Duration done =
        10 * options.main_oversleep + options.guard_oversleep + 3 * options.kernel_takes + 10ms;
    return decided * 102 / 100 + done;
}

/// A main whose guard is dead or stopped keeps its term until the kernel has removed the VIP.
Duration wait_for_kernel(const Hosts& hosts) {
    Duration longest{0};
    for (const auto& host : hosts)
        if (host->waits_for_kernel())
            longest =
                Host::guard_silence_max + host->kernel().lifetime() + 2 * Host::look_after_every;
    return longest;
}

/// Somebody who is fit has to be left, or to become fit again.
Duration wait_for_fitness(const Hosts& hosts, const std::vector<NodeId>& majority) {
    const bool fit = std::ranges::any_of(hosts, [&](const auto& host) {
        return std::ranges::count(majority, host->id()) != 0 &&
               stands_for_election(host->member()) && !host->could_not_hold();
    });
    return fit ? Duration{0} : unfit_for * 102 / 100;
}

class Run {
public:
    Run(std::uint64_t seed, Telling telling)
        : random_(seed ^ 0x5eed), cluster_(options(seed, telling)) {}

    Outcome go(std::uint64_t seed) {
        const Instant begin = cluster_.now();
        safety(seed);
        if (cluster_.violation().empty() && cluster_.options().quorum == QuorumRule::majority)
            liveness();
        outcome_.violation = cluster_.violation();
        outcome_.simulated = cluster_.now() - begin;
        outcome_.takeovers = cluster_.takeovers();
        outcome_.story = cluster_.story().lines();
        return std::move(outcome_);
    }

private:
    static Options options(std::uint64_t seed, Telling telling) {
        Options drawn = draw_options(seed);
        drawn.told = telling == Telling::told;
        return drawn;
    }

    void safety(std::uint64_t seed) {
        Faults faults(seed);
        cluster_.start_all();
        cluster_.run(3 * cluster_.options().deadtime);
        const int count = faults_min + static_cast<int>(random_.below(faults_spread));
        for (int i = 0; i < count && cluster_.violation().empty(); ++i) {
            faults.strike(cluster_);
            ++outcome_.faults;
            cluster_.run(random_.below(cluster_.options().deadtime * 3 / 2));
        }
    }

    void liveness() {
        const auto majority = draw_majority(cluster_.options(), random_);
        cluster_.story().tell(cluster_.now(), no_node, "=== {} of {} nodes are healed",
                              majority.size(), cluster_.options().members.size());
        cluster_.calm(majority);
        for (const NodeId id : majority) heal(cluster_.host(id), cluster_.options());
        // Of all nodes: a pause that only one outside of the majority knows of would come back.
        for (const auto& host : cluster_.hosts()) host->ask_pause(PauseScope::cluster, false);
        const Instant mark = cluster_.now();
        const Duration wait =
            wait_for_kernel(cluster_.hosts()) + wait_for_fitness(cluster_.hosts(), majority);
        const Duration bound = liveness_bound(cluster_.options()) + wait;
        const auto held = [this] { return cluster_.holder() != no_node; };
        if (cluster_.run_until(held, bound)) {
            if (wait == Duration{0}) {
                outcome_.until_held = cluster_.now() - mark;
                outcome_.bound = bound;
            }
            return cluster_.run(2 * cluster_.options().deadtime);
        }
        for (const auto& host : cluster_.hosts()) tell_of(*host);
        cluster_.invariants().violated(
            "P3 somebody holds",
            fmt::format("nobody, {} ms after a majority was healed", bound / 1ms));
    }

    /// What a node believes, for whoever looks for the reason.
    void tell_of(const Host& host) {
        const auto tell = [&](const std::string& text) {
            cluster_.story().tell(cluster_.now(), host.id(), "{}", text);
        };
        const Node* node = host.node();
        if (!node) return tell("does not run");
        const auto promise = node->promise();
        std::string text = fmt::format(
            "{}{}{}, follows {}, promised to {} until {} ms, peers:",
            host.paused()    ? "stopped, "
            : node->paused() ? "paused, "
                             : "",
            node->healthy() ? "healthy" : "unhealthy", node->quarantined() ? ", quarantined" : "",
            number(node->active().term.node), promise ? number(promise->to.term.node) : 0,
            promise ? (promise->withhold_votes_until - host.local()) / 1ms : 0);
        for (const Peer& peer : node->peers())
            text += fmt::format(" {}{}{}{}", number(peer.id()), peer.alive() ? " alive" : " silent",
                                peer.would_vote() ? " free" : "", peer.could_stand() ? " fit" : "");
        tell(text);
    }

    Random random_;
    Cluster cluster_;
    Outcome outcome_;
};

}  // namespace

Outcome run_seed(std::uint64_t seed, Telling telling) {
    Outcome outcome = Run(seed, telling).go(seed);
    if (!outcome.violation.empty()) return outcome;
    Outcome ledgers = run_ledger_seed(seed, telling);
    outcome.violation = std::move(ledgers.violation);
    outcome.faults += ledgers.faults;
    std::ranges::move(ledgers.story, std::back_inserter(outcome.story));
    return outcome;
}

}  // namespace komainu::sim
