#include "core/peer.h"

#include <algorithm>
#include <utility>

namespace komainu {

namespace {

constexpr int round_trip_weight = 8;

/// By how many newer messages a request may have been overtaken. It is repeated within a heartbeat
/// interval, so that an older one is a recording.
constexpr std::uint64_t overtaken_max = 16;

std::uint32_t microseconds_since(Instant then, Instant now) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now - then).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(us, 0, held_us_max));
}

}  // namespace

Peer::Verdict Peer::hear(const Envelope& envelope, const Heartbeat& heartbeat,
                         const std::optional<EchoOfMe>& echo, Instant now, Duration own_deadtime) {
    Verdict verdict = Verdict::fresh;
    if (envelope.incarnation != incarnation_) {
        if (!echo || echo->sequence <= echoed_) {
            note_unproven(envelope, now, own_deadtime);
            return Verdict::unproven;
        }
        if (incarnation_ != no_incarnation) verdict = Verdict::restarted;
        become(envelope, *echo, now);
    } else if (envelope.sequence <= heartbeat_sequence_) {
        return Verdict::stale;
    }
    heartbeat_sequence_ = envelope.sequence;
    heard_at_ = now;
    believe(heartbeat);
    if (echo) {
        echoed_ = std::max(echoed_, echo->sequence);
        measure(*echo, now);
        alive_ = !conditions_.leaving;
        dead_at_ = now + patience(own_deadtime);
    } else if (conditions_.leaving) {
        alive_ = false;
    }
    return verdict;
}

/// A recording is older than what the peer says itself, so it does not displace that; else whoever
/// replays faster than the peer speaks would keep it from being echoed, and so from proving itself.
void Peer::note_unproven(const Envelope& envelope, Instant now, Duration deadtime) {
    const bool older = std::pair(envelope.incarnation, envelope.sequence) <=
                       std::pair(unproven_.incarnation, unproven_.sequence);
    if (older && now < unproven_.heard_at + deadtime) return;
    unproven_ = {envelope.incarnation, envelope.sequence, now};
}

void Peer::become(const Envelope& envelope, const EchoOfMe& echo, Instant now) {
    incarnation_ = envelope.incarnation;
    echoed_ = echo.newest;
    pledges_count_ = pledges_count_ && pledged_until_ && now < *pledged_until_;
    request_sequence_ = 0;
    given_back_ = 0;
    round_trip_.reset();
}

void Peer::believe(const Heartbeat& heartbeat) {
    following_ = heartbeat.following;
    conditions_ = heartbeat.conditions;
    priority_ = heartbeat.priority;
    deadtime_ = heartbeat.deadtime;
    remembered_ = heartbeat.remembered;
    digests_ = heartbeat.digests;
    out_of_its_reach_ = {};
    for (const Echo& echo : heartbeat.echoes)
        if (echo.out_of_reach) out_of_its_reach_.insert(echo.peer);
    stepped_down_ = false;
    if (!conditions_.quarantined) pledges_count_ = true;
}

void Peer::measure(const EchoOfMe& echo, Instant now) {
    if (!echo.sent || echo.held >= std::chrono::microseconds{held_us_max}) return;
    const Duration sample = std::max(Duration{0}, now - echo.sent->sent_at - echo.held);
    round_trip_ = round_trip_ ? *round_trip_ + (sample - *round_trip_) / round_trip_weight : sample;
}

bool Peer::gives_back(const Release& release) {
    if (release.round <= given_back_) return false;
    given_back_ = release.round;
    return true;
}

bool Peer::accept_request(const Envelope& envelope) {
    if (!is_proven(envelope) || envelope.sequence <= request_sequence_ ||
        envelope.sequence + overtaken_max < heartbeat_sequence_) {
        count_stale();
        return false;
    }
    request_sequence_ = envelope.sequence;
    return true;
}

std::optional<Echo> Peer::echo(Instant now, Duration own_deadtime) const {
    const Duration deadtime = patience(own_deadtime);
    if (heard_within(deadtime, now))
        return Echo{id(), incarnation_, heartbeat_sequence_, microseconds_since(heard_at_, now),
                    !reached_};
    if (unproven_.incarnation != no_incarnation && now < unproven_.heard_at + deadtime)
        return Echo{id(), unproven_.incarnation, unproven_.sequence,
                    microseconds_since(unproven_.heard_at, now), !reached_};
    return {};
}

bool Peer::falls_silent(Instant now) {
    if (!alive_ || now < dead_at_) return false;
    alive_ = false;
    conditions_.free = false;
    following_ = {};
    return true;
}

void Peer::pledge(Instant lease_until) {
    if (!pledges_count_) return;
    pledged_until_ = std::max(pledged_until_.value_or(lease_until), lease_until);
}

}  // namespace komainu
