#include "test/sim/cluster.h"

#include <algorithm>
#include <utility>

namespace komainu::sim {

namespace {

/// Far more than any run has: a core that asks to be called again and again is found out.
constexpr std::uint64_t happenings_max = 3'000'000;

const std::array<Key, 1> sim_key{Key{{std::byte{1}, std::byte{2}, std::byte{3}}, 7}};

/// A VIP goes after the guard has woken up and the kernel has answered; if it is just being added,
/// after two answers more.
Duration removal_max(const Options& options) {
    return options.guard_oversleep + 3 * options.kernel_takes_max + 1ms;
}

Clock draw_clock(const Options& options, Random& random) {
    const int most = options.drift_ppm;
    const int drift =
        options.extreme_drift
            ? (random.below(2) == 0 ? most : -most)
            : static_cast<int>(random.below(2 * static_cast<unsigned>(most) + 1)) - most;
    return {drift, random.below(Duration{10min})};
}

}  // namespace

std::vector<Member> members(int n) {
    std::vector<Member> all;
    for (int i = 1; i <= n; ++i) all.push_back({NodeId{static_cast<std::uint8_t>(i)}, 100, false});
    return all;
}

Cluster::Cluster(Options options)
    : options_(std::move(options)),
      story_(options_.told),
      invariants_(options_.promises_one_holder(), options_.deadtime, removal_max(options_)),
      keys_(sim_key),
      datagrams_(cluster_hash("sim"), keys_),
      network_(agenda_, options_.noise, options_.seed,
               [this](NodeId to, const PacketPtr& packet) { host(to).hear(packet); }),
      world_{options_,    agenda_, network_, datagrams_,
             invariants_, story_,  answers_, [this](const Host& h) { return lan_is_silent(h); }},
      answered_(options_.members.size(), false) {
    Random random(options_.seed);
    for (const Member& member : options_.members) {
        const Clock clock = draw_clock(options_, random);
        hosts_.push_back(std::make_unique<Host>(world_, member, clock, random.next()));
    }
    changes_.push_back({now(), no_node});
}

Cluster::~Cluster() = default;

void Cluster::run(Duration time) {
    run_until([] { return false; }, time);
}

bool Cluster::run_until(const std::function<bool()>& condition, Duration limit) {
    const Instant end = now() + limit;
    look();
    while (!condition()) {
        if (!agenda_.next(end)) return condition();
        look();
        if (++happened_ > happenings_max)
            invariants_.violated("contract", "the cluster does not come to rest");
        if (!violation().empty()) return false;
    }
    return true;
}

void Cluster::look() {
    invariants_.look(now(), hosts_);
    const NodeId holder_now = holder();
    for (const auto& host : hosts_) {
        const auto place = static_cast<std::size_t>(number(host->id())) - 1;
        if (answered_[place] == host->answers()) continue;
        answered_[place] = host->answers();
        story_.tell(now(), host->id(), "{}",
                    host->answers() ? "answers for the VIP" : "no longer answers");
    }
    if (changes_.back().holder == holder_now) return;
    changes_.push_back({now(), holder_now});
    if (holder_now == no_node || holder_now == last_holder_) return;
    if (last_holder_ != no_node) ++takeovers_;
    last_holder_ = holder_now;
}

NodeId Cluster::holder() const {
    for (const auto& host : hosts_)
        if (host->answers() && host->lease_stands()) return host->id();
    return no_node;
}

Duration Cluster::without_holder_since(Instant mark) const {
    Duration without{0};
    for (std::size_t i = 0; i < changes_.size(); ++i) {
        const Instant begin = std::max(changes_[i].at, mark);
        const Instant end = i + 1 < changes_.size() ? changes_[i + 1].at : now();
        if (changes_[i].holder == no_node && end > begin) without += end - begin;
    }
    return without;
}

// --- What may happen to it

void Cluster::start_all() {
    for (const auto& host : hosts_) host->start();
}

void Cluster::set_healthy(NodeId id, bool healthy) {
    story_.tell(now(), id, "{}", healthy ? "is healthy" : "is unhealthy");
    host(id).set_healthy(healthy);
}

void Cluster::switchover(NodeId asked, NodeId target) {
    story_.tell(now(), asked, "is asked for a switchover to {}", number(target));
    host(asked).ask_switchover(target);
}

void Cluster::take_vip_away(NodeId id) {
    if (!host(id).kernel().has_vip()) return;
    story_.tell(now(), id, "somebody removes the VIP");
    host(id).kernel().clear();
    agenda_.later(50us, [this, id] { host(id).guard().look_for_vip(); });
}

bool Cluster::lan_is_silent(const Host& asking) const {
    return std::ranges::none_of(hosts_, [&](const auto& host) {
        return host->answers() && network_.passes(asking.id(), host->id()) &&
               network_.passes(host->id(), asking.id());
    });
}

int Cluster::holders() const {
    return static_cast<int>(
        std::ranges::count_if(hosts_, [](const auto& host) { return host->answers(); }));
}

void Cluster::cut(NodeId from, NodeId to) {
    story_.tell(now(), no_node, "cut from {} to {}", number(from), number(to));
    network_.cut(from, to);
}

void Cluster::isolate(NodeId id) {
    for (const auto& other : hosts_) {
        if (other->id() == id) continue;
        cut(id, other->id());
        cut(other->id(), id);
    }
}

void Cluster::heal() {
    story_.tell(now(), no_node, "all cuts are healed");
    network_.heal();
}

void Cluster::calm(const std::vector<NodeId>& among) {
    network_.calm();
    for (const NodeId a : among)
        for (const NodeId b : among) network_.join(a, b);
}

void Cluster::replay(int count) { network_.replay(count, static_cast<int>(hosts_.size())); }

}  // namespace komainu::sim
