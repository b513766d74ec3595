#include "daemon/guard_link.h"

#include "base/overload.h"
#include "guard/vip_set.h"
#include "io/message_channel.h"
#include "netlink/inventory.h"

namespace komainu {

namespace {

/// The guard shows itself in the page four times a second while it holds VIPs.
constexpr Duration silence_max = 1s;
constexpr Duration look_after_every = 100ms;
/// The kernel checks lifetimes late, by up to a second.
constexpr Duration kernel_lateness_max = 2s;

}  // namespace

GuardLink::GuardLink(Loop& loop, const Config& config, Fd socket, SharedLeasePage page,
                     Handlers handlers)
    : loop_(loop),
      config_(config),
      socket_(std::move(socket)),
      page_(std::move(page)),
      handlers_(std::move(handlers)),
      watch_(loop.watch(socket_.get(), EPOLLIN, [this](std::uint32_t) { on_ready(); })),
      look_after_(loop, [this] { look_after(); }),
      lifetime_(vip_lifetime(config.heartbeat.deadtime)) {}

void GuardLink::hold(Term term, Instant until, const LastWillBytes& last_will) {
    const bool granted = page_->grant(until);
    KOMAINU_ASSERT(granted);
    lease_until_ = until;
    holding_ = term;
    hold_unanswered_ = true;
    dropping_.reset();
    ordered_at_ = loop_.now();
    order(HoldOrder{term.round, last_will});
    look_after_.set(loop_.now() + look_after_every);
}

/// While the guard does not answer, the lease in the page is left to run out, so that a guard that
/// wakes up finds it expired.
void GuardLink::extend(Instant until) {
    if (silent_ || gone_) return;
    if (page_->extend(lease_until_, until)) lease_until_ = until;
}

void GuardLink::drop(Term term) {
    dropping_ = term;
    ordered_at_ = loop_.now();
    order(DropOrder{term.round});
    look_after_.set(loop_.now() + look_after_every);
}

void GuardLink::announce() { order(AnnounceOrder{}); }

void GuardLink::replace_last_will(const std::function<LastWillBytes(Term)>& seal) {
    if (holding_) order(DepositOrder{holding_->round, seal(*holding_)});
}

void GuardLink::probe(std::uint64_t id) { order(ProbeOrder{id}); }

bool GuardLink::reload(std::uint64_t id, const TextDigest& text) {
    return order(ReloadOrder{id, text});
}

/// Whether it is on its way.
bool GuardLink::order(const GuardOrder& order) {
    if (gone_) return false;
    const Sent sent = send_over(socket_.get(), order);
    if (sent == Sent::no_room) lose(false, "the guard does not answer");
    return sent == Sent::yes;
}

void GuardLink::on_ready() {
    const auto state = receive_messages(
        socket_.get(), [this](Bytes message, Descriptors&) { on_message(message); });
    if (state != ChannelState::closed || gone_) return;
    watch_.clear();
    lose(true, "the guard died");
}

void GuardLink::on_message(Bytes message) {
    const auto report = decode_report(message);
    KOMAINU_ASSERT(report);
    if (silent_) recover();
    if (const auto* held = std::get_if<HeldReport>(&*report)) hold_was_answered(held->round);
    if (const auto* dropped = std::get_if<DroppedReport>(&*report)) {
        if (hold_was_answered(dropped->round)) holding_.reset();
        if (dropping_ && dropping_->round == dropped->round) dropping_.reset();
    }
    // A drop that was ordered meanwhile is still to be answered.
    if (const auto* failed = std::get_if<HoldFailedReport>(&*report))
        if (hold_was_answered(failed->round)) holding_.reset();
    handlers_.report(*report);
}

bool GuardLink::hold_was_answered(std::uint64_t round) {
    if (!holding_ || holding_->round != round) return false;
    hold_unanswered_ = false;
    return true;
}

void GuardLink::lose(bool gone, std::string_view trouble) {
    if (silent_ && !gone) return;
    gone_ = gone_ || gone;
    silent_ = true;
    lost_at_ = loop_.now();
    look_after_.set(loop_.now() + look_after_every);
    handlers_.trouble(trouble);
}

/// An order that found no room was lost. A second drop is answered like the first.
void GuardLink::recover() {
    silent_ = false;
    if (dropping_) order(DropOrder{dropping_->round});
    handlers_.trouble("");
}

bool GuardLink::unresponsive() const {
    const Instant seen = std::max(page_->guard_seen(), ordered_at_);
    return loop_.now() - seen > silence_max;
}

/// Runs while VIPs are up, or should be, or may be.
void GuardLink::look_after() {
    if (!holding_ && !dropping_) return;
    look_after_.set(loop_.now() + look_after_every);
    if (!silent_) {
        if (unresponsive()) lose(false, "the guard does not answer");
        return;
    }
    if (!dropping_ || !vips_are_gone()) return;
    const Term term = *dropping_;
    holding_.reset();
    dropping_.reset();
    handlers_.vips_gone(term);
}

/// A guard that was stopped while the kernel works on its order has not put the VIPs on yet, and
/// still may; the kernel does not take that long.
bool GuardLink::vips_are_gone() const {
    if (!gone_ && page_->stands(loop_.now())) return false;
    const auto inventory = take_inventory();
    if (inventory && (gone_ || !hold_unanswered_))
        return leftovers(config_, inventory.value()).empty();
    return loop_.now() - lost_at_ > lifetime_ + kernel_lateness_max;
}

}  // namespace komainu
