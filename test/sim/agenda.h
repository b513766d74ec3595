// Virtual time, and what is to happen in it: in the order of time, and at one instant in the order
// in which it was planned. Nothing else moves time.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "base/time.h"

namespace komainu::sim {

class Agenda {
public:
    using Happening = std::function<void()>;

    Instant now() const { return now_; }

    void at(Instant when, Happening happening) {
        entries_.push_back({std::max(when, now_), ++planned_, std::move(happening)});
        std::push_heap(entries_.begin(), entries_.end(), later_than);
    }
    void later(Duration delay, Happening happening) { at(now_ + delay, std::move(happening)); }

    /// Lets the next happening happen. False, and it is `end`, when there is none until then.
    bool next(Instant end) {
        if (entries_.empty() || entries_.front().at > end) {
            now_ = std::max(now_, end);
            return false;
        }
        std::pop_heap(entries_.begin(), entries_.end(), later_than);
        const Entry entry = std::move(entries_.back());
        entries_.pop_back();
        now_ = entry.at;
        entry.happening();
        return true;
    }

private:
    struct Entry {
        Instant at;
        std::uint64_t order;
        Happening happening;
    };
    static bool later_than(const Entry& a, const Entry& b) {
        return a.at != b.at ? a.at > b.at : a.order > b.order;
    }

    Instant now_{1h};
    std::uint64_t planned_ = 0;
    std::vector<Entry> entries_;  ///< a heap
};

}  // namespace komainu::sim
