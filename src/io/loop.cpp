#include "io/loop.h"

#include <linux/time_types.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/assert.h"
#include "io/clock.h"

namespace komainu {

namespace {

constexpr std::size_t timers_expected = 64;

// By syscall(2): the C library of EL9 has no function for it. The time-out is counted on the
// monotonic clock, which stands still while the machine is suspended: after that a deadline is
// noticed late by what was left of the wait, or with the first thing received. (A timerfd of
// CLOCK_BOOTTIME would not be late, at the price of two system calls per heartbeat. What must be
// exact across a suspend, the guard's lease timer, does not rely on this loop.)
int epoll_wait_until(int epoll, epoll_event* ready, std::size_t size,
                     const __kernel_timespec* time_out) {
    const auto count = syscall(SYS_epoll_pwait2, epoll, ready, static_cast<int>(size), time_out,
                               nullptr, std::size_t{0});
    return static_cast<int>(count);
}

__kernel_timespec to_timespec(Duration duration) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
    return {.tv_sec = seconds.count(), .tv_nsec = (duration - seconds).count()};
}

constexpr std::uint64_t event_key(std::uint32_t slot, std::uint32_t generation) {
    return std::uint64_t{generation} << 32 | slot;
}

}  // namespace

Result<std::unique_ptr<Loop>> Loop::create() {
    Fd epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return Error::from_errno("cannot create an epoll descriptor", errno);
    const __kernel_timespec at_once{};
    epoll_event nothing{};
    if (epoll_wait_until(epoll.get(), &nothing, 1, &at_once) < 0)
        return Error::from_errno("epoll_pwait2 (Linux 5.11 or later) does not work here", errno);
    return std::unique_ptr<Loop>(new Loop(std::move(epoll)));
}

Loop::Loop(Fd epoll) : epoll_(std::move(epoll)), now_(boot_now()) {
    slots_.reserve(watches_max);
    timers_.reserve(timers_expected);
}

Loop::~Loop() {
    KOMAINU_ASSERT(timers_.empty());
    KOMAINU_ASSERT(std::ranges::all_of(slots_, [](const Slot& s) { return s.fd < 0; }));
}

void Loop::run() {
    stopping_ = false;
    while (!stopping_) wake_up();
}

void Loop::wake_up() {
    const auto awaited = earliest_deadline();
    const int count = wait(awaited);
    now_ = boot_now();
    lateness_ = awaited ? std::max(now_ - *awaited, Duration::zero()) : Duration::zero();
    ++wake_ups_;
    for (int i = 0; i < count; ++i) call_watch(ready_[static_cast<std::size_t>(i)]);
    call_due_timers();
}

// Gives the number of ready descriptors. Being interrupted (SIGSTOP and SIGCONT, a debugger) is a
// wake-up without any. The time-out is reckoned from a reading of its own, and not from now(): the
// callbacks since then have taken time.
int Loop::wait(std::optional<Instant> deadline) {
    __kernel_timespec time_out{};
    if (deadline) time_out = to_timespec(std::max(*deadline - boot_now(), Duration::zero()));
    const int count = epoll_wait_until(epoll_.get(), ready_.data(), ready_.size(),
                                       deadline ? &time_out : nullptr);
    KOMAINU_ASSERT(count >= 0 || errno == EINTR);
    return std::max(count, 0);
}

std::optional<Instant> Loop::earliest_deadline() const {
    std::optional<Instant> earliest;
    for (const Timer* timer : timers_)
        if (timer->deadline_ && (!earliest || *timer->deadline_ < *earliest))
            earliest = timer->deadline_;
    return earliest;
}

// The function is moved out for the time of its call: it may end its own Watch, or register others
// so that the slots move, and it must not be destroyed or moved under its own feet.
void Loop::call_watch(const epoll_event& event) {
    const auto index = static_cast<std::uint32_t>(event.data.u64);
    const auto generation = static_cast<std::uint32_t>(event.data.u64 >> 32);
    if (slots_[index].generation != generation) return;
    auto ready = std::move(slots_[index].ready);
    ready(event.events);
    if (slots_[index].generation == generation) slots_[index].ready = std::move(ready);
}

void Loop::call_due_timers() {
    while (Timer* timer = next_due_timer()) {
        timer->called_in_wake_up_ = wake_ups_;
        timer->deadline_.reset();
        calling_timer_ = timer;
        auto due = std::move(timer->due_);
        due();
        if (calling_timer_) timer->due_ = std::move(due);
        calling_timer_ = nullptr;
    }
}

// Searched anew after each call, since a call may set, clear, make and destroy Timers. There are a
// few dozen at most.
Loop::Timer* Loop::next_due_timer() const {
    Timer* next = nullptr;
    for (Timer* timer : timers_) {
        if (!timer->deadline_ || *timer->deadline_ > now_) continue;
        if (timer->called_in_wake_up_ == wake_ups_) continue;
        if (!next || *timer->deadline_ < *next->deadline_) next = timer;
    }
    return next;
}

// Registering fails only by a bug (a descriptor that is closed, registered twice or a plain file)
// or without memory; nothing sensible can be done about either.
Loop::Watch Loop::watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready) {
    const std::uint32_t index = free_slot();
    Slot& slot = slots_[index];
    epoll_event event{};
    event.events = events;
    event.data.u64 = event_key(index, slot.generation);
    KOMAINU_ASSERT(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
    slot.fd = fd;
    slot.ready = std::move(ready);
    return Watch(*this, index);
}

std::uint32_t Loop::free_slot() {
    const auto free = std::ranges::find_if(slots_, [](const Slot& slot) { return slot.fd < 0; });
    const auto index = static_cast<std::uint32_t>(free - slots_.begin());
    KOMAINU_ASSERT(index < watches_max);
    if (free == slots_.end()) slots_.emplace_back();
    return index;
}

void Loop::unwatch(std::uint32_t index) {
    Slot& slot = slots_[index];
    // Fails if the descriptor was closed first: its number may belong to another by now.
    KOMAINU_ASSERT(epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, slot.fd, nullptr) == 0);
    ++slot.generation;
    slot.fd = -1;
    slot.ready = nullptr;
}

Loop::Watch::Watch(Watch&& other) noexcept
    : loop_(std::exchange(other.loop_, nullptr)), slot_(other.slot_) {}

Loop::Watch& Loop::Watch::operator=(Watch&& other) noexcept {
    if (this == &other) return *this;
    clear();
    loop_ = std::exchange(other.loop_, nullptr);
    slot_ = other.slot_;
    return *this;
}

void Loop::Watch::change(std::uint32_t events) {
    const Slot& slot = loop_->slots_[slot_];
    epoll_event event{};
    event.events = events;
    event.data.u64 = event_key(slot_, slot.generation);
    KOMAINU_ASSERT(epoll_ctl(loop_->epoll_.get(), EPOLL_CTL_MOD, slot.fd, &event) == 0);
}

void Loop::Watch::clear() {
    if (loop_) std::exchange(loop_, nullptr)->unwatch(slot_);
}

Loop::Timer::Timer(Loop& loop, std::function<void()> due) : loop_(loop), due_(std::move(due)) {
    loop_.timers_.push_back(this);
}

Loop::Timer::~Timer() {
    std::erase(loop_.timers_, this);
    if (loop_.calling_timer_ == this) loop_.calling_timer_ = nullptr;
}

}  // namespace komainu
