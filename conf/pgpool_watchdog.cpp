#include "conf/pgpool_watchdog.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>

namespace komainu {

namespace {

constexpr std::string_view digits = "0123456789";

constexpr std::string_view by_itself = "komainu does that itself, without running a program";
constexpr std::string_view on_heartbeats =
    "everything between the nodes travels on the port of [heartbeat], at their addresses";
constexpr std::string_view on_members =
    "who is a member, and votes, stands in komainu.conf alone; remove the section of a node that "
    "is gone for good on all nodes";
constexpr std::string_view on_backends =
    "komainu decides who holds the VIP, and nothing on backends; pgpool-II itself does when it is "
    "without its watchdog";
constexpr std::string_view of_query = "belongs to wd_lifecheck_method = 'query'";
constexpr std::string_view of_old = "belongs to versions before 4.2, and this file names hostname0";
constexpr std::string_view of_new =
    "belongs to versions from 4.2 on, and this file names no hostname0";
constexpr std::string_view of_service = "the check of [service.pgpool] needs no port";

struct Known {
    std::string_view name;
    std::string_view why_not;  ///< where it has been left
};

constexpr auto known = std::to_array<Known>({
    {"use_watchdog", ""},
    {"hostname", ""},
    {"wd_port", on_heartbeats},
    {"pgpool_port", of_service},
    {"wd_listen_address", on_heartbeats},
    {"wd_listen_port", on_heartbeats},
    {"wd_hostname", of_old},
    {"other_pgpool_hostname", of_old},
    {"other_pgpool_port", of_service},
    {"other_wd_port", on_heartbeats},
    {"wd_authkey",
     "a cluster of komainu's has a key of its own; make it by (umask 077; komainuctl keygen > "
     "/etc/komainu/cluster.key), and copy the file to all nodes"},
    {"wd_priority", ""},
    {"wd_ipc_socket_dir", "programs talk to the socket of [control], or run komainuctl"},
    {"trusted_servers", ""},
    {"trusted_server_command", by_itself},
    {"ping_path", by_itself},
    {"delegate_IP", ""},
    {"delegate_ip", ""},
    {"ifconfig_path", by_itself},
    {"if_cmd_path", by_itself},
    {"if_up_cmd", "belongs to delegate_ip, which is not given"},
    {"if_down_cmd", by_itself},
    {"arping_path", by_itself},
    {"arping_cmd", by_itself},
    {"clear_memqcache_on_escalation",
     "the query cache is pgpool-II's own; a [hook.NAME] with on = active can have it cleared"},
    {"wd_escalation_command", ""},
    {"wd_de_escalation_command", ""},
    {"failover_when_quorum_exists", on_backends},
    {"failover_require_consensus", on_backends},
    {"allow_multiple_failover_requests_from_node", on_backends},
    {"enable_consensus_with_half_votes", ""},
    {"wd_remove_shutdown_nodes", on_members},
    {"wd_lost_node_removal_timeout", on_members},
    {"wd_no_show_node_removal_timeout", on_members},
    {"wd_monitoring_interfaces_list", ""},
    {"wd_lifecheck_method", ""},
    {"wd_interval", "a node that is silent is dead as soon as the deadtime is over"},
    {"heartbeat_hostname", of_new},
    {"heartbeat_port", of_new},
    {"heartbeat_device", ""},
    {"heartbeat_destination", of_old},
    {"heartbeat_destination_port", of_old},
    {"wd_heartbeat_port", of_old},
    {"wd_heartbeat_listen_addresses", on_heartbeats},
    {"wd_heartbeat_listen_port", on_heartbeats},
    {"wd_heartbeat_keepalive", ""},
    {"wd_heartbeat_deadtime", ""},
    {"wd_life_point", of_query},
    {"wd_lifecheck_query", of_query},
    {"wd_lifecheck_dbname", of_query},
    {"wd_lifecheck_user", of_query},
    {"wd_lifecheck_password",
     "not copied, since others can read this file; put it into a file that only the user of "
     "komainud can read, and passfile=FILE into the conninfo"},
});

std::string_view without_number(std::string_view name) {
    const auto end = name.find_last_not_of(digits);
    return name.substr(0, end == name.npos ? 0 : end + 1);
}

bool begins_as_watchdogs(std::string_view name) {
    constexpr std::array<std::string_view, 8> beginnings{
        "wd_",       "other_wd_",      "other_pgpool_", "heartbeat_",
        "delegate_", "trusted_server", "if_",           "arping_"};
    return std::ranges::any_of(beginnings, [&](auto one) { return name.starts_with(one); });
}

bool speaks_of_watchdog(std::string_view name) {
    constexpr std::array<std::string_view, 4> words{"watchdog", "escalation", "quorum",
                                                    "consensus"};
    return std::ranges::any_of(words, [&](auto word) { return name.find(word) != name.npos; });
}

const Known* find_known(std::string_view name) {
    auto found = std::ranges::find(known, name, &Known::name);
    if (found == known.end()) found = std::ranges::find(known, without_number(name), &Known::name);
    return found == known.end() ? nullptr : &*found;
}

constexpr int number_max = 9999;

/// The number that follows the name, if nothing else does.
std::optional<int> number_after(std::string_view text, std::string_view name) {
    if (!text.starts_with(name)) return {};
    text.remove_prefix(name.size());
    int number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || rest != end || number < 0 || number > number_max) return {};
    return number;
}

}  // namespace

const PgpoolParameter* PgpoolWatchdog::find(std::string_view name) const {
    const auto found = std::ranges::find(parameters_, name, &PgpoolParameter::name);
    return found == parameters_.end() || found->value.empty() ? nullptr : &*found;
}

const PgpoolParameter* PgpoolWatchdog::take(std::string_view name) {
    const auto* const found = find(name);
    if (found != nullptr) taken_.insert(found->name);
    return found;
}

std::map<int, const PgpoolParameter*> PgpoolWatchdog::take_numbered(std::string_view name) {
    std::map<int, const PgpoolParameter*> found;
    for (const PgpoolParameter& parameter : parameters_) {
        const auto number = number_after(parameter.name, name);
        if (!number || parameter.value.empty() || !found.emplace(*number, &parameter).second)
            continue;
        taken_.insert(parameter.name);
    }
    return found;
}

bool PgpoolWatchdog::mentions(std::string_view name) const {
    return std::ranges::any_of(parameters_, [&](const PgpoolParameter& parameter) {
        return without_number(parameter.name) == name;
    });
}

bool PgpoolWatchdog::has_numbered(std::string_view name) const {
    return std::ranges::any_of(parameters_, [&](const PgpoolParameter& parameter) {
        return !parameter.value.empty() && number_after(parameter.name, name);
    });
}

std::vector<const PgpoolParameter*> PgpoolWatchdog::untaken() const {
    std::vector<const PgpoolParameter*> left;
    for (const PgpoolParameter& parameter : parameters_)
        if (!parameter.value.empty() && is_of_watchdog(parameter.name) &&
            taken_.count(parameter.name) == 0)
            left.push_back(&parameter);
    return left;
}

std::vector<const PgpoolParameter*> PgpoolWatchdog::empty() const {
    std::vector<const PgpoolParameter*> found;
    for (const PgpoolParameter& parameter : parameters_)
        if (parameter.value.empty() && is_of_watchdog(parameter.name)) found.push_back(&parameter);
    return found;
}

bool is_of_watchdog(std::string_view name) {
    return find_known(name) != nullptr || begins_as_watchdogs(name) || speaks_of_watchdog(name);
}

std::string_view why_not(std::string_view name) {
    const Known* const found = find_known(name);
    return found == nullptr ? std::string_view() : found->why_not;
}

bool is_secret(std::string_view name) {
    return name.find("password") != name.npos || name.find("authkey") != name.npos;
}

std::vector<std::string_view> known_pgpool_names() {
    std::vector<std::string_view> names;
    for (const Known& one : known) names.push_back(one.name);
    return names;
}

Result<bool> read_pgpool_switch(std::string_view text) {
    std::string word(text);
    std::ranges::transform(word, word.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    for (const std::string_view yes : {"on", "yes", "true", "1"})
        if (word == yes) return true;
    for (const std::string_view no : {"off", "no", "false", "0"})
        if (word == no) return false;
    return Error{quoted(text) + " is neither on nor off; write one of them"};
}

Result<Duration> read_pgpool_duration(std::string_view text, Range<Duration> range) {
    struct Unit {
        std::string_view name;
        Duration length;
    };
    constexpr std::array<Unit, 6> units{
        {{"", 1s}, {"ms", 1ms}, {"s", 1s}, {"min", 1min}, {"h", 1h}, {"d", 24h}}};
    std::int64_t number = -1;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    const auto unit =
        std::ranges::find(units, trim({rest, static_cast<std::size_t>(end - rest)}), &Unit::name);
    if (error != std::errc{} || number < 0 || unit == units.end())
        return Error{quoted(text) + " is not a duration; write it such as 2s"};
    const bool too_long = number > range.most / unit->length;
    if (too_long || number * unit->length < range.least)
        return Error{fmt::format("{} is out of range; write {} to {}", quoted(text),
                                 to_string(range.least), to_string(range.most))};
    return Duration{number * unit->length};
}

std::vector<std::string_view> items_of(std::string_view text, char separator) {
    std::vector<std::string_view> items;
    for (;;) {
        const auto end = text.find(separator);
        if (const auto item = trim(text.substr(0, end)); !item.empty()) items.push_back(item);
        if (end == text.npos) return items;
        text.remove_prefix(end + 1);
    }
}

}  // namespace komainu
