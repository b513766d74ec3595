#include "test/sim/faults.h"

#include <algorithm>

namespace komainu::sim {

namespace {

/// A fault, with what it has to draw from.
struct Draw {
    Cluster& cluster;
    Random& random;

    bool one_in(std::uint64_t n) const { return random.below(n) == 0; }
    Duration deadtime() const { return cluster.options().deadtime; }
    Duration moment() const { return random.below(2 * deadtime()); }
    NodeId any() const {
        return cluster.options().members[random.below(cluster.options().members.size())].id;
    }
    /// What happens to the holder matters most.
    Host& victim() const {
        const NodeId holder = cluster.holder();
        return cluster.host(holder != no_node && random.below(5) < 2 ? holder : any());
    }
};

void start_one(const Draw& draw) {
    for (const auto& host : draw.cluster.hosts())
        if (!host->node() && draw.one_in(2)) return host->start();
}

void pause(const Draw& draw, void (Host::*begin)(), void (Host::*end)()) {
    Host& host = draw.victim();
    (host.*begin)();
    if (!draw.one_in(4)) draw.cluster.later(draw.moment(), [&host, end] { (host.*end)(); });
}
void pause_main(const Draw& draw) { pause(draw, &Host::pause_main, &Host::resume_main); }
void stall_main(const Draw& draw) { pause(draw, &Host::stall_main, &Host::resume_main); }
void pause_guard(const Draw& draw) { pause(draw, &Host::pause_guard, &Host::resume_guard); }
void pause_host(const Draw& draw) {
    Host& host = draw.victim();
    host.pause_guard();
    host.pause_main();
    draw.cluster.later(draw.moment(), [&host] { host.resume_main(); });
    draw.cluster.later(draw.moment(), [&host] { host.resume_guard(); });
}
void resume_all(const Draw& draw) {
    for (const auto& host : draw.cluster.hosts()) {
        host->resume_main();
        host->resume_guard();
    }
}

/// Back before anybody has noticed, without its memory; perhaps more than once.
void restart(const Draw& draw) {
    Host& host = draw.victim();
    for (auto times = 1 + draw.random.below(3); times > 0; --times) {
        host.kill_both();
        if (draw.one_in(2)) draw.cluster.run(draw.random.below(draw.deadtime() / 2));
        if (draw.one_in(4)) host.clock().step_wall(-draw.random.below(Duration{1h}));
        host.start();
        draw.cluster.run(draw.random.below(draw.deadtime()));
    }
}

/// The holder and another are cut apart for good; whoever stands between them forgets.
void forget_in_the_middle(const Draw& draw) {
    const NodeId holder = draw.cluster.holder();
    const NodeId other = draw.any();
    const NodeId middle = draw.any();
    if (holder == no_node || other == holder || middle == holder || middle == other) return;
    draw.cluster.cut(holder, other);
    draw.cluster.cut(other, holder);
    draw.cluster.run(draw.moment());
    draw.cluster.kill_both(middle);
    if (draw.one_in(2)) draw.cluster.run(draw.random.below(draw.deadtime() / 2));
    if (draw.one_in(2)) {
        draw.cluster.cut(holder, middle);
        if (draw.one_in(2)) draw.cluster.cut(middle, holder);
    }
    draw.cluster.start(middle);
}

/// Releases, and is eligible again at once: the release is in flight while a higher term is won.
void flutter(const Draw& draw) {
    Host& host = draw.victim();
    for (auto times = 1 + draw.random.below(3); times > 0; --times) {
        draw.cluster.set_healthy(host.id(), false);
        draw.cluster.run(draw.random.below(draw.cluster.options().interval));
        draw.cluster.set_healthy(host.id(), true);
        draw.cluster.run(draw.random.below(draw.deadtime() / 2));
    }
}

void cut_one_way(const Draw& draw) { draw.cluster.cut(draw.victim().id(), draw.any()); }
void cut_other_way(const Draw& draw) { draw.cluster.cut(draw.any(), draw.victim().id()); }
void cut_both_ways(const Draw& draw) {
    const NodeId a = draw.victim().id(), b = draw.any();
    draw.cluster.cut(a, b);
    draw.cluster.cut(b, a);
}
void split(const Draw& draw) {
    const auto sides = draw.random.next();
    for (const auto& a : draw.cluster.hosts())
        for (const auto& b : draw.cluster.hosts())
            if ((sides >> number(a->id()) & 1u) != (sides >> number(b->id()) & 1u))
                draw.cluster.cut(a->id(), b->id());
}

void resume_from_maintenance(const Draw& draw) {
    const auto scope = draw.one_in(2) ? PauseScope::cluster : PauseScope::node;
    draw.cluster.host(draw.any()).ask_pause(scope, false);
}

/// Of everybody, or of some.
void out_of_reach(const Draw& draw) {
    const NodeId whose = draw.victim().id();
    const bool of_all = draw.one_in(2);
    for (const auto& host : draw.cluster.hosts())
        if (of_all || draw.one_in(2)) host->set_reached(whose, false);
}
void within_reach(const Draw& draw) {
    const NodeId whose = draw.any();
    for (const auto& host : draw.cluster.hosts()) host->set_reached(whose, true);
}

void slow_kernel(const Draw& draw) {
    draw.victim().kernel().takes = draw.random.below(draw.cluster.options().kernel_takes_max + 1ns);
}

/// Shorter than the options' at most by half, which draw_guards() reckons with. One node, or all of
/// them in some order.
void new_times(const Draw& draw) {
    const Options& options = draw.cluster.options();
    const Duration deadtime = options.deadtime / 2 + draw.random.below(options.deadtime / 2 + 1ns);
    const Duration interval = std::min(options.interval, deadtime / 3);
    if (draw.one_in(2)) return draw.victim().set_times(interval, deadtime);
    for (const auto& host : draw.cluster.hosts()) {
        host->set_times(interval, deadtime);
        if (draw.one_in(2)) draw.cluster.run(draw.random.below(draw.deadtime()));
    }
}

struct Fault {
    std::string_view name;
    unsigned weight;
    void (*strike)(const Draw&);
};

constexpr Fault table[] = {
    {"start", 4, start_one},
    {"heal", 3, [](const Draw& d) { d.cluster.heal(); }},
    {"resume", 3, resume_all},
    {"kill main", 2, [](const Draw& d) { d.victim().kill_main(); }},
    {"kill guard", 1, [](const Draw& d) { d.victim().kill_guard(); }},
    {"kill both", 2, [](const Draw& d) { d.victim().kill_both(); }},
    {"stop", 1, [](const Draw& d) { d.victim().stop(); }},
    {"restart", 3, restart},
    {"forget in the middle", 3, forget_in_the_middle},
    {"pause main", 2, pause_main},
    {"stall main", 2, stall_main},
    {"pause guard", 1, pause_guard},
    {"pause host", 2, pause_host},
    {"isolate", 2, [](const Draw& d) { d.cluster.isolate(d.victim().id()); }},
    {"cut one way", 2, cut_one_way},
    {"cut the other way", 2, cut_other_way},
    {"cut both ways", 1, cut_both_ways},
    {"split", 2, split},
    {"ill", 1, [](const Draw& d) { d.cluster.set_healthy(d.victim().id(), false); }},
    {"well", 2, [](const Draw& d) { d.cluster.set_healthy(d.any(), true); }},
    {"out of reach", 2, out_of_reach},
    {"within reach", 2, within_reach},
    {"flutter", 3, flutter},
    {"switchover", 2,
     [](const Draw& d) { d.cluster.switchover(d.any(), d.one_in(2) ? no_node : d.any()); }},
    {"cluster paused", 1, [](const Draw& d) { d.victim().ask_pause(PauseScope::cluster, true); }},
    {"node paused", 1, [](const Draw& d) { d.victim().ask_pause(PauseScope::node, true); }},
    {"resumed", 2, resume_from_maintenance},
    {"put on standby", 1, [](const Draw& d) { d.victim().ask_standby(true); }},
    {"taken off standby", 2, [](const Draw& d) { d.cluster.host(d.any()).ask_standby(false); }},
    {"priority", 2,
     [](const Draw& d) { d.victim().set_priority(static_cast<std::uint16_t>(d.random.below(3))); }},
    {"new times", 2, new_times},
    {"replay", 3, [](const Draw& d) { d.cluster.replay(30); }},
    {"refused address", 1, [](const Draw& d) { d.cluster.fail_next_hold(d.victim().id()); }},
    {"refused removal", 1,
     [](const Draw& d) {
         d.victim().kernel().refused_removals = 1 + static_cast<int>(d.random.below(3));
     }},
    {"slow kernel", 1, slow_kernel},
    {"VIP taken away", 1, [](const Draw& d) { d.cluster.take_vip_away(d.victim().id()); }},
    {"VIPs lost", 1, [](const Draw& d) { d.cluster.lose_vips(d.victim().id()); }},
};

constexpr std::size_t never_missing = 3;  ///< what makes things go on

}  // namespace

Faults::Faults(std::uint64_t seed) : random_(seed) {
    for (std::size_t i = 0; i < std::size(table); ++i)
        if (const bool drawn = random_.below(2) == 0; drawn || i < never_missing)
            allowed_.insert(allowed_.end(), table[i].weight, i);
}

void Faults::strike(Cluster& cluster) {
    const Fault& fault = table[allowed_[random_.below(allowed_.size())]];
    cluster.story().tell(cluster.now(), no_node, "--- {}", fault.name);
    fault.strike({cluster, random_});
}

}  // namespace komainu::sim
