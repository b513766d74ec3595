// The event loop: one epoll descriptor, and deadlines instead of timer descriptors.
//
// Every wake-up goes the same way ("judge last"): the clock is read once; every ready Watch is
// called, and drains its descriptor; only then are the Timers that are due by that reading called.
// So a process that was starved first hears what its peers said meanwhile, and calls nobody dead
// whose heartbeat is waiting in the socket. In the steady state the loop allocates nothing.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"

namespace komainu {

class Loop {
public:
    class Watch;
    class Timer;

    /// As many as one wait can return, so that no ready descriptor is left over when deadlines are
    /// judged. 32 services, 16 control clients and 63 peers leave plenty.
    static constexpr std::size_t watches_max = 256;

    static Result<std::unique_ptr<Loop>> create();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// The one clock reading of this wake-up.
    Instant now() const { return now_; }

    /// How long after the earliest deadline this wake-up came; zero when none had passed. Far more
    /// than the scheduler's usual delay means that this process, or the whole machine, stood still.
    Duration lateness() const { return lateness_; }

    /// Calls `ready` with the epoll events (level-triggered) for as long as the Watch lives. The
    /// Watch must die before the descriptor is closed.
    [[nodiscard]] Watch watch(int fd, std::uint32_t events,
                              std::function<void(std::uint32_t)> ready);

    /// Wakes up again and again until stop() is called.
    void run();

    /// One wait, and everything that it brings.
    void wake_up();

    void stop() { stopping_ = true; }

private:
    // A place for one Watch. Its generation grows when the Watch dies, so that an event of the
    // same wake-up that is still waiting for the dead Watch finds nobody.
    struct Slot {
        int fd = -1;
        std::uint32_t generation = 0;
        std::function<void(std::uint32_t)> ready;
    };

    explicit Loop(Fd epoll);
    int wait(std::optional<Instant> deadline);
    std::optional<Instant> earliest_deadline() const;
    void call_watch(const epoll_event& event);
    void call_due_timers();
    Timer* next_due_timer() const;
    std::uint32_t free_slot();
    void unwatch(std::uint32_t slot);

    Fd epoll_;
    Instant now_;
    Duration lateness_{};
    bool stopping_ = false;
    std::uint64_t wake_ups_ = 0;
    std::vector<Slot> slots_;
    std::vector<Timer*> timers_;
    Timer* calling_timer_ = nullptr;  // null again if the Timer dies in its own call
    std::array<epoll_event, watches_max> ready_;
};

/// The registration of a descriptor. It dies before the descriptor and before what it calls; it may
/// die in a callback, in its own too.
class Loop::Watch {
public:
    Watch() = default;
    Watch(Watch&& other) noexcept;
    Watch& operator=(Watch&& other) noexcept;
    ~Watch() { clear(); }

    /// Waits for other events from now on.
    void change(std::uint32_t events);
    void clear();
    explicit operator bool() const { return loop_ != nullptr; }

private:
    friend class Loop;
    Watch(Loop& loop, std::uint32_t slot) : loop_(&loop), slot_(slot) {}

    Loop* loop_ = nullptr;
    std::uint32_t slot_ = 0;
};

/// A deadline of its owner. It fires once, in a wake-up at or after its instant, and is unset when
/// `due` is called. Of several due ones the earliest deadline is called first. None is called twice
/// in one wake-up: one that sets itself to an instant that has passed leaves room for descriptors.
/// It may die in a callback, in its own too.
class Loop::Timer {
public:
    Timer(Loop& loop, std::function<void()> due);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void set(Instant deadline) { deadline_ = deadline; }
    void clear() { deadline_.reset(); }
    std::optional<Instant> deadline() const { return deadline_; }

private:
    friend class Loop;

    Loop& loop_;
    std::function<void()> due_;
    std::optional<Instant> deadline_;
    std::uint64_t called_in_wake_up_ = 0;
};

}  // namespace komainu
