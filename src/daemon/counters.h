// What main counts of itself from its start on, beside what its parts count of theirs: for the
// metrics alone, nothing is decided by it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/run_end.h"
#include "core/action.h"

namespace komainu {

inline constexpr std::size_t causes = static_cast<std::size_t>(Cause::rival_seen) + 1;
inline constexpr std::size_t endings = static_cast<std::size_t>(Ending::not_started) + 1;

/// How the runs of programs ended.
class RunTally {
public:
    void add(const RunEnd& end) {
        ++(end.succeeded() ? succeeded_ : counts_[static_cast<std::size_t>(end.ending)]);
    }
    /// It could not even be ordered.
    void add_not_started() { ++counts_[static_cast<std::size_t>(Ending::not_started)]; }

    std::uint64_t succeeded() const { return succeeded_; }
    /// Those that succeeded have not `exited` here: what has, has failed.
    std::uint64_t count(Ending ending) const { return counts_[static_cast<std::size_t>(ending)]; }

private:
    std::uint64_t succeeded_ = 0;
    std::array<std::uint64_t, endings> counts_{};
};

/// Why a node that becomes active can.
enum class Vacancy : std::uint8_t {
    none_known,  ///< this node knew of no active before
    silent,      ///< that of before was silent for the deadtime
    released,    ///< it gave up its term: a switchover, its life check, its last will
    own,         ///< it was this node itself
};
inline constexpr std::size_t vacancies = 4;

class Counters {
public:
    void add(const RoleChanged& change) {
        if (change.to == Role::active) ++takeovers_[static_cast<std::size_t>(vacancy_)];
        if (change.from != Role::active) return;
        ++losses_[static_cast<std::size_t>(change.cause)];
        vacancy_ = Vacancy::own;
    }
    void add(const ActiveChanged& change) {
        switch (change.news) {
            case ActiveNews::followed:
                ++followed_;
                vacancy_ = Vacancy::none_known;
                return;
            case ActiveNews::lost_silent:
                vacancy_ = Vacancy::silent;
                return;
            case ActiveNews::lost_released:
                vacancy_ = Vacancy::released;
                return;
        }
    }

    void lease_begins(Instant until) { lease_until_ = until; }
    /// It is short when less than half of the deadtime was left of it.
    void lease_extended(Instant until, Instant now, Duration deadtime) {
        ++extensions_;
        if (lease_until_ - now < deadtime / 2) ++short_leases_;
        lease_until_ = until;
    }

    void add_heartbeat() { ++heartbeats_; }
    void add_pause() { ++pauses_; }
    void add_put_back() { ++put_backs_; }

    std::uint64_t takeovers(Vacancy why) const { return takeovers_[static_cast<std::size_t>(why)]; }
    std::uint64_t losses(Cause why) const { return losses_[static_cast<std::size_t>(why)]; }
    std::uint64_t followed() const { return followed_; }      ///< others that became active
    std::uint64_t extensions() const { return extensions_; }  ///< of the lease
    std::uint64_t short_leases() const { return short_leases_; }
    std::uint64_t heartbeats() const { return heartbeats_; }  ///< sent, each on all links
    std::uint64_t pauses() const { return pauses_; }          ///< of this process
    std::uint64_t put_backs() const { return put_backs_; }    ///< VIPs that somebody had removed

private:
    std::array<std::uint64_t, vacancies> takeovers_{};
    std::array<std::uint64_t, causes> losses_{};
    Vacancy vacancy_ = Vacancy::none_known;
    Instant lease_until_;
    std::uint64_t followed_ = 0;
    std::uint64_t extensions_ = 0;
    std::uint64_t short_leases_ = 0;
    std::uint64_t heartbeats_ = 0;
    std::uint64_t pauses_ = 0;
    std::uint64_t put_backs_ = 0;
};

}  // namespace komainu
