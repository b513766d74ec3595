// What is done with a configuration that was read anew. By the time it comes here everything has
// been accepted, so that it is taken over as a whole, in one wake-up, and moves nothing by itself.
#include <nlohmann/json.hpp>

#include "conf/reload.h"
#include "conf/settings_digests.h"
#include "daemon/control_request.h"
#include "daemon/daemon.h"
#include "guard/interfaces.h"
#include "io/log.h"

namespace komainu {

using nlohmann::json;

void Daemon::start_reload(std::optional<ClientId> client) {
    if (const std::string busy(reload_.under_way()); !busy.empty()) {
        if (client) return control_.reply(*client, refusal_line(busy));
        return log_notice("{}", busy);
    }
    reload_client_ = client;
    supervisor_.reloading();
    reload_.begin();
}

/// From here on the lease is short enough for the guard to remove the old VIPs or the new ones.
GuardAsked Daemon::ask_guard(const NewConfig& wanted) {
    if (!guard_ || !concerns_guard(config_, wanted.config)) return GuardAsked::not_needed;
    reconfigure(removal_of(std::max(config_.guarded(), wanted.config.guarded())));
    const bool asked = guard_->reload(static_cast<std::uint64_t>(wanted.run), wanted.text);
    return asked ? GuardAsked::yes : GuardAsked::cannot_be;
}

void Daemon::take_over(NewConfig wanted) {
    if (!runner_.take_over(wanted.run)) return take_over_without_runner(wanted);
    take_over_vips(wanted.config);
    config_ = std::move(wanted.config);
    loaded_.text = wanted.text;
    if (!wanted.keys->has_same_keys(*keys_)) {
        wanted.changes.push_back("the keys");
        take_over_keys(std::move(wanted.keys));
    }
    services_.take_over(config_.services, config_.lifecheck.require);
    services_may_have_changed();
    outside_.take_over();
    interfaces_may_have_changed();
    link_book_.set_times({config_.heartbeat.interval, config_.heartbeat.deadtime});
    reconfigure(removal_of(config_.guarded()));
    streams_.settings_changed();
    supervisor_.ready();
    for (const std::string& change : wanted.changes) log_notice("reload: {}", change);
    log_event(LogEvent::reloaded, "reload: {}",
              wanted.changes.empty() ? "nothing has changed" : "done");
    if (const auto client = std::exchange(reload_client_, {}))
        control_.reply(*client, answer_line({{"ok", true}, {"changes", wanted.changes}}));
}

/// The runner goes on with what it had, or is gone. What the guard has already taken over cannot
/// wait for it.
void Daemon::take_over_without_runner(const NewConfig& wanted) {
    const std::string trouble(runner_.trouble());
    if (!wanted.guard_has_it) return reload_refused(trouble, {});
    Config vips_alone = config_;
    vips_alone.vips = wanted.config.vips;
    vips_alone.lifecheck.track_interface = wanted.config.lifecheck.track_interface;
    take_over_vips(vips_alone);
    config_ = std::move(vips_alone);
    interfaces_may_have_changed();
    reconfigure(removal_of(config_.guarded()));
    streams_.settings_changed();
    reload_refused(trouble + ": of the new configuration the VIPs alone are taken over", {});
}

/// What is kept by VIP or by interface. What the LAN was asked for by the old places is asked anew.
void Daemon::take_over_vips(const Config& wanted) {
    rivals_.change_to(former_places(config_.vips, wanted.vips));
    if (start_) start_->probed.reset();
    const auto tracked = tracked_only(wanted);
    std::set<std::string> interfaces(tracked.begin(), tracked.end());
    for (const VipConfig& vip : wanted.vips) interfaces.insert(vip.interface);
    tracking_.take_over(interfaces, wanted.lifecheck.track_delay);
    status_line_.take_over(wanted);
}

void Daemon::reconfigure(Duration removal) {
    step(Reconfigured{config_.heartbeat.interval, config_.heartbeat.deadtime, removal,
                      config_.preempt_after(), settings_digests(config_)});
}

/// The guard's last will is sealed with a key that may be gone from the other nodes soon.
void Daemon::take_over_keys(std::unique_ptr<const KeyRing> keys) {
    datagrams_.use(*keys);
    streams_.use(*keys);
    keys_ = std::move(keys);
    if (gate_) gate_->replace_last_will([this](Term term) { return last_will(term); });
}

void Daemon::reload_refused(const std::string& why, const std::vector<std::string>& problems) {
    for (const std::string& problem : problems) log_event(LogEvent::config_mistake, "{}", problem);
    log_event(LogEvent::reload_refused, "{}", why);
    const Duration removal = removal_of(config_.guarded());
    if (!reload_.guard_is_asked() && node_.settings().removal != removal) reconfigure(removal);
    supervisor_.ready();
    if (const auto client = std::exchange(reload_client_, {}))
        control_.reply(*client,
                       answer_line({{"ok", false}, {"error", why}, {"details", problems}}));
}

}  // namespace komainu
