// The network between the hosts. It loses, delays, duplicates, reorders and damages datagrams, is
// cut in either direction between any two hosts, and plays recordings of what was sent long ago.
//
// passes() says whether anything at all gets from one host to another, which will be true of
// streams as well; the noise is what happens to datagrams only.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core/random.h"
#include "core/term.h"
#include "test/sim/agenda.h"

namespace komainu::sim {

inline constexpr int sim_nodes_max = 7;

/// One datagram, sealed; all its copies share it.
struct Packet {
    NodeId from = no_node;
    Instant sent_at;
    bool damaged = false;
    std::vector<std::byte> bytes;
    /// The run of each node that has heard it already and knew its sender's run to be living.
    mutable std::array<Incarnation, sim_nodes_max + 1> heard_by{};
};
using PacketPtr = std::shared_ptr<const Packet>;

struct Noise {
    Duration delay_min = 50us;
    Duration delay_max = 200us;
    int loss_per_mille = 0;
    int duplicates_per_mille = 0;
    int damage_per_mille = 0;
    int stragglers_per_mille = 0;   ///< so many take up to straggle_max instead
    Duration straggle_max = 150ms;  ///< some deadtimes: terms pass, processes come and go
    int bold_per_mille = 0;         ///< so many heartbeats say "free" though their sender is bound
};

class Network {
public:
    using Deliver = std::function<void(NodeId to, const PacketPtr&)>;

    Network(Agenda& agenda, const Noise& noise, std::uint64_t seed, Deliver deliver);

    void send(NodeId to, const PacketPtr& packet);
    /// Delivers datagrams that were once sent, some of them to others than they were sent to.
    void replay(int count, int nodes);

    bool passes(NodeId from, NodeId to) const { return !cut_[number(from)].contains(to); }
    void cut(NodeId from, NodeId to) { cut_[number(from)].insert(to); }
    void join(NodeId from, NodeId to) { cut_[number(from)].erase(to); }
    void heal() { cut_ = {}; }
    /// From now on as a network should be, except where it is cut. What is under way is lost.
    void calm() {
        noise_ = {};
        ++weather_;
    }
    const Noise& noise() const { return noise_; }

private:
    bool happens(int per_mille) { return static_cast<int>(random_.below(1000)) < per_mille; }
    void deliver_once(NodeId to, const PacketPtr& packet);
    PacketPtr damaged(const Packet& packet);

    Agenda& agenda_;
    Noise noise_;
    Random random_;
    Deliver deliver_;
    int weather_ = 0;                           ///< counts the calms
    std::array<NodeSet, nodes_max + 1> cut_{};  ///< by sender: whom it does not reach
    struct Recorded {
        NodeId to;
        PacketPtr packet;
    };
    std::vector<Recorded> recording_;  ///< a ring
    std::size_t recorded_ = 0;
};

}  // namespace komainu::sim
