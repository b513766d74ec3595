#include "guard/keeper.h"

#include <algorithm>

#include "io/clock.h"
#include "io/log.h"
#include "io/message_channel.h"
#include "netlink/route_leftovers.h"

namespace komainu {

namespace {

constexpr Duration pulse_interval = 250ms;
/// A timer that fires so late says that this process, or the whole machine, stood still.
constexpr Duration pause_min = 1s;
constexpr Duration remove_again_after = 20ms;

}  // namespace

Keeper::Keeper(const Config& config, LeasePage& page, AnnouncementPage& announcements, Fd to_main,
               GuardTools tools)
    : config_(config),
      page_(page),
      announcements_(announcements),
      to_main_(std::move(to_main)),
      tools_(std::move(tools)),
      interfaces_(config_),
      tracked_(tracked_only(config_)),
      vips_(config_, interfaces_,
            {[this](std::span<AddressRequest> r) { return tools_.addresses.apply(r); },
             [] { return take_inventory(); }}),
      routes_(config, {[this](std::span<RouteRequest> r) { return tools_.routes.apply(r); },
                       [] { return list_marked_routes(); }}),
      fence_(std::move(tools_.filters), std::move(tools_.fence), interfaces_),
      announcer_(config),
      rivals_(config.vips.size()),
      prober_(config.vips.size()),
      forwarding_(interfaces_.size(), Forwarding::host),
      rival_lines_(config.vips.size()),
      judge_(*tools_.loop, [this] { awake(); }),
      remove_(*tools_.loop, [this] { remove_vips(); }),
      remove_routes_(*tools_.loop, [this] { remove_routes(); }),
      put_back_(*tools_.loop, [this] { put_back(); }),
      announce_(*tools_.loop, [this] { announce(); }),
      renew_(*tools_.loop, [this] { renew(); }),
      pulse_(*tools_.loop, [this] { watch_own_pulse(); }),
      report_rivals_(*tools_.loop, [this] { report_rivals(); }),
      probe_(*tools_.loop, [this] { probe(); }),
      listen_again_(*tools_.loop, [this] { listen(EPOLLIN); }) {
    Loop& loop = *tools_.loop;
    orders_ = loop.watch(to_main_.get(), EPOLLIN, [this](std::uint32_t) { read_orders(); });
    if (tools_.inbox.fd() >= 0)
        inbox_ = loop.watch(tools_.inbox.fd(), EPOLLIN, [this](std::uint32_t) { read_inbox(); });
    events_ = loop.watch(tools_.monitor.fd(), EPOLLIN, [this](std::uint32_t) { read_events(); });
    // Judge last: an order that is waiting is obeyed first.
    lease_ = loop.watch(tools_.lease_timer.fd(), EPOLLIN, [this](std::uint32_t) {
        tools_.lease_timer.take();
        judge_.set(tools_.loop->now());
    });
    listen_by(std::move(tools_.claims));
}

Status Keeper::sweep() {
    const auto swept = vips_.sweep();
    if (!swept) return swept.error();
    for (const auto& address : swept.value())
        log_event(LogEvent::leftovers_removed, {.address = to_string(address.address)},
                  "removed {}, which an earlier run had left behind", to_string(address.address));
    for (const auto& [vip, interface, sentence] : vips_.in_the_way())
        log_event(LogEvent::vip_in_the_way, {.vip = vip, .interface = interface}, "{}", sentence);
    const auto routes = routes_.sweep();
    if (!routes) return routes.error();
    if (const auto [n, rules] = routes.value(); n + rules > 0)
        log_event(LogEvent::leftovers_removed,
                  "removed {} routes and {} rules, which an earlier run had left behind", n, rules);
    take_stock();
    const auto inventory = take_inventory();
    if (!inventory) return inventory.error();
    return fence_.sweep(inventory.value());
}

void Keeper::run() {
    settle();
    report(ReadyReport{});
    tools_.loop->run();
    Status removed = sweep();
    if (removed) removed = fence_.take_down();
    if (!removed) log_event(LogEvent::leftovers_stuck, "{}", removed.error().what);
}

// --- Orders

void Keeper::read_orders() {
    page_.guard_was_awake(boot_now());
    const auto obey_one = [this](Bytes bytes, Descriptors&) {
        if (const auto order = decode_order(bytes))
            std::visit([this](const auto& o) { obey(o); }, *order);
        else
            log_error("an order cannot be read and is ignored");
    };
    if (receive_messages(to_main_.get(), obey_one) == ChannelState::closed) main_is_gone();
}

// A lease that is over already needs no address: it ends like one that expires while it is held.
void Keeper::obey(const HoldOrder& order) {
    if (state_ != State::idle) {
        page_.close();
        report(HoldFailedReport{order.round, "the VIPs of an earlier term are not down yet"});
        return;
    }
    round_ = order.round;
    tools_.last_will.deposit(order.last_will);
    if (page_.close_if_expired(boot_now())) return let_go(LetGo::lease_expired);

    prepare(config_.vips, interfaces_);
    read_forwarding();
    if (Status added = vips_.hold(); !added) {
        page_.close();
        return hold_failed(added.error().what);
    }
    if (Status added = routes_.hold(); !added) {
        why_hold_failed_ = added.error().what;
        return let_go(LetGo::hold_failed);
    }
    begin_holding(boot_now());
}

void Keeper::hold_failed(const std::string& why) {
    tools_.last_will.forget();
    log_error("cannot hold the VIPs of round {}: {}", round_, why);
    report(HoldFailedReport{round_, why});
}

// One of an earlier round has been fulfilled already, when its lease expired.
void Keeper::obey(const DropOrder& order) {
    if (state_ == State::idle || order.round != round_)
        return report(DroppedReport{order.round, DropReason::ordered});
    if (state_ == State::letting_go)
        why_ = LetGo::ordered;
    else
        let_go(LetGo::ordered);
}

void Keeper::obey(const AnnounceOrder&) {
    if (state_ != State::holding) return;
    log_info("announces the VIPs again, as ordered");
    announce_all_again();
}

void Keeper::obey(const DepositOrder& order) {
    if (state_ == State::holding && order.round == round_)
        tools_.last_will.deposit(order.last_will);
}

void Keeper::main_is_gone() {
    orders_.clear();
    main_gone_ = true;
    log_notice("the main process is gone");
    if (state_ == State::holding)
        let_go(LetGo::main_gone);
    else if (state_ == State::letting_go)
        why_ = LetGo::main_gone;
    else
        tools_.loop->stop();
}

// --- Holding and letting go

void Keeper::begin_holding(Instant acknowledged_at) {
    state_ = State::holding;
    bites_before_ = fence_.drops().bites();
    for (std::size_t vip = 0; vip < vips_.size(); ++vip) announcer_.start(vip, acknowledged_at);
    announce();
    const Instant announced_at = boot_now();
    report(HeldReport{round_, acknowledged_at, announced_at});
    ignore_earlier_claims();
    tools_.lease_timer.set(page_.expiry().value_or(announced_at));
    renew_.set(acknowledged_at + vips_.lifetime() / 2);
    pulse_.set(announced_at + pulse_interval);
    log_event(LogEvent::vips_put_on, {.term = round_}, "holds the VIPs of round {}", round_);
    mend_fence();  // only now: asking for it takes longer than to announce
}

/// Every call by a timer begins so: nothing is done for a lease that is over.
void Keeper::awake() {
    page_.guard_was_awake(boot_now());
    judge_lease();
}

void Keeper::judge_lease() {
    if (state_ != State::holding) return;
    const Instant now = boot_now();
    if (page_.close_if_expired(now))
        let_go(LetGo::lease_expired);
    else
        tools_.lease_timer.set(page_.expiry().value_or(now));
}

void Keeper::let_go(LetGo why) {
    why_ = why;
    state_ = State::letting_go;
    page_.close();
    announcer_.stop();
    rivals_.forget();
    tools_.lease_timer.clear();
    for (Loop::Timer* timer : {&judge_, &put_back_, &announce_, &renew_, &pulse_, &report_rivals_})
        timer->clear();
    remove_vips();
}

// Ends even if the kernel never obeys: the addresses, which are not renewed any more, expire.
void Keeper::remove_vips() {
    if (state_ != State::letting_go) return;
    if (Status dropped = vips_.drop(); !dropped) {
        if (const auto count = kernel_lines_.count(boot_now()))
            log_event(LogEvent::vip_stuck, {.term = round_}, "{} ({} times), trying again",
                      dropped.error().what, count);
        remove_.set(boot_now() + remove_again_after);
        return;
    }
    vips_are_down();
}

void Keeper::vips_are_down() {
    state_ = State::idle;
    switch (why_) {
        case LetGo::ordered:
            tools_.last_will.forget();
            report(DroppedReport{round_, DropReason::ordered});
            log_event(LogEvent::vips_taken_off, {.term = round_},
                      "dropped the VIPs of round {}, as ordered", round_);
            break;
        case LetGo::lease_expired: {
            const auto sent = tools_.last_will.send();
            report(DroppedReport{round_, DropReason::lease_expired});
            log_event(LogEvent::lease_expired, {.term = round_},
                      "the lease of round {} expired: VIPs removed, last will sent to {}", round_,
                      sent);
            tell_bites();
            break;
        }
        case LetGo::main_gone: {
            const auto sent = tools_.last_will.send();
            log_event(LogEvent::last_will_sent, {.term = round_},
                      "VIPs of round {} removed, last will sent to {}", round_, sent);
            tell_bites();
            break;
        }
        case LetGo::hold_failed:
            hold_failed(why_hold_failed_);
            break;
    }
    remove_routes();
    if (main_gone_) tools_.loop->stop();
}

// Last of all: nobody waits for them, and no other node is hindered by them.
void Keeper::remove_routes() {
    if (state_ != State::idle) return;
    if (Status dropped = routes_.drop(); !dropped) {
        if (const auto count = route_lines_.count(boot_now()))
            log_event(LogEvent::route_stuck, "{} ({} times), trying again", dropped.error().what,
                      count);
        remove_routes_.set(boot_now() + remove_again_after);
    }
}

void Keeper::renew() {
    awake();
    if (state_ != State::holding) return;
    renew_.set(boot_now() + vips_.lifetime() / 2);
    if (Status renewed = vips_.renew(); !renewed)
        if (const auto count = kernel_lines_.count(boot_now()))
            log_event(LogEvent::vip_not_renewed, {.term = round_}, "{} ({} times)",
                      renewed.error().what, count);
    read_forwarding();
    mend_fence();
    if (vips_.any_missing())
        put_back();
    else
        put_back_routes();
}

// After a pause neighbours and switches may have forgotten us, or have heard others.
void Keeper::watch_own_pulse() {
    const Duration late = tools_.loop->lateness();
    awake();
    if (state_ != State::holding) return;
    pulse_.set(boot_now() + pulse_interval);
    if (late < pause_min) return;
    log_event(LogEvent::pause_detected, "stood still for {} ms; announces the VIPs again",
              std::chrono::duration_cast<std::chrono::milliseconds>(late).count());
    announce_all_again();
}

void Keeper::report(const GuardReport& report) {
    if (send_over(to_main_.get(), report) == Sent::no_room)
        log_event(LogEvent::main_silent, "the main process does not read; a report to it is lost");
}

}  // namespace komainu
