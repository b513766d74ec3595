#include "guard/announcer.h"

#include <algorithm>
#include <span>

namespace komainu {

namespace {

constexpr Duration refresh = 60s;
constexpr Duration between_batches = 1ms;

// From each announcement to the next; the last one goes on for ever. RFC 5227 section 2.3 wants two
// announcements, two seconds apart: these are among ours.
constexpr std::array<Duration, 5> arp_gaps{100ms, 900ms, 1s, 2s, refresh};

// RFC 4861 section 7.2.6: at most MAX_NEIGHBOR_ADVERTISEMENT (3), separated by at least
// RetransTimer (1 s, section 10). Each refresh is a new announcement of one.
constexpr std::array<Duration, 3> advertisement_gaps{1s, 1s, refresh};

constexpr std::span<const Duration> gaps(Family family) {
    if (family == Family::ipv4) return arp_gaps;
    return advertisement_gaps;
}

}  // namespace

Announcer::Announcer(const Config& config) {
    for (const auto& vip : config.vips)
        places_.push_back({vip.address.address.family, 0, std::nullopt, std::nullopt});
}

void Announcer::start(std::size_t vip, Instant now) {
    places_[vip].last.reset();
    repeat(vip, now);
}

void Announcer::repeat(std::size_t vip, Instant now) {
    Place& place = places_[vip];
    place.sent = 0;
    place.next = now;
    if (place.last) place.next = std::max(now, *place.last + gaps(place.family).front());
}

void Announcer::once(std::size_t vip, Instant by) {
    Place& place = places_[vip];
    if (!place.next) return;
    if (place.last) by = std::max(by, *place.last + gaps(place.family).front());
    place.next = std::min(*place.next, by);
}

void Announcer::stop() {
    pause_until_.reset();
    for (Place& place : places_) {
        place.last.reset();
        place.next.reset();
    }
}

void Announcer::change_to(const Config& config, const FormerPlaces& former) {
    places_ = rearranged(std::move(places_), former);
    for (std::size_t vip = 0; vip < places_.size(); ++vip)
        places_[vip].family = config.vips[vip].address.address.family;
}

std::optional<Instant> Announcer::deadline() const {
    std::optional<Instant> earliest;
    for (const Place& place : places_)
        if (place.next && (!earliest || *place.next < *earliest)) earliest = place.next;
    if (earliest && pause_until_) return std::max(*earliest, *pause_until_);
    return earliest;
}

// The next turn counts from this one, and not from when this one should have been: after a delay
// two advertisements must not come closer together than the protocol allows.
Announcer::Turns Announcer::take_turns(Instant now) {
    Turns turns;
    if (pause_until_ && now < *pause_until_) return turns;
    pause_until_.reset();
    for (std::size_t vip = 0; vip < places_.size() && !turns.full(); ++vip) {
        Place& place = places_[vip];
        if (!place.next || *place.next > now) continue;
        turns.push_back(vip);
        const auto schedule = gaps(place.family);
        place.next = now + schedule[std::min(place.sent, schedule.size() - 1)];
        place.last = now;
        ++place.sent;
    }
    if (turns.full()) pause_until_ = now + between_batches;
    return turns;
}

AnnouncementFrames::AnnouncementFrames(const IpAddress& vip, const MacAddress& mac,
                                       int interface_index, Forwarding forwarding)
    : vip_(vip), interface_index_(interface_index) {
    if (vip.is_ipv4())
        arp_ = {arp_announcement(ArpForm::request, mac, vip),
                arp_announcement(ArpForm::reply, mac, vip)};
    else
        advertisement_ = neighbor_advertisement(mac, vip, forwarding);
}

OutgoingFrame AnnouncementFrames::operator[](std::size_t i) const {
    if (vip_.is_ipv4()) return {interface_index_, arp_[i]};
    return {interface_index_, advertisement_};
}

}  // namespace komainu
