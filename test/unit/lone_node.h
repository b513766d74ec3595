// One node under a microscope: its peers are played by the test, word by word.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "core/node.h"

namespace komainu {

constexpr NodeId n(int id) { return NodeId{static_cast<std::uint8_t>(id)}; }

class LoneNode {
public:
    static constexpr Duration interval = 10ms;
    static constexpr Duration deadtime = 40ms;
    static constexpr Duration removal = 500us;  // so that the lease lasts for 37 ms
    static constexpr Incarnation own_incarnation = make_incarnation(1'000'000, 1);

    explicit LoneNode(int members, int self = 1, QuorumRule quorum = QuorumRule::majority,
                      QuorumLoss on_quorum_loss = QuorumLoss::release)
        : node_(settings(members, self, quorum, on_quorum_loss), now_) {
        settle();
    }

    static Settings settings(int members, int self, QuorumRule quorum,
                             QuorumLoss on_quorum_loss = QuorumLoss::release) {
        Settings s;
        s.self = n(self);
        s.incarnation = own_incarnation;
        s.quorum = quorum;
        s.on_quorum_loss = on_quorum_loss;
        s.interval = interval;
        s.deadtime = deadtime;
        s.remembered = deadtime;
        s.removal = removal;
        for (int i = 1; i <= members; ++i) s.members.push_back({n(i), 100, false});
        return s;
    }

    Node& node() { return node_; }
    Instant now() const { return now_; }
    const ActionList& actions() const { return actions_; }

    void event(const Event& event) {
        if (!gathering_) actions_.clear();
        node_.step(now_, event, actions_);
        remember_sent();
        settle();
    }

    /// Lets time pass, with every deadline kept.
    void pass(Duration time) {
        const Instant end = now_ + time;
        actions_.clear();
        while (node_.deadline() <= end) {
            now_ = std::max(now_, node_.deadline());
            node_.step(now_, TimerExpired{}, actions_);
            remember_sent();
        }
        now_ = end;
    }

    /// Lets time pass without being scheduled: no deadline is kept.
    void sleep(Duration time) { now_ += time; }

    /// What a peer says next; everything may be changed before it is said.
    Heartbeat words_of([[maybe_unused]] int peer) {
        Heartbeat h;
        h.priority = 100;
        h.deadtime = h.remembered = deadtime;
        h.conditions = {.healthy = true, .free = true};
        h.echoes.push_back({node_.settings().self, own_incarnation, newest_heartbeat_, 0});
        return h;
    }
    Heartbeat words_following(int peer, Tenancy tenancy) {
        Heartbeat h = words_of(peer);
        h.following = tenancy;
        h.highest_term = tenancy.term;
        h.conditions.free = false;
        return h;
    }
    /// A vote or a request for one that names no times has those of the cluster.
    void say(int peer, Message message) {
        if (auto* vote = std::get_if<Vote>(&message))
            if (vote->remembered == Duration{}) vote->remembered = deadtime;
        if (auto* request = std::get_if<VoteRequest>(&message))
            if (request->deadtime == Duration{}) request->deadtime = deadtime;
        event(
            Received{{n(peer), incarnation_of(peer), ++sequence_[n(peer)], 0}, std::move(message)});
    }
    void restart(int peer) {
        restarts_[n(peer)]++;
        sequence_[n(peer)] = 0;
    }
    Incarnation incarnation_of(int peer) {
        return make_incarnation(2'000'000 + static_cast<unsigned>(peer) + 100u * restarts_[n(peer)],
                                5);
    }
    Tenancy tenancy_of(int peer, std::uint64_t round) {
        return {{round, n(peer)}, incarnation_of(peer)};
    }
    Tenancy own_tenancy(std::uint64_t round) const {
        return {{round, node_.settings().self}, own_incarnation};
    }
    std::uint64_t& sequence_of(int peer) { return sequence_[n(peer)]; }

    /// Past the quarantine, healthy, with these peers heard; actions() has all that followed.
    void ready(const std::vector<int>& peers) {
        event(HealthChanged{true});
        pass(deadtime);
        actions_.clear();
        gathering_ = true;
        for (int peer : peers) say(peer, words_of(peer));
        gathering_ = false;
    }

    /// Active in the returned round, by the votes of these peers.
    std::uint64_t become_active(const std::vector<int>& voters) {
        ready(voters);
        const auto request = find_sent<VoteRequest>();
        if (!request) return 0;
        for (int voter : voters)
            say(voter,
                Vote{own_tenancy(request->round), VoteAnswer::granted, {request->round, n(1)}});
        event(VipsHeld{{request->round, node_.settings().self}});
        return request->round;
    }

    template <class A>
    std::optional<A> find() const {
        for (const Action& action : actions_)
            if (const A* found = std::get_if<A>(&action)) return *found;
        return {};
    }

    /// The last message of this type in the last actions.
    template <class M>
    std::optional<M> find_sent() const {
        std::optional<M> found;
        for (const Action& action : actions_) {
            const Message* message = nullptr;
            if (const auto* b = std::get_if<Broadcast>(&action)) message = &b->message;
            if (const auto* s = std::get_if<SendTo>(&action)) message = &s->message;
            if (message && std::holds_alternative<M>(*message)) found = std::get<M>(*message);
        }
        return found;
    }

private:
    void settle() {
        while (node_.deadline() <= now_) {
            node_.step(now_, TimerExpired{}, actions_);
            remember_sent();
        }
    }
    void remember_sent() {
        for (const Action& action : actions_)
            if (const auto* b = std::get_if<Broadcast>(&action))
                if (std::holds_alternative<Heartbeat>(b->message)) newest_heartbeat_ = b->sequence;
    }

    Instant now_{1h};
    Node node_;
    ActionList actions_;
    bool gathering_ = false;
    std::uint64_t newest_heartbeat_ = 0;
    std::map<NodeId, std::uint64_t> sequence_;
    std::map<NodeId, unsigned> restarts_;
};

}  // namespace komainu
