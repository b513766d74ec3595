// The lease, in a page that main and guard share: main extends it by storing its end here, without
// a system call, and the guard reads it when the end that it knows has come.
//
// Main opens the lease (grant), and extends it. Only the guard closes it: when it has expired, or
// when it lets the VIPs go for another reason. Both sides change the end by compare-and-exchange,
// so of an extension that comes too late and the guard's closing exactly one wins, and both sides
// know which. A lease that was closed is never revived by an extension.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "base/time.h"

namespace komainu {

class LeasePage {
public:
    /// Main: opens a closed lease. False when it is open.
    [[nodiscard]] bool grant(Instant until);

    /// Main: moves the end of the lease that ended at `from` so far. False when the guard has
    /// closed it: that lease is over, whatever main believed.
    [[nodiscard]] bool extend(Instant from, Instant until);

    /// Guard: closes the lease if it has expired by `now`. Whether it is closed now, be it since
    /// before.
    [[nodiscard]] bool close_if_expired(Instant now);

    /// Guard: closes the lease whatever its end.
    void close() { expiry_ns_.store(closed); }

    /// When the lease ends; nothing when it is closed.
    std::optional<Instant> expiry() const;
    bool stands(Instant now) const;

    /// A sign of life from the guard, which main may look at.
    void guard_was_awake(Instant now) { guard_seen_ns_.store(nanoseconds(now)); }
    Instant guard_seen() const { return Instant(Duration(guard_seen_ns_.load())); }

private:
    static constexpr std::int64_t closed = 0;

    // The fence reads this layout, too (guard/fence_layout.h).
    std::atomic<std::int64_t> expiry_ns_ = closed;  ///< CLOCK_BOOTTIME
    std::atomic<std::int64_t> guard_seen_ns_ = 0;   ///< CLOCK_BOOTTIME

    static_assert(std::atomic<std::int64_t>::is_always_lock_free,
                  "a lock would not work between processes");
};

struct UnmapLeasePage {
    void operator()(LeasePage* page) const;
};
using SharedLeasePage = std::unique_ptr<LeasePage, UnmapLeasePage>;

/// A closed lease in memory that a child forked from now on shares: that of the BPF map where its
/// descriptor is given, so that a program in the kernel shares it as well.
Result<SharedLeasePage> make_lease_page(std::optional<int> map = {});

}  // namespace komainu
