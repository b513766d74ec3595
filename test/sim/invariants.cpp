// Looking at all hosts at once, at every instant (P1, P2), and at each datagram that is heard (P4).
#include "test/sim/invariants.h"

#include <fmt/format.h>

#include <algorithm>

#include "test/sim/host.h"

namespace komainu::sim {

namespace {

/// The kernel checks lifetimes late, by up to a second.
constexpr Duration kernel_lateness_max = 1s;

bool is_counted(const Host& host) {
    const bool excused = !host.lease_stands() && host.guard().was_hindered();
    return host.answers() && !excused;
}

}  // namespace

void Invariants::violated(std::string_view promise, std::string what) {
    if (violation_.empty()) violation_ = fmt::format("{}: {}", promise, what);
}

void Invariants::look(Instant now, const Hosts& hosts) {
    if (one_holder_) look_at_holders(hosts);
    for (const auto& host : hosts) {
        look_at_leftover(now, *host);
        if (one_holder_ && host->lease_stands()) look_at_promises(now, *host, hosts);
    }
}

// --- P1

void Invariants::look_at_holders(const Hosts& hosts) {
    const Host* holder = nullptr;
    for (const auto& host : hosts) {
        if (!is_counted(*host)) continue;
        if (holder)
            violated("P1 one holder", fmt::format("nodes {} and {} answer for the VIP",
                                                  number(holder->id()), number(host->id())));
        holder = host.get();
    }
}

void Invariants::look_at_promises(Instant now, const Host& holder, const Hosts& hosts) {
    if (!holder.guard().alive() && !holder.kernel().has_vip()) return;  // a lease to nothing
    const Instant end = holder.clock().true_time_of(*holder.page().expiry());
    const auto bound = std::ranges::count_if(
        hosts, [&](const auto& host) { return is_bound(now, *host, holder.held(), end); });
    if (2 * static_cast<std::size_t>(bound) > hosts.size()) return;
    violated("P1 promises",
             fmt::format("only {} of {} are bound to node {} until its lease of "
                         "round {} ends",
                         bound, hosts.size(), number(holder.id()), holder.held().term.round));
}

/// What binds is the first promise that stands, with those to the same that directly follow it. One
/// to an earlier term of the same run binds to nobody else: that run gave the term back, or lost
/// it.
bool Invariants::is_bound(Instant now, const Host& host, const Tenancy& to,
                          Instant lease_end) const {
    const Record& record = records_[number(host.id())];
    Instant end = now;
    for (const Binding& old : record.forgotten) {
        if (old.until <= now) continue;
        if (old.to.term.node != to.term.node || old.to.incarnation != to.incarnation)
            return end >= lease_end;
        if (old.to == to) end = std::max(end, old.until);
    }
    if (record.binding && record.binding->to == to) end = std::max(end, record.binding->until);
    return end >= lease_end;
}

void Invariants::bound(const Host& host) {
    Record& record = records_[number(host.id())];
    record.binding.reset();
    if (!host.node()) return;
    const auto& promise = host.node()->promise();
    const bool stands = promise && host.local() < promise->withhold_votes_until;
    if (stands)
        record.binding =
            Binding{promise->to, host.clock().true_time_of(promise->withhold_votes_until)};
    // An active votes for nobody while its lease stands.
    if (host.lease_stands() && (!stands || promise->to == host.held()))
        record.binding = Binding{host.held(), host.clock().true_time_of(*host.page().expiry())};
}

// --- P2

void Invariants::look_at_leftover(Instant now, const Host& host) {
    auto& since = records_[number(host.id())].bare_since;
    if (!host.kernel().has_vip() || host.lease_stands()) return since.reset();
    if (!since) since = now;
    const Duration limit =
        host.guard().was_hindered() ? host.kernel().lifetime() + kernel_lateness_max : removal_max_;
    if (now - *since > limit)
        violated("P2 left behind", fmt::format("node {} has had a VIP without a lease for {} us",
                                               number(host.id()), (now - *since) / 1us));
}

// --- P4

void Invariants::opened(const Host& host, const Packet& packet,
                        const std::optional<Refusal>& refusal) {
    if (packet.damaged != refusal.has_value())
        violated("P4 nobody forges", fmt::format("node {} {} a datagram that was {}",
                                                 number(host.id()), refusal ? "refused" : "opened",
                                                 packet.damaged ? "damaged" : "sealed"));
}

Invariants::Beliefs Invariants::beliefs(const Node& node, NodeId sender) {
    Beliefs beliefs{node.highest_term(), node.active(), node.lease_until(), node.promise(), {}, {}};
    for (const Peer& peer : node.peers()) {
        if (peer.id() != sender) continue;
        beliefs.peer = peer.incarnation();
        beliefs.peer_dead_at = peer.dead_at();
    }
    return beliefs;
}

void Invariants::heard(const Host& host, const Packet& packet, const Received& received,
                       const Beliefs& before) {
    Record& record = records_[number(host.id())];
    const Beliefs after = beliefs(*host.node(), packet.from);
    auto& heard_by = packet.heard_by[number(host.id())];
    const bool again = heard_by == host.incarnation();
    const bool early =
        packet.sent_at < host.started_at() && std::holds_alternative<Heartbeat>(received.message);
    if (after.peer == received.envelope.incarnation) heard_by = host.incarnation();

    if (after.peer != before.peer) {
        auto& believed = record.believed_start[number(packet.from)];
        const int start = start_of_[after.peer];
        if (start < believed)
            violated("P4 nobody forges", fmt::format("node {} believes an earlier run of node {}",
                                                     number(host.id()), number(packet.from)));
        believed = start;
    }
    if (!again && !early) return;
    // A step may notice that time has passed, and so lose something. It must gain nothing.
    const auto gained = [](const auto& was, const auto& is) { return is && is != was; };
    const bool bound_anew =
        after.promise &&
        (!before.promise || after.promise->to != before.promise->to ||
         after.promise->withhold_votes_until != before.promise->withhold_votes_until);
    if (after.highest != before.highest || after.peer != before.peer ||
        after.peer_dead_at != before.peer_dead_at || bound_anew ||
        gained(before.lease_until, after.lease_until) ||
        (after.active && after.active != before.active))
        violated("P4 nobody forges",
                 fmt::format("a datagram of node {} that node {} {} changed something",
                             number(packet.from), number(host.id()),
                             again ? "had heard before" : "could not know yet"));
}

}  // namespace komainu::sim
