// When each of the newest heartbeats was sent, and for how long it asked to be promised to. A lease
// counts from the sending of what a peer acknowledged, so a sequence that is no longer (or not yet)
// in the log acknowledges nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace komainu {

class SendLog {
public:
    static constexpr std::size_t entries_max = 256;

    struct Entry {
        std::uint64_t sequence = 0;
        Instant sent_at;
        Duration deadtime{};
    };

    void record(const Entry& entry) { entries_[entry.sequence % entries_max] = entry; }

    std::optional<Entry> find(std::uint64_t sequence) const {
        const Entry& entry = entries_[sequence % entries_max];
        if (sequence == 0 || entry.sequence != sequence) return {};
        return entry;
    }

private:
    std::array<Entry, entries_max> entries_{};
};

}  // namespace komainu
