// The joint of main: what an edge brings becomes an Event, an Action becomes an edge's call. It
// decides nothing; whatever it could decide belongs to the core.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/static_vector.h"
#include "check/service_set.h"
#include "check/trusted_servers.h"
#include "conf/config.h"
#include "core/node.h"
#include "daemon/arbiter.h"
#include "daemon/arrivals.h"
#include "daemon/backends.h"
#include "daemon/command_vips.h"
#include "daemon/control_request.h"
#include "daemon/counters.h"
#include "daemon/fence_state.h"
#include "daemon/fitness.h"
#include "daemon/guard_link.h"
#include "daemon/histogram.h"
#include "daemon/hooks.h"
#include "daemon/link_book.h"
#include "daemon/links.h"
#include "daemon/outside.h"
#include "daemon/peer_streams.h"
#include "daemon/refusal_log.h"
#include "daemon/reload.h"
#include "daemon/rival_book.h"
#include "daemon/runner_link.h"
#include "daemon/start_probe.h"
#include "daemon/status.h"
#include "daemon/status_line.h"
#include "daemon/supervisor_link.h"
#include "daemon/tracking.h"
#include "daemon/vip_gate.h"
#include "guard/announcement_page.h"
#include "io/loop.h"
#include "io/signals.h"
#include "io/stream_server.h"
#include "packet/datagram.h"

namespace komainu {

/// What start-up has opened while it still had the privileges for it.
struct Outfit {
    const Config& config;
    std::unique_ptr<const KeyRing> keys;
    Incarnation incarnation;
    std::string host_name;
    std::vector<DatagramLink> links;
    std::vector<TcpListener> listeners;  ///< for peers, one for each link
    UnixListener control;
    std::optional<gid_t> lookers;  ///< the group that may look by it
    Signals signals;
    std::vector<EchoSocket> echo_sockets;  ///< to the trusted servers
    std::optional<Fd> guard;               ///< a witness has none
    Fd runner;
    SharedLeasePage lease_page;
    SharedAnnouncementPage announcements;  ///< a witness has none
    std::vector<CarrierReport> carriers;
    FenceState fence;
    std::optional<LedgerFile> ledger;  ///< where there are backends
    LoadedFrom loaded;
    NotifySocket supervisor;
    Duration watchdog{};  ///< the supervisor's; zero: none
};

/// Whose health has changed (daemon_log.cpp).
void log_service(const ServiceSet::View& service);

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
    void follow_active();
    PeerStreams::Handlers stream_handlers();
    void judge();
    void recover_from_pause(Duration late);
    void on_signal();
    void stop();

    // What comes by the links and goes out by them (daemon_wire.cpp).
    void on_datagram(std::size_t link, Bytes bytes, const Endpoint& source);
    std::optional<std::size_t> place_of(const IpAddress& address, std::size_t link) const;
    void on_message(std::size_t link, std::optional<std::size_t> place);
    void transmit(std::uint64_t sequence, const Message& message, NodeId to);
    LastWillBytes last_will(Term term) const;

    // The guard (daemon_guard.cpp).
    void on_guard_report(const GuardReport& report);
    void on_guard_trouble(std::string_view trouble);
    void guard_holds(Term term);
    void guard_dropped(Term term);
    void set_fence_trouble(std::string trouble);

    // What makes this node fit, or not (daemon_fitness.cpp).
    void watch_trusted_servers(std::vector<EchoSocket> sockets);
    void trusted_servers_changed(bool reachable);
    void ask_arbiter(const AskArbiter& ask);
    void services_may_have_changed();
    void reach_changed(NodeId node, bool reached, const std::string& why);
    void interfaces_may_have_changed();
    bool vip_interfaces_are_up() const;
    void fitness_may_have_changed();
    void priority_may_have_changed();

    // Others who have a VIP (rivals.cpp).
    void begin_start_probe();
    void order_start_probe();
    bool probe_for_arbiter(std::uint64_t question);
    void on_probed(const ProbeReport& report);
    void judge_start();
    void meet_conflict(const std::string& sentence);
    void end_start_probe();

    // A configuration that was read anew (daemon_reload.cpp).
    void start_reload(std::optional<ClientId> client);
    GuardAsked ask_guard(const NewConfig& wanted);
    void take_over(NewConfig wanted);
    void take_over_without_runner(const NewConfig& wanted);
    void take_over_vips(const Config& wanted);
    void reconfigure(Duration removal);
    void take_over_keys(std::unique_ptr<const KeyRing> keys);
    void reload_refused(const std::string& why, const std::vector<std::string>& problems);

    void on_request(ClientId client, std::string_view line);
    StatusSources sources() const;
    void answer_status(ClientId client);
    void answer_metrics(ClientId client);
    void start_switchover(ClientId client, NodeId target);
    void answer_switchover(const AnswerSwitchover& answer);
    void start_standby(ClientId client, bool standby);
    void answer_standby(const AnswerOrder& answer);
    void set_pause(ClientId client, const AskPause& asked);
    void take_report(ClientId client, const AskReport& asked);
    void on_backend_request(ClientId client, const ControlRequest& request);
    void take_pgpool_verdict(ClientId client, const AskPgpool& asked);
    void set_pgpool_trouble(const std::string& trouble);

    // What hooks are told (daemon_hooks.cpp).
    HookFacts facts(HookEvent event) const;
    HookFacts move_facts(HookEvent event, Term term, Cause cause) const;
    void tell_role(const RoleChanged& change, const std::string& why);
    void tell_when_moved();
    void tell_peer(const PeerChanged& change);
    void tell_fault();
    void tell_conflict(const std::string& sentence);
    void tell_backend(const BackendEvent& event);

    void log_role(const RoleChanged& change);
    const char* pause_told() const;
    void log_hold(const HeldWithoutQuorum& hold);
    void log_active(const ActiveChanged& change);
    void log_preemption(const Preempting& preempting);
    void log_quorum();
    void log_link(std::size_t peer, const LinkNews& news);

    Loop& loop_;
    Config config_;  ///< taken over in place: others look at it as well
    LoadedFrom loaded_;
    std::unique_ptr<const KeyRing> keys_;
    Datagrams datagrams_;
    Signals signals_;
    std::map<NodeId, std::size_t> place_of_peer_;
    Node node_;
    LinkBook link_book_;
    Arrivals arrivals_;
    Links links_;
    Fitness fitness_;
    Tracking tracking_;
    FenceState fence_;
    SharedAnnouncementPage announcements_;  ///< what the guard counts
    std::optional<GuardLink> guard_;
    RunnerLink runner_;
    Reload reload_;
    std::optional<ClientId> reload_client_;  ///< who waits for its answer
    Hooks hooks_;
    CommandVips command_vips_;
    std::optional<VipGate> gate_;  ///< where there is a guard
    ServiceSet services_;
    Outside outside_;
    std::optional<TrustedServers> trusted_;  ///< when there are any
    std::optional<Arbiter> arbiter_;         ///< as well
    StreamServer control_;
    RefusalLog refusals_;
    RivalBook rivals_;
    PeerStreams streams_;
    std::optional<Backends> backends_;  ///< where there are any
    Story story_;
    Histogram lateness_;
    Counters counters_;
    StatusLine status_line_;
    SupervisorLink supervisor_;
    Loop::Timer judgement_;       ///< at the core's deadline
    Loop::Timer probe_again_;     ///< while the start is undecided
    Loop::Timer track_;           ///< an interface has been up for long enough
    Loop::Timer pgpool_silence_;  ///< the link to pgpool-II should have said something
    std::string pgpool_caution_;  ///< what it has said of it beside
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
    std::map<std::uint64_t, ClientId> standbys_;  ///< who waits for the answer to a StandbyAsked
    std::uint64_t requests_ = 0;
    std::uint64_t probes_ = 0;         ///< the id of the newest probe
    std::optional<StartProbe> start_;  ///< until it is decided whether a stranger is in the way
    struct ArbiterProbe {
        std::uint64_t probe = 0;
        std::uint64_t question = 0;
    };
    ArbiterProbe arbiter_probe_;       ///< the newest
    std::optional<Term> not_held_;     ///< the guard's VIPs are being dropped: a command failed
    std::optional<HookFacts> moving_;  ///< for hooks that are told when the VIPs have moved
    Instant conflict_told_at_;
    bool quorum_told_ = false;  ///< whether there is one, as the log has it
    int exit_status_ = 0;
};

}  // namespace komainu
