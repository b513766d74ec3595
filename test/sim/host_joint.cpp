// The joint of a host: what happens becomes an event of the core, an action becomes a deed.
#include <utility>

#include "base/overload.h"
#include "daemon/words.h"
#include "test/sim/host.h"

namespace komainu::sim {

namespace {

/// What a socket keeps for a process that does not read.
constexpr std::size_t inbox_max = 1000;

}  // namespace

// --- Events --------------------------------------------------------------------------------------

void Host::step(const Event& event) {
    if (!node_) return;
    if (paused_)
        inbox_.push_back({event, nullptr});
    else
        run_step(event);
}

void Host::hear(const PacketPtr& packet) {
    if (!node_) return;
    if (paused_) {
        if (inbox_.size() < inbox_max) inbox_.push_back({TimerExpired{}, packet});
        return;
    }
    const auto refusal =
        world_.datagrams.open(packet->bytes, received_.envelope, received_.message);
    world_.invariants.opened(*this, *packet, refusal);
    if (refusal || packet->from == id()) return;
    const auto before = Invariants::beliefs(*node_, packet->from);
    run_step(received_);
    if (node_) world_.invariants.heard(*this, *packet, received_, before);
}

void Host::run_step(const Event& event) {
    actions_.clear();
    node_->step(local(), event, actions_);
    world_.invariants.stepped(*this, event, actions_);
    world_.invariants.bound(*this);
    if (std::exchange(stalls_, false)) {
        tell("main is paused in the midst of a step");
        paused_ = true;
        return;
    }
    perform_all();
}

void Host::perform_all() {
    for (const Action& action : actions_) perform(action);
    actions_.clear();
    world_.invariants.bound(*this);
    if (exited_) {
        end_main();
        guard_.main_is_gone();
    }
    arm();
}

/// One wake-up is planned at a time; one that comes too early plans the next.
void Host::arm() {
    if (!node_) return;
    const Instant due = std::max(world_.agenda.now(), clock_.true_time_of(node_->deadline()));
    if (wakes_at_ && *wakes_at_ <= due) return;
    wakes_at_ = due;
    const Duration late = random_.below(world_.options.main_oversleep + 1ns);
    world_.agenda.at(due + late, [this, due, run = starts_] {
        if (run != starts_ || wakes_at_ != due) return;
        wakes_at_.reset();
        if (!node_ || paused_) return;
        if (node_->deadline() <= local())
            step(TimerExpired{});
        else
            arm();
    });
}

// --- Actions -------------------------------------------------------------------------------------

void Host::perform(const Action& action) {
    std::visit(
        Overload{
            [&](const HoldVips& a) {
                if (!page_.grant(a.lease_until))
                    world_.invariants.violated("contract", "a lease is granted within one");
                held_ = {a.term, incarnation_};
                lease_until_ = a.lease_until;
                dropping_.reset();
                hold_unanswered_ = true;
                look_after_fence();
                guard_.order(a);
            },
            [&](const ExtendLease& a) {
                if (guard_silent_since_ || !page_.extend(lease_until_, a.until)) return;
                lease_until_ = a.until;
                look_after_fence();
            },
            [&](const DropVips& a) {
                tell("orders the VIP down");
                dropping_ = a.term;
                guard_.order(a);
            },
            [](const AnnounceVips&) {},
            [&](const AskArbiter& a) { ask_arbiter(a); },
            [&](const HeldWithoutQuorum&) { tell("holds without a quorum"); },
            [&](const Broadcast& a) { broadcast(a.sequence, embolden(a.message)); },
            [&](const SendTo& a) {
                world_.invariants.sends(*this, a.message);
                world_.network.send(a.to, seal(a.sequence, a.message));
            },
            [&](const RoleChanged& a) {
                tell("{} -> {}, round {}: {}", word(a.from), word(a.to), a.term.round,
                     sentence(a.cause));
            },
            [&](const ActiveChanged& a) {
                tell("{} node {}, round {}",
                     a.news == ActiveNews::followed ? "follows" : "has lost", number(a.term.node),
                     a.term.round);
            },
            [](const PeerChanged&) {},
            [](const AnswerOrder&) {},
            [&](const MaintenanceChanged& a) {
                tell("the cluster is {}", a.paused ? "paused" : "no longer paused");
            },
            [&](const Preempting& a) { tell("asks node {} to hand over", number(a.term.node)); },
            [&](const AnswerSwitchover& a) {
                tell("answers a switchover: {}", sentence(a.outcome, a.active));
                world_.answers.push_back(a);
            },
            [&](const Exit&) {
                tell("exits");
                exited_ = true;
            },
        },
        action);
}

void Host::ask_arbiter(const AskArbiter& ask) {
    tell("asks the arbiter");
    world_.agenda.later(world_.options.probe_time, [this, ask, run = starts_] {
        if (run != starts_) return;
        const bool silent = lan_silent_.value_or(world_.lan_is_silent(*this));
        step(ArbiterAnswered{ask.question, trusted_ && silent});
    });
}

// --- The wire ------------------------------------------------------------------------------------

PacketPtr Host::seal(std::uint64_t sequence, const Message& message) {
    std::array<std::byte, datagram_bytes_max> room;
    const Bytes bytes = world_.datagrams.seal({id(), incarnation_, sequence, 0}, message, room);
    auto packet = std::make_shared<Packet>();
    packet->from = id();
    packet->sent_at = world_.agenda.now();
    packet->bytes.assign(bytes.begin(), bytes.end());
    return packet;
}

void Host::broadcast(std::uint64_t sequence, const Message& message) {
    world_.invariants.sends(*this, message);
    const auto packet = seal(sequence, message);
    for (const Member& peer : world_.options.members)
        if (peer.id != id()) world_.network.send(peer.id, packet);
}

/// Whether a peer is free is only advice on when to stand: it must not matter if it is wrong.
Message Host::embolden(Message message) {
    if (auto* heartbeat = std::get_if<Heartbeat>(&message))
        if (static_cast<int>(random_.below(1000)) < world_.network.noise().bold_per_mille)
            heartbeat->conditions.free = true;
    return message;
}

}  // namespace komainu::sim
