// What the keeper does about others who claim a VIP, and its asking for them.
#include "guard/keeper.h"
#include "io/clock.h"
#include "io/log.h"

namespace komainu {

namespace {

/// With ClaimSocket::frames_per_look_max the most that a flood can have of us: 3200 frames a second
/// from each socket.
constexpr Duration between_full_looks = 10ms;

}  // namespace

void Keeper::listen(std::uint32_t events) {
    for (Loop::Watch& watch : claims_) watch.change(events);
}

/// Listens for its whole life: what was claimed while nothing is held must not wait in the sockets
/// until something is.
void Keeper::hear_claims() {
    page_.guard_was_awake(boot_now());
    const auto heard = [this](int interface_index, Bytes frame) {
        if (const auto claim = read_claim(frame)) consider(interface_index, *claim);
    };
    for (ClaimSocket& socket : tools_.claims)
        if (socket.look(heard) == ClaimSocket::Left::maybe_more) {
            listen(0);
            listen_again_.set(tools_.loop->now() + between_full_looks);
        }
}

/// The announcements of the active before us, say, were no claims against us.
void Keeper::ignore_earlier_claims() {
    for (ClaimSocket& socket : tools_.claims) socket.look([](int, Bytes) {});
}

void Keeper::consider(int interface_index, const NeighborClaim& claim) {
    const auto vip = vip_of(interface_index, claim.address);
    if (!vip || own_macs_.contains(claim.mac)) return;
    prober_.heard(*vip, claim.mac);
    if (state_ == State::holding) defend(*vip, claim.mac);
}

void Keeper::defend(std::size_t vip, const MacAddress& rival) {
    const Instant now = tools_.loop->now();
    announcer_.once(vip, rivals_.heard(vip, rival, now));
    schedule_announcing();
    if (const auto at = rivals_.deadline()) report_rivals_.set(*at);
    const VipConfig& config = vips_.config(vip);
    if (const auto count = rival_lines_[vip].count(now))
        log_event(LogEvent::rival_seen,
                  {.vip = config.name, .interface = config.interface, .address = to_string(rival)},
                  "vip.{}: {} on {} is also claimed by {} ({} since last said); announces it again",
                  config.name, to_string(config.address.address), config.interface,
                  to_string(rival), count);
}

void Keeper::report_rivals() {
    awake();
    if (state_ != State::holding) return;
    for (const auto& claims : rivals_.take_reports(tools_.loop->now()))
        report(RivalSeenReport{static_cast<std::uint16_t>(claims.vip), claims.mac, claims.times});
    if (const auto at = rivals_.deadline()) report_rivals_.set(*at);
}

// --- Probing

void Keeper::obey(const ProbeOrder& order) {
    if (!prober_.ask(order.id, boot_now()))
        return report(ProbeReport{order.id, {}, static_cast<std::uint16_t>(vips_.size())});
    probe();
}

void Keeper::probe() {
    awake();
    const Instant now = boot_now();
    std::vector<ProbeFrame> probes;
    for (const std::size_t vip : prober_.take_turns(now)) {
        if (is_on_the_lan(vip)) {
            const LinkRecord& link = *interfaces_[vips_.interface(vip)].link;
            probes.emplace_back(vips_.config(vip).address.address, link.mac,
                                static_cast<int>(link.interface));
        } else {
            prober_.could_not(vip);
        }
    }
    std::vector<OutgoingFrame> frames;
    for (const ProbeFrame& probe : probes) frames.push_back(probe.frame());
    // A probe that the kernel refuses is followed by another, or finds nobody.
    tools_.frames.send(frames);
    if (const auto answer = prober_.take_report(now)) report(*answer);
    if (const auto at = prober_.deadline())
        probe_.set(*at);
    else
        probe_.clear();
}

// --- Who is meant

std::optional<std::size_t> Keeper::vip_of(int interface_index, const IpAddress& address) const {
    for (std::size_t vip = 0; vip < vips_.size(); ++vip) {
        const auto& link = interfaces_[vips_.interface(vip)].link;
        if (vips_.config(vip).address.address == address && link &&
            static_cast<int>(link->interface) == interface_index)
            return vip;
    }
    return {};
}

/// Whether its neighbours can be reached by Ethernet frames now.
bool Keeper::is_on_the_lan(std::size_t vip) const {
    const VipInterface& interface = interfaces_[vips_.interface(vip)];
    return interface.is_ethernet() && interface.carrier() == Carrier::up;
}

}  // namespace komainu
