// A cluster in virtual time: the real core, the real codecs, and a model of everything around them:
// clocks that run at different rates, a network that loses, delays, duplicates and reorders, guards
// that take their time, processes that crash, pause and come back. Deterministic for a seed.
//
// It watches one thing at every instant: how many nodes answer for the VIP (promise P1).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "core/node.h"
#include "packet/datagram.h"

namespace komainu::sim {

struct Options {
    std::vector<Member> members;
    QuorumRule quorum = QuorumRule::majority;
    QuorumLoss on_quorum_loss = QuorumLoss::release;
    Duration interval = 10ms;
    Duration deadtime = 40ms;
    std::uint64_t seed = 1;
    Duration delay_min = 50us;
    Duration delay_max = 200us;
    int loss_per_mille = 0;
    int duplicates_per_mille = 0;
    int stragglers_per_mille = 0;    ///< so many datagrams take up to straggle_max instead
    int bold_per_mille = 0;          ///< so many heartbeats say "free" though their sender is bound
    Duration straggle_max = 150ms;   ///< some deadtimes: terms pass, processes come and go
    int drift_per_mille = 0;         ///< each clock's rate is off by up to this, either way
    Duration guard_latency = 100us;  ///< from an order to the kernel's acknowledgement
    Duration probe_time = 200ms;     ///< from a question to the arbiter to its answer
    Duration guard_oversleep = 500us;  ///< how late a guard's timer may fire, at most
};

/// Members 1 to n with the same priority.
std::vector<Member> members(int n);

class Cluster {
public:
    explicit Cluster(Options options);
    ~Cluster();

    /// Runs for so long, in true time.
    void run(Duration time);
    /// Runs until the condition holds, at most so long; whether it came to hold.
    bool run_until(const std::function<bool()>& condition, Duration limit);

    void start(NodeId id);
    void start_all();
    void stop(NodeId id);        ///< asked to stop, orderly
    void kill_main(NodeId id);   ///< the guard survives, removes the VIP, sends the last will
    void kill_both(NodeId id);   ///< nothing is left but the fence
    void pause_main(NodeId id);  ///< not scheduled; what arrives is kept
    void resume_main(NodeId id);
    void set_healthy(NodeId id, bool healthy);
    void switchover(NodeId asked, NodeId target);
    /// Whether a node's trusted servers answer; they do until told otherwise.
    void set_trusted(NodeId id, bool reachable);
    /// Whether nobody is seen to answer for the VIP on the LAN of this node. Until told so, it is
    /// as the links between the nodes are: who holds the VIP answers whoever it is not cut from.
    void set_lan_silent(NodeId id, bool silent);
    void see_rival(NodeId id);
    void fail_next_hold(NodeId id);
    void lose_vips(NodeId id);         ///< the guard gives up while the lease stands
    void cut(NodeId from, NodeId to);  ///< one way
    void isolate(NodeId id);
    void heal();
    void calm();  ///< from now on a network as it should be, and kernels that refuse nothing
    /// Delivers datagrams that were once sent, drawn from the whole recording.
    void replay(int count);

    const Node* node(NodeId id) const;
    int holders() const;            ///< how many answer for the VIP
    bool answers(NodeId id) const;  ///< whether it answers for the VIP right now
    NodeId holder() const;          ///< who answers for the VIP; no_node: nobody
    Instant now() const { return now_; }
    Duration without_holder_since(Instant mark) const;

    /// Empty while nobody ever held the VIP beside another.
    const std::string& violation() const { return violation_; }
    const std::vector<std::string>& story() const { return story_; }
    const std::vector<AnswerSwitchover>& answers_given() const { return answers_; }
    bool exited(NodeId id) const;

private:
    struct Host;
    struct Happening {
        Instant at;
        std::uint64_t order;
        std::function<void()> happen;
        bool operator<(const Happening& other) const {
            return at != other.at ? at > other.at : order > other.order;
        }
    };

    Host& host(NodeId id) const;
    void later(Duration delay, std::function<void()> happen);
    void step(Host&, const Event&);
    void perform(Host&, const Action&);
    void wake(Host&);
    void arm(Host&);
    void hold(Host&, const HoldVips&);
    bool arbiter_agrees(const Host&) const;
    void lower(Host&, Term term, bool will);
    void watch_lease(Host&, std::uint64_t tenure);
    void send_will(Host&, Term term);
    void transmit(NodeId from, NodeId to, const std::vector<std::byte>& datagram);
    void deliver(NodeId to, const std::vector<std::byte>& datagram);
    std::vector<std::byte> seal(Host&, std::uint64_t sequence, const Message&);
    Message embolden(Message);
    void set_answering(Host&, bool answering);
    void tell(NodeId id, const std::string& what);
    Instant local(const Host&) const;
    Duration to_true(const Host&, Duration local_time) const;

    Options options_;
    Random random_;
    KeyRing keys_;
    Datagrams datagrams_;
    Instant now_{1h};
    std::uint64_t order_ = 0;
    std::priority_queue<Happening> agenda_;
    std::map<NodeId, std::unique_ptr<Host>> hosts_;
    std::set<std::pair<NodeId, NodeId>> cuts_;
    struct Recorded {
        NodeId to;
        std::vector<std::byte> datagram;
    };
    std::deque<Recorded> recording_;
    std::string violation_;
    std::vector<std::string> story_;
    std::vector<AnswerSwitchover> answers_;
    struct Change {
        Instant at;
        int holders;
    };
    std::vector<Change> changes_;
};

}  // namespace komainu::sim
