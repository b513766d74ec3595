// The hooks that wait for their turn: they run one at a time, in the order of the events. Of more
// than fit the oldest is dropped, as the newest tells more of how things stand.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "runner/program.h"

namespace komainu {

/// What it was ordered as, whatever the configuration says when its turn comes.
struct WaitingHook {
    std::uint64_t run = 0;
    Program program;  ///< told of the facts
    HookEvent event = HookEvent::active;
    std::uint64_t term = 0;
};

class HookQueue {
public:
    static constexpr std::size_t hooks_max = 64;

    /// Gives the one that had to make room.
    std::optional<WaitingHook> push(WaitingHook hook) {
        std::optional<WaitingHook> dropped;
        if (hooks_.size() == hooks_max) {
            dropped = take();
            ++dropped_;
        }
        hooks_.push_back(std::move(hook));
        return dropped;
    }

    /// The next, which runs now. Nothing while another does, or when none waits.
    std::optional<WaitingHook> next() {
        if (busy_ || hooks_.empty()) return {};
        busy_ = true;
        return take();
    }

    void ended() { busy_ = false; }
    void clear() { hooks_.clear(); }
    bool idle() const { return !busy_ && hooks_.empty(); }
    std::uint64_t dropped() const { return dropped_; }

private:
    WaitingHook take() {
        WaitingHook hook = std::move(hooks_.front());
        hooks_.pop_front();
        return hook;
    }

    std::deque<WaitingHook> hooks_;
    bool busy_ = false;
    std::uint64_t dropped_ = 0;
};

}  // namespace komainu
