// When each of the newest heartbeats was sent. A lease counts from the sending of what a peer
// acknowledged, so a sequence that is no longer (or not yet) in the log acknowledges nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace komainu {

class SendLog {
public:
    static constexpr std::size_t entries_max = 256;

    void record(std::uint64_t sequence, Instant sent_at) {
        entries_[sequence % entries_max] = {sequence, sent_at};
    }

    std::optional<Instant> sent_at(std::uint64_t sequence) const {
        const Entry& entry = entries_[sequence % entries_max];
        if (sequence == 0 || entry.sequence != sequence) return {};
        return entry.sent_at;
    }

private:
    struct Entry {
        std::uint64_t sequence = 0;
        Instant sent_at;
    };
    std::array<Entry, entries_max> entries_{};
};

}  // namespace komainu
