// The joint of main: what an edge brings becomes an Event, an Action becomes an edge's call. It
// decides nothing; whatever it could decide belongs to the core.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/static_vector.h"
#include "check/service_set.h"
#include "conf/config.h"
#include "core/node.h"
#include "daemon/fence_state.h"
#include "daemon/fitness.h"
#include "daemon/guard_link.h"
#include "daemon/refusal_log.h"
#include "daemon/status.h"
#include "io/datagram_link.h"
#include "io/loop.h"
#include "io/signals.h"
#include "io/stream_server.h"
#include "packet/datagram.h"

namespace komainu {

/// What start-up has opened while it still had the privileges for it.
struct Outfit {
    const Config& config;
    const KeyRing& keys;
    Incarnation incarnation;
    DatagramLink link;
    UnixListener control;
    Signals signals;
    std::optional<Fd> guard;  ///< a witness has none
    SharedLeasePage lease_page;
    std::vector<CarrierReport> carriers;
    FenceState fence;
};

class Daemon {
public:
    Daemon(Loop& loop, Outfit outfit);

    /// Until it was asked to stop, or cannot go on. The exit status.
    int run();

private:
    static constexpr std::size_t consequences_max = 16;

    void step(const Event& event);
    void run_step(const Event& event);
    Instant now() const { return std::max(loop_.now(), heard_at_); }
    void perform(const Action& action);
    void judge();
    void receive();
    void on_datagram(Bytes bytes, const Endpoint& source);
    void transmit(std::uint64_t sequence, const Message& message, NodeId to);
    LastWillBytes last_will(Term term) const;

    void on_guard_report(const GuardReport& report);
    void on_guard_trouble(std::string_view trouble);
    void on_signal();
    void stop();
    void set_fence_trouble(std::string trouble);
    void fitness_may_have_changed();

    void on_request(ClientId client, std::string_view line);
    void start_switchover(ClientId client, NodeId target);
    void answer_switchover(const AnswerSwitchover& answer);

    void log_role(const RoleChanged& change);
    void log_active(const ActiveChanged& change);

    Loop& loop_;
    const Config& config_;
    Datagrams datagrams_;
    DatagramLink link_;
    Signals signals_;
    std::map<NodeId, std::size_t> place_of_peer_;
    Node node_;
    Fitness fitness_;
    FenceState fence_;
    std::optional<GuardLink> guard_;
    ServiceSet services_;
    StreamServer control_;
    RefusalLog refusals_;
    Story story_;
    Loop::Timer judgement_;  ///< at the core's deadline
    Loop::Watch link_watch_;
    Loop::Watch signal_watch_;

    ActionList actions_;
    bool stepping_ = false;
    StaticVector<Event, consequences_max> consequences_;
    Event received_ = Received{};  ///< filled in place by each datagram
    Instant heard_at_;             ///< read after the newest datagram was
    struct SwitchoverWaiting {
        ClientId client;
        NodeId target;
        Instant since;
    };
    std::map<std::uint64_t, SwitchoverWaiting> switchovers_;
    std::uint64_t requests_ = 0;
    int exit_status_ = 0;
};

}  // namespace komainu
