// The hooks that wait for their turn: they run one at a time, in the order of the events. Of more
// than fit the oldest is dropped, as the newest tells more of how things stand.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "runner/orders.h"

namespace komainu {

class HookQueue {
public:
    static constexpr std::size_t orders_max = 64;

    /// Gives the order that had to make room.
    std::optional<HookOrder> push(HookOrder order) {
        std::optional<HookOrder> dropped;
        if (orders_.size() == orders_max) {
            dropped = take();
            ++dropped_;
        }
        orders_.push_back(std::move(order));
        return dropped;
    }

    /// The next, which runs now. Nothing while another does, or when none waits.
    std::optional<HookOrder> next() {
        if (busy_ || orders_.empty()) return {};
        busy_ = true;
        return take();
    }

    void ended() { busy_ = false; }
    void clear() { orders_.clear(); }
    bool idle() const { return !busy_ && orders_.empty(); }
    std::uint64_t dropped() const { return dropped_; }

private:
    HookOrder take() {
        HookOrder order = std::move(orders_.front());
        orders_.pop_front();
        return order;
    }

    std::deque<HookOrder> orders_;
    bool busy_ = false;
    std::uint64_t dropped_ = 0;
};

}  // namespace komainu
