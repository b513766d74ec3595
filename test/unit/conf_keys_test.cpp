// Each key of the configuration changes the model, and nothing is known that has no case here.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "conf/value_text.h"
#include "test/unit/conf_text.h"

namespace komainu {
namespace {

struct KeyCase {
    std::string key;    ///< as known_keys() has it
    std::string value;  ///< another one than the default
    std::function<bool(const Config&)> holds;
};

const std::vector<KeyCase>& cases() {
    static const std::vector<KeyCase> all{
        {"cluster.name", "temple", [](auto& c) { return c.cluster_name == "temple"; }},
        {"cluster.key_file", "/k", [](auto& c) { return c.key_file == "/k"; }},
        {"cluster.quorum", "none", [](auto& c) { return c.quorum == QuorumRule::none; }},
        {"cluster.on_quorum_loss", "hold",
         [](auto& c) { return c.on_quorum_loss == QuorumLoss::hold; }},
        {"cluster.trusted_servers", "10.77.0.254  fd00::fe",
         [](auto& c) {
             return c.trusted_servers ==
                    std::vector{*parse_address("10.77.0.254"), *parse_address("fd00::fe")};
         }},
        {"cluster.conflict", "take-over",
         [](auto& c) { return c.conflict == ConflictRule::take_over; }},
        {"cluster.preempt", "yes", [](auto& c) { return c.preempt; }},
        {"cluster.preempt_delay", "1min", [](auto& c) { return c.preempt_delay == 1min; }},
        {"cluster.node_id", "64", [](auto& c) { return c.self == NodeId{64}; }},
        {"node.N.address", "fd00::1",
         [](auto& c) { return to_string(c.nodes.at(0).addresses.at(0)) == "fd00::1"; }},
        {"node.N.priority", "65535", [](auto& c) { return c.nodes.at(0).priority == 65535; }},
        {"node.N.witness", "yes", [](auto& c) { return c.nodes.at(0).witness; }},
        {"heartbeat.mode", "multicast",
         [](auto& c) { return c.heartbeat.mode == HeartbeatMode::multicast; }},
        {"heartbeat.group", "239.77.0.1",
         [](auto& c) { return c.heartbeat.group == parse_address("239.77.0.1"); }},
        {"heartbeat.interval", "10ms", [](auto& c) { return c.heartbeat.interval == 10ms; }},
        {"heartbeat.deadtime", "2s", [](auto& c) { return c.heartbeat.deadtime == 2s; }},
        {"heartbeat.port", "65535", [](auto& c) { return c.heartbeat.port == 65535; }},
        {"link.N.mode", "multicast",
         [](auto& c) { return c.links.at(0).mode == HeartbeatMode::multicast; }},
        {"link.N.interface", "eth1", [](auto& c) { return c.links.at(0).interface == "eth1"; }},
        {"link.N.group", "239.77.0.2",
         [](auto& c) { return c.links.at(0).group == parse_address("239.77.0.2"); }},
        {"link.N.port", "9695", [](auto& c) { return c.links.at(0).port == 9695; }},
        {"vip.NAME.address", "10.77.0.7/16",
         [](auto& c) { return to_string(c.vips.at(0).address) == "10.77.0.7/16"; }},
        {"vip.NAME.interface", "bond0.7",
         [](auto& c) { return c.vips.at(0).interface == "bond0.7"; }},
        {"vip.NAME.label", "eth0:pg", [](auto& c) { return c.vips.at(0).label == "eth0:pg"; }},
        {"vip.NAME.scope", "link",
         [](auto& c) { return c.vips.at(0).scope == AddressScope::link; }},
        {"vip.NAME.noprefixroute", "yes", [](auto& c) { return c.vips.at(0).noprefixroute; }},
        {"vip.NAME.up_command", "/bin/up \"a b\"",
         [](auto& c) {
             return c.all_vips().at(0).up_command == Argv{"/bin/up", "a b"};
         }},
        {"vip.NAME.down_command", "/bin/down",
         [](auto& c) { return c.all_vips().at(0).down_command == Argv{"/bin/down"}; }},
        {"vip.NAME.command_timeout", "5s",
         [](auto& c) { return c.vips.at(0).command_timeout == 5s; }},
        {"route.NAME.destination", "10.80.0.0/16",
         [](auto& c) { return c.routes.at(0).destination == parse_prefix("10.80.0.0/16"); }},
        {"route.NAME.via", "fd77::fe",
         [](auto& c) { return c.routes.at(0).via == parse_address("fd77::fe"); }},
        {"route.NAME.interface", "eth1",
         [](auto& c) { return c.routes.at(0).interface == "eth1"; }},
        {"route.NAME.source", "10.77.0.100",
         [](auto& c) { return c.routes.at(0).source == parse_address("10.77.0.100"); }},
        {"route.NAME.table", "100", [](auto& c) { return c.routes.at(0).table == 100; }},
        {"route.NAME.metric", "7", [](auto& c) { return c.routes.at(0).metric == 7; }},
        {"rule.NAME.from", "10.77.0.100",
         [](auto& c) { return c.rules.at(0).from == parse_prefix("10.77.0.100/32"); }},
        {"rule.NAME.to", "fd80::/64",
         [](auto& c) { return c.rules.at(0).to == parse_prefix("fd80::/64"); }},
        {"rule.NAME.interface", "eth1", [](auto& c) { return c.rules.at(0).interface == "eth1"; }},
        {"rule.NAME.table", "main", [](auto& c) { return c.rules.at(0).table == main_table; }},
        {"rule.NAME.priority", "1000", [](auto& c) { return c.rules.at(0).priority == 1000; }},
        {"service.NAME.check", "tcp",
         [](auto& c) { return c.services.at(0).check == CheckKind::tcp; }},
        {"service.NAME.pid_file", "/p", [](auto& c) { return c.services.at(0).pid_file == "/p"; }},
        {"service.NAME.address", "[::1]:99",
         [](auto& c) { return c.services.at(0).address == parse_endpoint("[::1]:99"); }},
        {"lifecheck.method", "external",
         [](auto& c) { return c.lifecheck.method == LifecheckMethod::external; }},
        {"lifecheck.require", "any", [](auto& c) { return c.lifecheck.require == Require::any; }},
        {"lifecheck.track_interface", "eth1 bond0",
         [](auto& c) {
             return c.lifecheck.track_interface == std::vector<std::string>{"eth1", "bond0"};
         }},
        {"lifecheck.track_delay", "1500ms",
         [](auto& c) { return c.lifecheck.track_delay == 1500ms; }},
        {"service.NAME.url", "http://h/",
         [](auto& c) { return c.services.at(0).url == "http://h/"; }},
        {"service.NAME.status", "200, 301",
         [](auto& c) {
             return c.services.at(0).status == StatusList{{200, 200}, {301, 301}};
         }},
        {"service.NAME.body", "up and well",
         [](auto& c) { return c.services.at(0).body == "up and well"; }},
        {"service.NAME.unix_socket", "/s",
         [](auto& c) { return c.services.at(0).unix_socket == "/s"; }},
        {"service.NAME.conninfo", "host=h password='a=b'",
         [](auto& c) { return c.services.at(0).conninfo == "host=h password='a=b'"; }},
        {"service.NAME.query", "SELECT a = b",
         [](auto& c) { return c.services.at(0).query == "SELECT a = b"; }},
        {"service.NAME.expect", "t", [](auto& c) { return c.services.at(0).expect == "t"; }},
        {"service.NAME.error_answers", "well",
         [](auto& c) { return c.services.at(0).error_answers == ErrorAnswers::well; }},
        {"service.NAME.initial", "ill",
         [](auto& c) { return c.services.at(0).initial == InitialState::ill; }},
        {"service.NAME.weight", "255", [](auto& c) { return c.services.at(0).weight == 255; }},
        {"service.NAME.backend", "0", [](auto& c) { return c.services.at(0).backend == 0; }},
        {"service.NAME.interval", "1min", [](auto& c) { return c.services.at(0).interval == 60s; }},
        {"service.NAME.timeout", "10ms", [](auto& c) { return c.services.at(0).timeout == 10ms; }},
        {"service.NAME.rise", "3", [](auto& c) { return c.services.at(0).rise == 3; }},
        {"service.NAME.fall", "4", [](auto& c) { return c.services.at(0).fall == 4; }},
        {"service.NAME.command", "/c 'd e'",
         [](auto& c) {
             return c.services.at(0).command == Argv{"/c", "d e"};
         }},
        {"service.NAME.user", "u", [](auto& c) { return c.services.at(0).user == "u"; }},
        {"hook.NAME.on", "fault active",
         [](auto& c) {
             return c.hooks.at(0).on == std::vector{HookEvent::fault, HookEvent::active};
         }},
        {"hook.NAME.when", "before",
         [](auto& c) { return c.hooks.at(0).when == HookWhen::before; }},
        {"hook.NAME.command", "/c", [](auto& c) { return c.hooks.at(0).command == Argv{"/c"}; }},
        {"hook.NAME.user", "u", [](auto& c) { return c.hooks.at(0).user == "u"; }},
        {"hook.NAME.timeout", "60min", [](auto& c) { return c.hooks.at(0).timeout == 60min; }},
        {"hook.NAME.wait", "yes", [](auto& c) { return c.hooks.at(0).wait; }},
        {"backends.failover_command", "/f %d",
         [](auto& c) {
             return c.backends.failover_command == Argv{"/f", "%d"};
         }},
        {"backends.failback_command", "/b",
         [](auto& c) { return c.backends.failback_command == Argv{"/b"}; }},
        {"backends.follow_primary_command", "/p",
         [](auto& c) { return c.backends.follow_primary_command == Argv{"/p"}; }},
        {"backends.command_timeout", "5min",
         [](auto& c) { return c.backends.command_timeout == 5min; }},
        {"backends.consensus", "64", [](auto& c) { return c.backends.consensus == 64; }},
        {"backend.N.address", "10.0.0.1:5432",
         [](auto& c) { return to_string(c.backend_list.at(0).address) == "10.0.0.1:5432"; }},
        {"backend.N.data_directory", "/d",
         [](auto& c) { return c.backend_list.at(0).data_directory == "/d"; }},
        {"backend.N.primary", "yes", [](auto& c) { return c.backend_list.at(0).primary; }},
        {"pgpool.pcp", "/s", [](auto& c) { return c.pgpool->pcp.unix_socket == "/s"; }},
        {"pgpool.user", "u", [](auto& c) { return c.pgpool->user == "u"; }},
        {"pgpool.password_file", "/p", [](auto& c) { return c.pgpool->password_file == "/p"; }},
        {"pgpool.mode", "consensus",
         [](auto& c) { return c.pgpool->mode == PgpoolMode::consensus; }},
        {"pgpool.interval", "1s", [](auto& c) { return c.pgpool->interval == 1s; }},
        {"control.socket", "/s", [](auto& c) { return c.control.socket == "/s"; }},
        {"control.state_dir", "/d", [](auto& c) { return c.control.state_dir == "/d"; }},
        {"control.monitor_group", "g", [](auto& c) { return c.control.monitor_group == "g"; }},
        {"daemon.realtime", "no", [](auto& c) { return !c.daemon.realtime; }},
        {"daemon.fence", "require", [](auto& c) { return c.daemon.fence == FenceMode::require; }},
    };
    return all;
}

/// The section with nothing but the key: "node.N.priority" stands under [node.1].
Config with(const KeyCase& c) {
    const auto dot = c.key.rfind('.');
    auto section = c.key.substr(0, dot);
    if (const auto n = section.find(".N"); n != section.npos) section.resize(n), section += ".1";
    return read_config("[" + section + "]\n" + c.key.substr(dot + 1) + " = " + c.value + "\n")
        .config;
}

/// A model in which each section is there, with its defaults.
Config without() {
    return read_config(
               "[cluster]\n[node.1]\n[link.1]\n[vip.1]\n[route.1]\n[rule.1]\n[service.1]\n[hook.1]"
               "\n"
               "[backend.1]\n[pgpool]\n")
        .config;
}

bool is_default(const KeyCase& c) {
    const auto config = without();
    return !c.key.starts_with("node.N.address") && c.holds(config);
}

TEST(ConfKeys, EachChangesTheModel) {
    for (const auto& c : cases()) {
        EXPECT_TRUE(c.holds(with(c))) << c.key;
        EXPECT_FALSE(is_default(c)) << c.key;
    }
}

TEST(ConfKeys, EachHasACaseHere) {
    for (const auto& key : known_keys())
        EXPECT_EQ(std::ranges::count(cases(), key, &KeyCase::key), 1) << key;
    EXPECT_EQ(known_keys().size(), cases().size());
}

TEST(ConfKeys, HaveTheDocumentedDefaults) {
    const auto config = without();
    EXPECT_EQ(config.key_file, "/etc/komainu/cluster.key");
    EXPECT_EQ(config.quorum, QuorumRule::majority);
    EXPECT_EQ(config.conflict, ConflictRule::wait);
    EXPECT_EQ(config.self, no_node);
    EXPECT_EQ(config.nodes.at(0).priority, 100);
    EXPECT_FALSE(config.nodes.at(0).witness);
    EXPECT_EQ(config.heartbeat.mode, HeartbeatMode::unicast);
    EXPECT_EQ(config.heartbeat.interval, 100ms);
    EXPECT_EQ(config.heartbeat.deadtime, 500ms);
    EXPECT_EQ(config.heartbeat.port, 9694);
    EXPECT_EQ(config.vips.at(0).label, "");
    EXPECT_EQ(config.vips.at(0).scope, AddressScope::global);
    EXPECT_FALSE(config.vips.at(0).noprefixroute);
    EXPECT_EQ(config.control.socket, "/run/komainu/control.sock");
    EXPECT_EQ(config.control.state_dir, "/var/lib/komainu");
    EXPECT_EQ(config.control.monitor_group, "komainu-monitor");
    EXPECT_EQ(config.daemon.fence, FenceMode::automatic);
}

TEST(ConfKeys, PutNodesInTheOrderOfTheirNumbersAndVipsInTheOrderOfTheFile) {
    const auto config = read_config("[node.10]\n[node.2]\n[vip.z]\n[vip.a]\n").config;
    EXPECT_EQ(config.nodes.at(0).id, NodeId{2});
    EXPECT_EQ(config.nodes.at(1).id, NodeId{10});
    EXPECT_EQ(config.vips.at(0).name, "z");
    EXPECT_EQ(config.vips.at(1).name, "a");
}

TEST(ConfDuration, HasAUnit) {
    constexpr Range<Duration> any{0ms, 60min};
    EXPECT_EQ(read_duration("1ms", any).value(), 1ms);
    EXPECT_EQ(read_duration("2s", any).value(), 2s);
    EXPECT_EQ(read_duration("3min", any).value(), 3min);
    EXPECT_FALSE(read_duration("3m", any));
    EXPECT_FALSE(read_duration("3 s", any));
    EXPECT_FALSE(read_duration("ms", any));
    EXPECT_FALSE(read_duration("", any));
}

TEST(ConfDuration, IsWrittenInTheShortestExactSpelling) {
    EXPECT_EQ(to_string(Duration{0}), "0ms");
    EXPECT_EQ(to_string(Duration{1500ms}), "1500ms");
    EXPECT_EQ(to_string(Duration{2000ms}), "2s");
    EXPECT_EQ(to_string(Duration{60s}), "1min");
    EXPECT_EQ(to_string(Duration{90s}), "90s");
}

}  // namespace
}  // namespace komainu
