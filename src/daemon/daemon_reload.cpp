// What is done with a configuration that was read anew. By the time it comes here everything has
// been accepted, so that it is taken over as a whole, in one wake-up, and moves nothing by itself.
#include <nlohmann/json.hpp>

#include "conf/settings_digests.h"
#include "daemon/control_request.h"
#include "daemon/daemon.h"
#include "io/log.h"

namespace komainu {

using nlohmann::json;

void Daemon::start_reload(std::optional<ClientId> client) {
    if (reload_.under_way()) {
        constexpr const char* busy = "the configuration is being read already";
        if (client) return control_.reply(*client, refusal_line(busy));
        return log_notice("{}", busy);
    }
    reload_client_ = client;
    reload_.begin();
}

void Daemon::take_over(NewConfig wanted) {
    if (!runner_.take_over(wanted.run)) return reload_refused(std::string(runner_.trouble()), {});
    config_ = std::move(wanted.config);
    if (!wanted.keys->has_same_keys(*keys_)) {
        wanted.changes.push_back("the keys");
        take_over_keys(std::move(wanted.keys));
    }
    services_.take_over(config_.services, config_.lifecheck.require);
    services_may_have_changed();
    outside_.take_over();
    const HeartbeatConfig& times = config_.heartbeat;
    link_book_.set_deadtime(times.deadtime);
    step(Reconfigured{times.interval, times.deadtime, removal_of(config_.vips.size()),
                      config_.preempt_after(), settings_digests(config_)});
    for (const std::string& change : wanted.changes) log_notice("reload: {}", change);
    log_notice("reload: {}", wanted.changes.empty() ? "nothing has changed" : "done");
    if (const auto client = std::exchange(reload_client_, {}))
        control_.reply(*client, answer_line({{"ok", true}, {"changes", wanted.changes}}));
}

/// The guard's last will is sealed with a key that may be gone from the other nodes soon.
void Daemon::take_over_keys(std::unique_ptr<const KeyRing> keys) {
    datagrams_.use(*keys);
    keys_ = std::move(keys);
    if (gate_) gate_->replace_last_will([this](Term term) { return last_will(term); });
}

void Daemon::reload_refused(const std::string& why, const std::vector<std::string>& problems) {
    for (const std::string& problem : problems) log_error("{}", problem);
    log_error("{}", why);
    if (const auto client = std::exchange(reload_client_, {}))
        control_.reply(*client,
                       answer_line({{"ok", false}, {"error", why}, {"details", problems}}));
}

}  // namespace komainu
