// Which others have claimed a VIP while this node held it, for the status.
#pragma once

#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "guard/former_places.h"
#include "guard/orders.h"

namespace komainu {

class RivalBook {
public:
    explicit RivalBook(std::size_t vips) : entries_(vips) {}

    struct Entry {
        MacAddress mac;             ///< of whoever claimed it last
        std::uint64_t times = 0;    ///< 0: nobody ever did
        std::uint64_t last_ms = 0;  ///< wall clock
    };

    void enter(const RivalSeenReport& seen, std::uint64_t wall_clock_ms) {
        KOMAINU_ASSERT(seen.vip < entries_.size());
        Entry& entry = entries_[seen.vip];
        entry = {seen.mac, entry.times + seen.times, wall_clock_ms};
    }

    /// Other VIPs from now on.
    void change_to(const FormerPlaces& former) {
        entries_ = rearranged(std::move(entries_), former);
    }

    const std::vector<Entry>& entries() const { return entries_; }  ///< by VIP

private:
    std::vector<Entry> entries_;
};

}  // namespace komainu
