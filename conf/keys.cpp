#include "conf/keys.h"

#include <boost/any.hpp>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <functional>

#include "base/deadtime.h"
#include "conf/url.h"
#include "conf/value_text.h"

namespace komainu {

namespace po = boost::program_options;

namespace {

constexpr Range<Duration> heartbeat_intervals{1ms, 60min};
constexpr Range<Duration> deadtimes{deadtime_min, deadtime_max};
constexpr Range<Duration> check_durations{10ms, 60min};
constexpr Range<Duration> preempt_delays{0ms, 24h};
constexpr Range<Duration> track_delays{0ms, 60min};
constexpr Range<Duration> hook_durations{10ms, 60min};
constexpr Range<Duration> pgpool_intervals{100ms, 10s};
constexpr Range<int> ports{1, 65535};
constexpr Range<int> priorities{0, 65535};
constexpr Range<int> check_counts{1, 1000};
constexpr Range<int> weights{1, 255};
constexpr Range<int> backend_ids{0, static_cast<int>(backends_max) - 1};
constexpr Range<int> node_counts{1, nodes_max};

enum class Presence { optional, required };

/// Sets the member from the text, or says why not.
template <class Member>
using Read = std::function<Status(std::string_view text, Member& member)>;

/// The semantics of one key: Boost stores what `read` makes of the text, and notify() moves it to
/// the model. Boost's own typed_value would need operator>> for each type, whose failure can only
/// say "invalid".
template <class Member>
class Value : public po::value_semantic_codecvt_helper<char> {
public:
    Value(Member& member, Presence presence, Read<Member> read)
        : member_(member), presence_(presence), read_(std::move(read)) {}

    std::string name() const override { return "value"; }
    unsigned min_tokens() const override { return 1; }
    unsigned max_tokens() const override { return 1; }
    bool is_composing() const override { return false; }
    bool is_required() const override { return presence_ == Presence::required; }
    bool apply_default(boost::any&) const override { return false; }
    void notify(const boost::any& stored) const override {
        member_ = boost::any_cast<Member>(stored);
    }

protected:
    void xparse(boost::any& stored, const std::vector<std::string>& tokens) const override {
        // What is stored already counts for a list, to which each line of the file adds.
        Member value = stored.empty() ? Member{} : boost::any_cast<Member>(stored);
        if (const auto done = read_(tokens.front(), value); !done)
            throw po::error(done.error().what);
        stored = value;
    }

private:
    Member& member_;
    Presence presence_;
    Read<Member> read_;
};

/// Makes the semantics of a key that is read by `read(text)`. Boost takes ownership.
template <class Member, class ReadText>
Value<Member>* value(Member& member, ReadText read, Presence presence = Presence::optional) {
    return new Value<Member>(member, presence,
                             [read](std::string_view text, Member& into) -> Status {
                                 auto made = read(text);
                                 if (!made) return made.error();
                                 into = static_cast<Member>(*made);
                                 return Ok{};
                             });
}

Value<Duration>* duration(Duration& member, Range<Duration> range) {
    return value(member, [range](std::string_view text) { return read_duration(text, range); });
}

template <class Number>
Value<Number>* number(Number& member, Range<int> range) {
    return value(member, [range](std::string_view text) { return read_number(text, range); });
}

/// Of a number that need not be given.
Value<std::optional<int>>* count(std::optional<int>& member, Range<int> range) {
    return value(member, [range](std::string_view text) { return read_number(text, range); });
}

template <class Member, class Choice, std::size_t N>
Value<Member>* choice(Member& member, const std::array<Named<Choice>, N>& table) {
    return value(member, [&table](std::string_view text) { return read_choice(text, table); });
}

template <class Choice, std::size_t N>
Value<std::vector<Choice>>* choices(std::vector<Choice>& member,
                                    const std::array<Named<Choice>, N>& table) {
    return value(
        member, [&table](std::string_view text) { return read_choices(text, table); },
        Presence::required);
}

/// A key that may stand on several lines, one link each.
class Links : public Value<std::vector<IpAddress>> {
public:
    explicit Links(std::vector<IpAddress>& member)
        : Value(member, Presence::required, [](std::string_view text, auto& links) -> Status {
              if (links.size() == links_max)
                  return Error{"one address too many, a node has at most " +
                               std::to_string(links_max) + "; remove this line"};
              auto address = read_address(text);
              if (!address) return address.error();
              links.push_back(*address);
              return Ok{};
          }) {}
    bool is_composing() const override { return true; }
};

Result<std::vector<IpAddress>> read_servers(std::string_view text) {
    return read_addresses(text, trusted_servers_max);
}

Result<std::vector<std::string>> read_tracked(std::string_view text) {
    return read_interface_names(text, tracked_interfaces_max);
}

Result<NodeId> read_node_id(std::string_view text) {
    auto id = read_number(text, {1, nodes_max});
    if (!id) return id.error();
    return NodeId{static_cast<std::uint8_t>(*id)};
}

}  // namespace

Keys cluster_keys(Config& config) {
    Keys keys;
    keys.add_options()                                                       //
        ("name", value(config.cluster_name, read_name, Presence::required))  //
        ("key_file", value(config.key_file, read_absolute_path))             //
        ("quorum", choice(config.quorum, quorum_rules))                      //
        ("on_quorum_loss", choice(config.on_quorum_loss, quorum_losses))     //
        ("trusted_servers", value(config.trusted_servers, read_servers))     //
        ("conflict", choice(config.conflict, conflict_rules))                //
        ("preempt", choice(config.preempt, yes_or_no))                       //
        ("preempt_delay", duration(config.preempt_delay, preempt_delays))    //
        ("node_id", value(config.self, read_node_id));
    return keys;
}

Keys keys_of(NodeConfig& node) {
    Keys keys;
    keys.add_options()                                   //
        ("address", new Links(node.addresses))           //
        ("priority", number(node.priority, priorities))  //
        ("witness", choice(node.witness, yes_or_no));
    return keys;
}

Keys keys_of(HeartbeatConfig& heartbeat) {
    Keys keys;
    keys.add_options()                                                   //
        ("mode", choice(heartbeat.mode, heartbeat_modes))                //
        ("group", value(heartbeat.group, read_address))                  //
        ("interval", duration(heartbeat.interval, heartbeat_intervals))  //
        ("deadtime", duration(heartbeat.deadtime, deadtimes))            //
        ("port", number(heartbeat.port, ports));
    return keys;
}

Keys keys_of(LinkConfig& link) {
    Keys keys;
    keys.add_options()                                             //
        ("mode", choice(link.mode, heartbeat_modes))               //
        ("interface", value(link.interface, read_interface_name))  //
        ("group", value(link.group, read_address))                 //
        ("port", number(link.port, ports));
    return keys;
}

Keys keys_of(VipConfig& vip) {
    Keys keys;
    keys.add_options()                                                                //
        ("address", value(vip.address, read_prefix, Presence::required))              //
        ("interface", value(vip.interface, read_interface_name, Presence::required))  //
        ("label", value(vip.label, read_label))                                       //
        ("scope", value(vip.scope, read_scope))                                       //
        ("noprefixroute", choice(vip.noprefixroute, yes_or_no))                       //
        ("up_command", value(vip.up_command, read_command))                           //
        ("down_command", value(vip.down_command, read_command))                       //
        ("command_timeout", duration(vip.command_timeout, hook_durations));
    return keys;
}

Keys keys_of(RouteConfig& route) {
    Keys keys;
    keys.add_options()                                                                   //
        ("destination", value(route.destination, read_destination, Presence::required))  //
        ("via", value(route.via, read_address))                                          //
        ("interface", value(route.interface, read_interface_name, Presence::required))   //
        ("source", value(route.source, read_address))                                    //
        ("table", value(route.table, read_table))                                        //
        ("metric", value(route.metric, read_metric));
    return keys;
}

Keys keys_of(RuleConfig& rule) {
    Keys keys;
    keys.add_options()                                                //
        ("from", value(rule.from, read_prefix))                       //
        ("to", value(rule.to, read_prefix))                           //
        ("interface", value(rule.interface, read_interface_name))     //
        ("table", value(rule.table, read_table, Presence::required))  //
        ("priority", value(rule.priority, read_rule_priority, Presence::required));
    return keys;
}

Keys keys_of(LifecheckConfig& lifecheck) {
    Keys keys;
    keys.add_options()                                                       //
        ("method", choice(lifecheck.method, lifecheck_methods))              //
        ("require", choice(lifecheck.require, requirements))                 //
        ("track_interface", value(lifecheck.track_interface, read_tracked))  //
        ("track_delay", duration(lifecheck.track_delay, track_delays));
    return keys;
}

Keys keys_of(ServiceConfig& service) {
    Keys keys;
    keys.add_options()                                                   //
        ("check", choice(service.check, check_kinds))                    //
        ("pid_file", value(service.pid_file, read_absolute_path))        //
        ("address", value(service.address, read_endpoint))               //
        ("url", value(service.url, read_url))                            //
        ("status", value(service.status, read_status_list))              //
        ("body", value(service.body, read_text))                         //
        ("unix_socket", value(service.unix_socket, read_absolute_path))  //
        ("conninfo", value(service.conninfo, read_conninfo))             //
        ("query", value(service.query, read_text))                       //
        ("expect", value(service.expect, read_text))                     //
        ("error_answers", choice(service.error_answers, error_answers))  //
        ("command", value(service.command, read_command))                //
        ("user", value(service.user, read_user_name))                    //
        ("interval", duration(service.interval, check_durations))        //
        ("timeout", duration(service.timeout, check_durations))          //
        ("rise", number(service.rise, check_counts))                     //
        ("fall", number(service.fall, check_counts))                     //
        ("initial", choice(service.initial, initial_states))             //
        ("weight", number(service.weight, weights))                      //
        ("backend", count(service.backend, backend_ids));
    return keys;
}

Keys keys_of(HookConfig& hook) {
    Keys keys;
    keys.add_options()                                                      //
        ("on", choices(hook.on, hook_events))                               //
        ("when", choice(hook.when, hook_moments))                           //
        ("command", value(hook.command, read_command, Presence::required))  //
        ("user", value(hook.user, read_user_name))                          //
        ("timeout", duration(hook.timeout, hook_durations))                 //
        ("wait", choice(hook.wait, yes_or_no));
    return keys;
}

Keys keys_of(BackendsConfig& backends) {
    Keys keys;
    keys.add_options()                                                                    //
        ("failover_command", value(backends.failover_command, read_command))              //
        ("failback_command", value(backends.failback_command, read_command))              //
        ("follow_primary_command", value(backends.follow_primary_command, read_command))  //
        ("command_timeout", duration(backends.command_timeout, hook_durations))           //
        ("consensus", count(backends.consensus, node_counts));
    return keys;
}

Keys keys_of(BackendConfig& backend) {
    Keys keys;
    keys.add_options()                                                          //
        ("address", value(backend.address, read_endpoint, Presence::required))  //
        ("data_directory", value(backend.data_directory, read_absolute_path))   //
        ("primary", choice(backend.primary, yes_or_no));
    return keys;
}

Keys keys_of(PgpoolConfig& pgpool) {
    Keys keys;
    keys.add_options()                                                      //
        ("pcp", value(pgpool.pcp, read_pcp_address))                        //
        ("user", value(pgpool.user, read_user_name, Presence::required))    //
        ("password_file", value(pgpool.password_file, read_absolute_path))  //
        ("mode", choice(pgpool.mode, pgpool_modes))                         //
        ("interval", duration(pgpool.interval, pgpool_intervals));
    return keys;
}

Keys keys_of(ControlConfig& control) {
    Keys keys;
    keys.add_options()                                               //
        ("socket", value(control.socket, read_absolute_path))        //
        ("state_dir", value(control.state_dir, read_absolute_path))  //
        ("monitor_group", value(control.monitor_group, read_group_name));
    return keys;
}

Keys keys_of(DaemonConfig& daemon) {
    Keys keys;
    keys.add_options()                                //
        ("fence", choice(daemon.fence, fence_modes))  //
        ("realtime", choice(daemon.realtime, yes_or_no));
    return keys;
}

}  // namespace komainu
