// One host: its main process with the real core in it, its guard, its kernel and its clock. The
// joint is the daemon's in small (src/daemon/daemon.cpp, guard_link.cpp): an event that an action
// brings about is taken in after all actions of its step, and deadlines are judged after everything
// that was received.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/node.h"
#include "test/sim/clock.h"
#include "test/sim/guard.h"
#include "test/sim/world.h"

namespace komainu::sim {

class Host {
public:
    Host(World& world, const Member& member, Clock clock, std::uint64_t seed);

    // --- Processes ----------------------------------------------------------------------------

    void start();      ///< whatever still runs of an earlier start is killed before
    void stop();       ///< asked to stop, orderly
    void kill_main();  ///< the guard survives, removes the VIP, sends the last will
    void kill_guard();
    void kill_both();
    void pause_main();  ///< not scheduled; what arrives is kept
    void stall_main();  ///< the same, but in the midst of its next step: decided and not yet done
    void resume_main();
    void pause_guard();
    void resume_guard();

    void step(const Event& event);
    void hear(const PacketPtr& packet);
    void set_healthy(bool healthy);
    void set_trusted(bool reachable);
    void set_reached(NodeId peer, bool reached);  ///< its service, from here
    void set_lan_silent(bool silent) { lan_silent_ = silent; }
    void ask_switchover(NodeId target);
    void ask_standby(bool standby);
    void ask_pause(PauseScope scope, bool paused);
    void set_priority(std::uint16_t priority);
    /// The file says so from now on, and the daemon, if it runs, takes it over.
    void set_times(Duration interval, Duration deadtime);

    // --- For those who look ---------------------------------------------------------------------

    NodeId id() const { return member_.id; }
    const Member& member() const { return member_; }
    const Node* node() const { return node_.get(); }
    Incarnation incarnation() const { return incarnation_; }
    Instant started_at() const { return started_at_; }  ///< true time
    int starts() const { return starts_; }
    bool paused() const { return paused_; }
    bool stopping() const { return stopping_; }
    bool exited() const { return exited_; }
    bool could_not_hold() const { return could_not_hold_; }
    /// Nobody can remove its VIP but the kernel, and its main waits for that, its term kept; or it
    /// will, when it is elected before it finds out.
    bool waits_for_kernel() const { return node_ && (guard_.paused() || !guard_.alive()); }
    Instant local() const { return clock_.local(world_.agenda.now()); }
    const LeasePage& page() const { return page_; }
    Tenancy held() const { return held_; }  ///< whose lease the page has
    bool lease_stands() const { return page_.stands(local()); }
    /// Whether it answers for the VIP right now.
    bool answers() const { return kernel_.has_vip() && (!world_.options.fence || lease_stands()); }
    Clock& clock() { return clock_; }
    const Clock& clock() const { return clock_; }
    Kernel& kernel() { return kernel_; }
    const Kernel& kernel() const { return kernel_; }
    Guard& guard() { return guard_; }
    const Guard& guard() const { return guard_; }

    // As src/daemon/guard_link.cpp has them.
    static constexpr Duration guard_silence_max = 1s;
    static constexpr Duration look_after_every = 100ms;

private:
    struct Waiting {
        Event event;
        PacketPtr packet;  ///< instead of the event
    };

    Settings settings();
    GuardOutlets outlets();
    void end_main();
    void wake();
    void run_step(const Event& event);
    void perform_all();
    void perform(const Action& action);
    void arm();
    void fitness_may_have_changed() {
        step(HealthChanged{healthy_ && !guard_silent_since_, !guard_silent_since_});
    }
    void ask_arbiter(const AskArbiter& ask);
    void look_after_fence();
    void look_after_guard();
    PacketPtr seal(std::uint64_t sequence, const Message& message);
    void broadcast(std::uint64_t sequence, const Message& message);
    Message embolden(Message message);

    template <class... Parts>
    void tell(fmt::format_string<Parts...> text, Parts&&... parts) {
        world_.story.tell(world_.agenda.now(), id(), text, std::forward<Parts>(parts)...);
    }

    World& world_;
    const Member member_;
    Clock clock_;
    Random random_;
    Kernel kernel_;
    LeasePage page_;
    Guard guard_;

    struct Times {
        Duration interval;
        Duration deadtime;
    };
    Times times_{world_.options.interval / (world_.options.short_at_first ? 2 : 1),
                 world_.options.deadtime / (world_.options.short_at_first ? 2 : 1)};
    Duration remembered_ = times_.deadtime;  ///< on its disk

    std::unique_ptr<Node> node_;
    Incarnation incarnation_ = no_incarnation;
    Instant started_at_;
    int starts_ = 0;
    bool paused_ = false;
    bool stalls_ = false;    ///< in its next step
    bool stopping_ = false;  ///< was asked to
    bool exited_ = false;
    bool could_not_hold_ = false;
    bool healthy_ = false;            ///< its service
    bool trusted_ = true;             ///< its trusted servers answer
    std::optional<bool> lan_silent_;  ///< what a probe finds; unset: what is so
    ActionList actions_;  ///< decided; what is left of them after a stall is still to be done
    std::vector<Waiting> inbox_;
    std::optional<Instant> wakes_at_;  ///< true time
    std::uint64_t asked_ = 0;          ///< switchovers and standbys

    // Main's end of the guard.
    Tenancy held_;
    Instant lease_until_;
    std::optional<Term> dropping_;
    bool hold_unanswered_ = false;
    std::optional<Instant> guard_silent_since_;
    bool fence_watched_ = false;
    Received received_;
};

}  // namespace komainu::sim
