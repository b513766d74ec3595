// A cluster in virtual time: the real core and the real codecs in each host, a network between
// them, and at every instant a look at what must hold. Deterministic for its options.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "test/sim/host.h"

namespace komainu::sim {

class Cluster {
public:
    explicit Cluster(Options options);
    ~Cluster();

    /// Runs for so long, in true time.
    void run(Duration time);
    /// Runs until the condition holds, at most so long; whether it came to hold.
    bool run_until(const std::function<bool()>& condition, Duration limit);
    void later(Duration delay, Agenda::Happening happening) {
        agenda_.later(delay, std::move(happening));
    }

    void start_all();
    void start(NodeId id) { host(id).start(); }
    void stop(NodeId id) { host(id).stop(); }
    void kill_main(NodeId id) { host(id).kill_main(); }
    void kill_both(NodeId id) { host(id).kill_both(); }
    void pause_main(NodeId id) { host(id).pause_main(); }
    void resume_main(NodeId id) { host(id).resume_main(); }
    void set_healthy(NodeId id, bool healthy);
    void switchover(NodeId asked, NodeId target);
    /// Whether a node's trusted servers answer; they do until told otherwise.
    void set_trusted(NodeId id, bool reachable) { host(id).set_trusted(reachable); }
    /// Whether nobody is seen to answer for the VIP on the LAN of this node. Until told so, it is
    /// as the links between the nodes are: who holds the VIP answers whoever it is not cut from.
    void set_lan_silent(NodeId id, bool silent) { host(id).set_lan_silent(silent); }
    void see_rival(NodeId id) { host(id).step(RivalSeen{}); }
    void fail_next_hold(NodeId id) { host(id).kernel().refused_adds = 1; }
    void lose_vips(NodeId id) { host(id).guard().lose_vips(); }
    void take_vip_away(NodeId id);  ///< by somebody else on that host

    void cut(NodeId from, NodeId to);  ///< one way
    void isolate(NodeId id);
    void heal();
    /// Between these nodes a network as it should be; the noise ends everywhere.
    void calm(const std::vector<NodeId>& among);
    void replay(int count);

    Host& host(NodeId id) const { return *hosts_.at(static_cast<std::size_t>(number(id)) - 1); }
    const Hosts& hosts() const { return hosts_; }
    const Node* node(NodeId id) const { return host(id).node(); }
    bool exited(NodeId id) const { return host(id).exited(); }
    bool answers(NodeId id) const { return host(id).answers(); }
    int holders() const;    ///< how many answer for the VIP
    NodeId holder() const;  ///< who answers for the VIP by its right; no_node: nobody
    Instant now() const { return agenda_.now(); }
    const Options& options() const { return options_; }
    Duration without_holder_since(Instant mark) const;
    /// How often the VIP has come to another node.
    int takeovers() const { return takeovers_; }

    Invariants& invariants() { return invariants_; }
    /// Empty while everything holds.
    const std::string& violation() const { return invariants_.violation(); }
    Story& story() { return story_; }
    const std::vector<AnswerSwitchover>& answers_given() const { return answers_; }

private:
    void look();
    bool lan_is_silent(const Host& asking) const;

    const Options options_;
    Agenda agenda_;
    Story story_;
    Invariants invariants_;
    KeyRing keys_;
    Datagrams datagrams_;
    Network network_;
    std::vector<AnswerSwitchover> answers_;
    World world_;
    Hosts hosts_;
    std::uint64_t happened_ = 0;
    std::vector<bool> answered_;

    struct Change {
        Instant at;
        NodeId holder = no_node;
    };
    std::vector<Change> changes_;
    NodeId last_holder_ = no_node;
    int takeovers_ = 0;
};

}  // namespace komainu::sim
