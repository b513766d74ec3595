#include "daemon/link_book.h"

#include <algorithm>

#include "base/assert.h"

namespace komainu {

namespace {

constexpr int round_trip_weight = 8;

}  // namespace

LinkBook::LinkBook(Self self, std::size_t links, std::size_t peers, Times times)
    : self_(self), links_(links), times_(times), peers_(peers) {
    KOMAINU_ASSERT(links <= links_max);
}

bool LinkBook::is_copy(std::size_t peer, const Envelope& envelope) const {
    const Paths& paths = peers_[peer];
    if (envelope.incarnation != paths.incarnation || envelope.sequence > paths.newest) return false;
    const std::uint64_t age = paths.newest - envelope.sequence;
    if (age >= window) return false;
    for (std::size_t link = 0; link < links_; ++link)
        if (link != envelope.link && paths.of_link[link].heard[age]) return true;
    return false;
}

std::optional<LinkNews> LinkBook::enter(std::size_t peer, const Envelope& envelope,
                                        const Message& message, Instant now) {
    Paths& paths = peers_[peer];
    if (envelope.incarnation != paths.incarnation)
        begin(paths, envelope, now);
    else if (envelope.sequence > paths.newest)
        advance(paths, envelope.sequence);
    const std::uint64_t age = paths.newest - envelope.sequence;
    Path& path = paths.of_link[envelope.link];
    // Heard on this link before: the network has doubled it, or somebody replays it.
    if (age >= paths.counted || path.heard[age]) return {};
    path.heard.set(age);
    ++path.traffic.received;
    time(path, envelope.sequence, now);
    if (now - paths.heard_at >= times_.deadtime) spare(paths, now);
    path.heard_at = paths.heard_at = now;
    measure(path, message, now);
    return news_of(paths, now);
}

/// Every link has a deadtime from now on to bring something of the peer.
void LinkBook::begin(Paths& paths, const Envelope& envelope, Instant now) {
    paths.incarnation = envelope.incarnation;
    paths.newest = envelope.sequence;
    paths.counted = 1;
    for (Path& path : paths.of_link) {
        path.heard.reset();
        path.heard_at = now;
        path.round_trip.reset();
        path.newest = 0;
    }
}

/// The peer is back, and one link must be the first to bring it: that makes the others no more
/// silent than they were.
void LinkBook::spare(Paths& paths, Instant now) const {
    for (Path& path : paths.of_link)
        if (!is_silent(paths, path)) path.heard_at = now;
}

void LinkBook::advance(Paths& paths, std::uint64_t sequence) {
    const std::uint64_t skipped = sequence - paths.newest;
    const std::size_t newer = std::min<std::uint64_t>(skipped, window);
    const std::size_t kept = std::min(paths.counted, window - newer);
    for (Path& path : paths.of_link) {
        const std::size_t leaving = paths.counted - kept;
        path.traffic.lost += leaving - (path.heard >> kept).count() + (skipped - newer);
        path.heard <<= newer;
    }
    paths.newest = sequence;
    paths.counted = std::min(paths.counted + newer, window);
}

/// One that overtakes another tells nothing of the time between the two.
void LinkBook::time(Path& path, std::uint64_t sequence, Instant now) const {
    if (sequence <= path.newest) return;
    if (path.newest != 0) {
        const Duration gap = now - path.newest_at;
        if (gap > times_.interval + times_.interval / 2) ++path.traffic.late;
        if (sequence == path.newest + 1)
            path.traffic.jitter.note(std::chrono::abs(gap - times_.interval));
    }
    path.newest = sequence;
    path.newest_at = now;
}

void LinkBook::measure(Path& path, const Message& message, Instant now) const {
    const auto* heartbeat = std::get_if<Heartbeat>(&message);
    if (!heartbeat) return;
    const auto echo = std::ranges::find(heartbeat->echoes, self_.node, &Echo::peer);
    if (echo == heartbeat->echoes.end() || echo->incarnation != self_.incarnation) return;
    const auto sent = sent_.find(echo->sequence);
    if (!sent || echo->held_us == held_us_max) return;
    const Duration held = std::chrono::microseconds{echo->held_us};
    const Duration sample = std::max(Duration{0}, now - sent->sent_at - held);
    path.traffic.round_trips.note(sample);
    path.round_trip = path.round_trip
                          ? *path.round_trip + (sample - *path.round_trip) / round_trip_weight
                          : sample;
}

/// At most one: the next message brings the next.
std::optional<LinkNews> LinkBook::news_of(Paths& paths, Instant now) const {
    for (std::size_t link = 0; link < links_; ++link) {
        Path& path = paths.of_link[link];
        const bool silent = is_silent(paths, path);
        if (silent == path.told_silent) continue;
        if (silent && path.told_at && now < *path.told_at + quiet_for) continue;
        path.told_silent = silent;
        if (silent) path.told_at = now;
        return LinkNews{link, silent ? LinkState::silent : LinkState::works};
    }
    return {};
}

bool LinkBook::works(std::size_t peer, std::size_t link) const {
    const Paths& paths = peers_[peer];
    return paths.counted > 0 && !is_silent(paths, paths.of_link[link]);
}

std::optional<Duration> LinkBook::round_trip(std::size_t peer, std::size_t link) const {
    return peers_[peer].of_link[link].round_trip;
}

std::optional<int> LinkBook::loss_percent(std::size_t peer, std::size_t link) const {
    const Paths& paths = peers_[peer];
    if (paths.counted == 0) return {};
    const std::size_t lost = paths.counted - paths.of_link[link].heard.count();
    // The counted ones may be fewer than a hundred; one that is lost shall not look like none.
    return static_cast<int>((lost * 100 + paths.counted - 1) / paths.counted);
}

}  // namespace komainu
