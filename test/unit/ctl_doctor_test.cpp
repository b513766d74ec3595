// What the doctor makes of what it has seen: a table of ills, each with the sentence that it is to
// find, and the advice.
#include "ctl/doctor.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <nlohmann/json.hpp>

#include "ctl/cluster_view.h"

namespace komainu {
namespace {

using nlohmann::json;

constexpr std::int64_t now_ms = 1'795'000'000'000;
constexpr std::uint64_t cap_net_admin_and_raw = 1u << 12 | 1u << 13;

constexpr const char* lan_network = "/etc/systemd/network/lan.network";
constexpr const char* drop_in = "/etc/systemd/network/lan.network.d/10-keep.conf";

/// What systemd-networkd reads.
std::string keeping(const std::string& what) {
    return "[Network]\nKeepConfiguration=" + what + "\n";
}

json link(const char* address) {
    return {{"address", address}, {"alive", true},     {"rtt_us", 90},
            {"loss_percent", 0},  {"received", 100},   {"received_ms_ago", 20},
            {"refused", 0},       {"refused_why", ""}, {"refused_ms_ago", nullptr}};
}

json node(int id, const char* role) {
    const auto last = std::to_string(id);
    return {{"id", id},
            {"role", role},
            {"alive", true},
            {"healthy", true},
            {"priority", 100},
            {"started", "2026-11-18T10:00:00.000Z"},
            {"hears", {1, 2, 3}},
            {"stale", 0},
            {"stream", "10.77.0." + last},
            {"refused", ""},
            {"links", {link(("10.77.0." + last).c_str()), link(("10.78.0." + last).c_str())}}};
}

json healthy_status() {
    return {{"cluster", "shrine"},
            {"version", "1.0"},
            {"node_id", 1},
            {"role", "active"},
            {"active", 1},
            {"term", 3},
            {"quorum", true},
            {"votes", {{"heard", 3}, {"needed", 2}}},
            {"port", 9694},
            {"deadtime_ms", 500},
            {"config", {{"file", "/etc/komainu/komainu.conf"}, {"digest", "aa"}}},
            {"nodes", {node(1, "active"), node(2, "standby"), node(3, "witness")}},
            {"vips",
             {{{"name", "main"},
               {"address", "10.77.0.100/24"},
               {"interface", "eth0"},
               {"held", true}}}},
            {"datagrams", {{"dropped", 7}, {"forbidden", 0}, {"unreachable", 0}}},
            {"streams", {{"trouble", ""}}},
            {"fence", {{"state", "armed"}, {"reason", ""}, {"dropped", 0}}},
            {"lateness", {{"p50_us", 10}, {"p999_us", 900}, {"max_us", 2000}}},
            {"runner", {{"state", "ok"}, {"reason", ""}}}};
}

/// What a healthy node shows. `status` is what its daemon says, twice.
struct Scene {
    json status = healthy_status();
    json later = status;
    DoctorFacts facts;

    Scene() {
        facts.version = "1.0";
        facts.root = true;
        facts.now_ms = now_ms;
        facts.config_file = "/etc/komainu/komainu.conf";
        facts.config_good = true;
        facts.config_digest = "aa";
        facts.config.vips = {{"main", parse_prefix("10.77.0.100/24").value(), "eth0"}};
        facts.socket = "/run/komainu/control.sock";
        facts.main = ProcessView{.pid = 10,
                                 .name = "komainud",
                                 .user = 999,
                                 .real_time = true,
                                 .locked_kib = 900,
                                 .files_max = 1024};
        facts.children = {
            {.pid = 11, .name = "komainu-guard", .capabilities = cap_net_admin_and_raw},
            {.pid = 12, .name = "komainu-runner"}};
        facts.addresses = {{"eth0", parse_prefix("10.77.0.1/24").value()},
                           {"eth0", parse_prefix("10.77.0.100/24").value()}};
        facts.doubles.emplace();
        facts.interfaces["eth0"] = {.exists = true, .up = true, .carrier = true};
        facts.settings["net/ipv4/conf/eth0/arp_ignore"] = 0;
        facts.state_dir = {.is_directory = true, .free_kib = 1 << 20};
        facts.state_dir_right = true;
        facts.programs = {{"hook.mail", "/usr/bin/mail", 0}};
    }

    json& peer(std::size_t i = 1) { return status["nodes"][i]; }
    json& peer_link(std::size_t i = 0) { return peer()["links"][i]; }
    void no_daemon(Silence silence, const char* why = "") {
        facts.silence = silence;
        facts.why_silent = why;
        status = later = nullptr;
        facts.main.reset();
    }
    Diagnoses diagnoses() {
        if (!status.is_null()) facts.cluster = view_of(status);
        if (!later.is_null()) facts.later = view_of(later);
        return judge(facts);
    }
};

std::string text_of(const Diagnoses& findings) { return findings_text(findings, Colors::off); }

TEST(Doctor, FindsNothingWhereAllIsWell) {
    Scene scene;
    const auto findings = scene.diagnoses();
    for (const auto& finding : findings)
        EXPECT_EQ(finding.judgement, Judgement::ok) << finding.what;
    EXPECT_NE(text_of(findings).find(" checks: 0 problems, 0 warnings\n"), std::string::npos);
}

struct Ill {
    const char* name;
    std::function<void(Scene&)> make;
    const char* check;
    Judgement judgement;
    const char* what;
    const char* advice;
};

void silence_peer(Scene& s) {
    s.peer().update({{"alive", false}, {"role", "down"}, {"stream", nullptr}});
    for (auto& link : s.peer()["links"])
        link.update({{"alive", false}, {"received", 0}, {"received_ms_ago", nullptr}});
    s.status["nodes"][2]["hears"] = {1, 3};
}

void refuse_peer(Scene& s, const char* why) {
    silence_peer(s);
    s.peer_link().update({{"refused", 9}, {"refused_ms_ago", 30}, {"refused_why", why}});
}

const Ill ills[] = {
    {"ThatThereIsNoDirectoryForTheSocket",
     [](Scene& s) {
         s.no_daemon(Silence::no_socket);
         s.facts.socket_dir.error = ENOENT;
     },
     "daemon", Judgement::problem,
     "komainud does not run, and its directory /run/komainu is missing",
     "install -d -m 750 /run/komainu"},
    {"ThatThereIsNoSocket", [](Scene& s) { s.no_daemon(Silence::no_socket); }, "daemon",
     Judgement::problem, "komainud does not run: there is no socket /run/komainu/control.sock",
     "systemctl start komainu"},
    {"ThatTheSocketIsDead", [](Scene& s) { s.no_daemon(Silence::nobody_listens); }, "daemon",
     Judgement::problem, "so it was killed, or has crashed", "journalctl -u komainu"},
    {"ThatTheSocketWasRemoved",
     [](Scene& s) {
         s.no_daemon(Silence::no_socket);
         s.facts.main = ProcessView{.pid = 10, .name = "komainud"};
     },
     "daemon", Judgement::problem, "komainud (pid 10) runs, but there is no socket", "restart it"},
    {"ThatTheConfigurationKeepsItFromStarting",
     [](Scene& s) {
         s.no_daemon(Silence::no_socket);
         s.facts.key_trouble = "k is missing";
     },
     "daemon", Judgement::problem, "could not start with this configuration",
     "correct what follows, then: systemctl start komainu"},
    {"ThatThereIsNoConfiguration",
     [](Scene& s) {
         s.no_daemon(Silence::no_socket);
         s.facts.config_found = s.facts.config_good = false;
         s.facts.errors = {"f: file: cannot be opened"};
     },
     "configuration", Judgement::problem, "f: file: cannot be opened",
     "komainu(7) is where to begin"},
    {"ThatThePortIsTaken",
     [](Scene& s) {
         s.no_daemon(Silence::no_socket);
         s.facts.unbindable["UDP 10.77.0.1:9694"] = EADDRINUSE;
     },
     "port", Judgement::problem, "10.77.0.1:9694 is in use by another program", "ss -tulnp"},
    {"ThatTheAddressIsNotHere",
     [](Scene& s) {
         s.no_daemon(Silence::no_socket);
         s.facts.unbindable["UDP 10.77.0.1:9694"] = EADDRNOTAVAIL;
     },
     "port", Judgement::problem, "10.77.0.1:9694 is on no interface of this host",
     "correct the address of this node"},
    {"ThatItRunsAsRoot", [](Scene& s) { s.facts.main->user = 0; }, "privileges", Judgement::warning,
     "stays user root", "systemd-sysusers"},
    {"ThatThisUserMayNotAsk",
     [](Scene& s) { s.no_daemon(Silence::forbidden, "this user may not use it"); }, "daemon",
     Judgement::unseen, "this user may not use it", "without it"},
    {"ThatTheAnswerIsNone", [](Scene& s) { s.no_daemon(Silence::other, "gave no answer"); },
     "daemon", Judgement::problem, "gave no answer", "look at its log"},
    {"ThatTheSocketMayBeAnother",
     [](Scene& s) {
         s.no_daemon(Silence::no_socket);
         s.facts.config_unseen = s.facts.socket_assumed = true;
         s.facts.config_good = false;
     },
     "daemon", Judgement::unseen,
     "there is no socket /run/komainu/control.sock, and whether /etc/komainu/komainu.conf names "
     "another is not known",
     "with --socket"},
    {"ADeadSocketWhereTheConfigurationIsClosed",
     [](Scene& s) {
         s.no_daemon(Silence::nobody_listens);
         s.facts.config_unseen = s.facts.socket_assumed = true;
         s.facts.config_good = false;
     },
     "daemon", Judgement::problem, "so it was killed, or has crashed", "journalctl -u komainu"},
    {"AConfigurationThatItMayNotRead",
     [](Scene& s) {
         s.facts.config_unseen = true;
         s.facts.config_good = false;
     },
     "configuration", Judgement::unseen, "this user may not read /etc/komainu/komainu.conf",
     "ask as root"},
    {"AnOtherVersion", [](Scene& s) { s.facts.version = "2.0"; }, "version", Judgement::warning,
     "komainud is 1.0, and komainuctl 2.0", "restart komainud"},
    {"ThatItWasLateOnce", [](Scene& s) { s.status["lateness"]["max_us"] = 130'000; }, "lateness",
     Judgement::warning, "130 ms late at worst, with a deadtime of 500 ms",
     "make the deadtime 520 ms or longer"},
    {"ThatItIsOftenLate",
     [](Scene& s) {
         s.status["lateness"].update({{"max_us", 900'000}, {"p999_us", 200'000}});
     },
     "lateness", Judgement::problem, "900 ms late at worst", "make the deadtime 3600 ms or longer"},
    {"AMistakeInTheConfiguration",
     [](Scene& s) {
         s.facts.errors = {"f:3: quorum: wrong", "f:4: name: wrong"};
         s.facts.config_good = false;
     },
     "configuration", Judgement::problem, "f:3: quorum: wrong (and 1 more)",
     "komainuctl check-config /etc/komainu/komainu.conf"},
    {"AWarningOfTheConfiguration", [](Scene& s) { s.facts.warnings = {"f:3: warning: two nodes"}; },
     "configuration", Judgement::warning, "two nodes", "check-config"},
    {"AnOpenKeyFile", [](Scene& s) { s.facts.key_trouble = "k is open to others"; }, "key",
     Judgement::problem, "k is open to others", "with mode 600"},
    {"AKeyFileThatItMayNotRead", [](Scene& s) { s.facts.key_unseen_why = "must not be read"; },
     "key", Judgement::unseen, "this user may not read /etc/komainu/cluster.key", "ask as root"},
    {"AConfigurationThatWasNotLoaded", [](Scene& s) { s.facts.config_digest = "bb"; }, "reload",
     Judgement::warning, "is not the text that komainud runs with", "komainuctl reload"},
    {"ProcessesThatDoNotShowThemselves", [](Scene& s) { s.facts.main.reset(); }, "privileges",
     Judgement::unseen, "do not show themselves", "ask as root"},
    {"AMissingGuard", [](Scene& s) { s.facts.children.clear(); }, "privileges", Judgement::problem,
     "there is no guard", "restart komainud"},
    {"AGuardWithoutItsCapabilities", [](Scene& s) { s.facts.children[0].capabilities = 1u << 12; },
     "privileges", Judgement::problem, "the guard has not CAP_NET_ADMIN and CAP_NET_RAW",
     "AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW CAP_BPF"},
    {"CapabilitiesOfMain", [](Scene& s) { s.facts.main->capabilities = 1; }, "privileges",
     Judgement::warning, "more capabilities than it should have kept", "report this"},
    {"ThatItIsNotUrgent",
     [](Scene& s) {
         s.facts.main->real_time = false;
         s.facts.main->locked_kib = 0;
     },
     "realtime", Judgement::warning, "without real-time priority and without locked memory",
     "LimitRTPRIO=11 and LimitMEMLOCK=256M"},
    {"TooFewFiles", [](Scene& s) { s.facts.main->files_max = 64; }, "files", Judgement::warning,
     "may have 64 files open", "LimitNOFILE=256"},
    {"ThatThereIsNoQuorum",
     [](Scene& s) {
         s.status.update({{"active", nullptr}, {"quorum", false}, {"role", "standby"}});
         s.status["votes"]["heard"] = 1;
     },
     "quorum", Judgement::problem, "no node is active: no quorum (1 of 3 votes)", "what follows"},
    {"ThatItIsPaused", [](Scene& s) { s.status["paused"] = true; }, "quorum", Judgement::warning,
     "paused for maintenance", "komainuctl resume"},
    {"ThatNoMoreMayBeLost",
     [](Scene& s) {
         silence_peer(s);
         s.status["votes"]["heard"] = 2;
     },
     "spare", Judgement::warning, "no further node may be lost", "bring back"},
    {"TwoNodes",
     [](Scene& s) {
         s.status["nodes"].erase(2);
         s.status["votes"] = {{"heard", 2}, {"needed", 2}};
     },
     "spare", Judgement::warning, "no further node may be lost", "witness = yes"},
    {"OneNode",
     [](Scene& s) {
         s.status["nodes"] = {node(1, "active")};
         s.status["votes"] = {{"heard", 1}, {"needed", 1}};
     },
     "spare", Judgement::warning, "this node alone", "add a second node and a third"},
    {"ASingleLink",
     [](Scene& s) {
         for (auto& each : s.status["nodes"]) each["links"].erase(1);
     },
     "links", Judgement::warning, "by one network alone", "a second address line"},
    {"ANodeOfWhichNothingComes", silence_peer, "node 2", Judgement::problem,
     "is down: no datagram has come from 10.77.0.2 since komainud was started here",
     "is its komainud running, and does a firewall let UDP port 9694 from 10.77.0.2 to 10.77.0.1 "
     "pass?"},
    {"ANodeThatFellSilent",
     [](Scene& s) {
         silence_peer(s);
         s.peer_link()["received_ms_ago"] = 125'000;
     },
     "node 2", Judgement::problem, "no datagram has come from 10.77.0.2 for 2min 5s",
     "is its komainud running"},
    {"ANodeThatOthersHear",
     [](Scene& s) {
         silence_peer(s);
         s.status["nodes"][2]["hears"] = {1, 2, 3};
     },
     "node 2", Judgement::problem, "; node 3 hears it", "it runs, so look at the way here"},
    {"ANodeThatDoesNotHearThisOne",
     [](Scene& s) {
         silence_peer(s);
         s.peer_link()["received_ms_ago"] = 50;
         s.peer()["hears"] = {3};
     },
     "node 2", Judgement::problem,
     "its datagrams come from 10.77.0.2, but it does not hear this node",
     "let UDP port 9694 from 10.77.0.1 to 10.77.0.2 pass"},
    {"AnOtherKey", [](Scene& s) { refuse_peer(s, "unknown_key"); }, "node 2", Judgement::problem,
     "signed with a key that this node has not", "give both the same key file"},
    {"AnOtherCluster", [](Scene& s) { refuse_peer(s, "foreign_cluster"); }, "node 2",
     Judgement::problem, "has the name of another cluster", "write the same name under [cluster]"},
    {"AnOtherProtocol", [](Scene& s) { refuse_peer(s, "unknown_version"); }, "node 2",
     Judgement::problem, "another version of the protocol", "one version of komainu"},
    {"ATag", [](Scene& s) { refuse_peer(s, "bad_tag"); }, "node 2", Judgement::problem,
     "is forged, or damaged on the way", "NAT"},
    {"AnOtherProgram", [](Scene& s) { refuse_peer(s, "malformed"); }, "node 2", Judgement::problem,
     "is no datagram of komainu's", "which program there sends to UDP port 9694"},
    {"TheSameNodeId", [](Scene& s) { refuse_peer(s, "own_id"); }, "node 2", Judgement::problem,
     "the host at 10.77.0.2 says that it is node 1, as this one", "a node_id of its own, or none"},
    {"ANodeIdOfAnotherHost", [](Scene& s) { refuse_peer(s, "other_node"); }, "node 2",
     Judgement::problem, "says that it is another node", "node_id = 2"},
    {"TwoRunsOfOneNode",
     [](Scene& s) {
         s.later["nodes"][1]["stale"] = 9;
         s.later["nodes"][1]["links"][0]["received"] = 120;
     },
     "node 2", Judgement::problem, "two runs of komainud say that they are this node",
     "its own address and node_id"},
    {"AnUnhealthyNode", [](Scene& s) { s.peer()["healthy"] = false; }, "node 2", Judgement::problem,
     "node 2 is not healthy", "komainuctl doctor there"},
    {"OtherSettings", [](Scene& s) { s.peer()["other_settings"] = {"quorum"}; }, "node 2",
     Judgement::problem, "has other settings than this one: quorum",
     "copy /etc/komainu/komainu.conf"},
    {"ANodeThatMayNotJoin", [](Scene& s) { s.peer()["refused"] = "vip.main.address"; }, "node 2",
     Judgement::problem, "may not join: vip.main.address", "komainuctl reload there"},
    {"ANodeOnStandby", [](Scene& s) { s.peer()["on_standby"] = true; }, "node 2",
     Judgement::warning, "was put on standby", "unstandby"},
    {"AnAddressThatIsNotHere", [](Scene& s) { s.status["nodes"][0]["links"][0]["alive"] = false; },
     "node 1", Judgement::problem, "this node cannot use its address 10.77.0.1",
     "is this host node 1?"},
    {"ASilentLink",
     [](Scene& s) {
         s.peer_link(1).update({{"alive", false}, {"received_ms_ago", 60'000}});
     },
     "node 2", Judgement::warning, "it is not heard at 10.78.0.2, only by another link",
     "from 10.78.0.2 to 10.78.0.1"},
    {"ThatTwoOthersDoNotHearOneAnother",
     [](Scene& s) {
         s.peer()["hears"] = {1};
         s.later["nodes"][1]["hears"] = {1};
     },
     "node 2", Judgement::warning, "it does not hear node 3, which this node hears",
     "from 10.77.0.3 to 10.77.0.2"},
    {"TwoLinksOnOneNetwork",
     [](Scene& s) {
         s.facts.config.self = NodeId{1};
         s.facts.config.nodes = {
             {NodeId{1}, {*parse_address("10.77.0.1"), *parse_address("10.77.0.9")}}};
         s.facts.addresses.push_back({"eth1", parse_prefix("10.77.0.9/24").value()});
     },
     "links", Judgement::warning, "links 1 and 2 are on one network, eth0 and eth1",
     "a network of its own"},
    {"TheSameAddressOnAnotherHost",
     [](Scene& s) {
         (*s.facts.doubles)[*parse_address("10.77.0.1")] = {{2, 0, 0, 0, 0, 9}};
     },
     "address", Judgement::problem,
     "10.77.0.1 is the address of another host as well, 02:00:00:00:00:09", "another address"},
    {"ThatItMayNotAskTheLan", [](Scene& s) { s.facts.doubles.reset(); }, "address",
     Judgement::unseen, "is not known", "ask as root"},
    {"ALossyLink", [](Scene& s) { s.peer_link()["loss_percent"] = 12; }, "node 2",
     Judgement::warning, "12 % of what it sends is lost", "look at the cable"},
    {"AMissingStream",
     [](Scene& s) {
         s.peer()["stream"] = nullptr;
         s.later["nodes"][1]["stream"] = nullptr;
     },
     "node 2", Judgement::problem, "there is no stream to it", "let TCP port 9694 pass"},
    {"AMissingStreamToTheActive",
     [](Scene& s) {
         for (json* each : {&s.status, &s.later}) {
             each->update({{"active", 2}, {"role", "standby"}});
             (*each)["nodes"][0]["role"] = "standby";
             (*each)["nodes"][1].update({{"stream", nullptr}, {"role", "active"}});
             (*each)["streams"]["trouble"] = "no answer";
             (*each)["vips"][0]["held"] = false;
         }
     },
     "node 2", Judgement::problem, "there is no stream to it: no answer",
     "let TCP port 9694 pass the firewalls, from 10.77.0.1 to 10.77.0.2"},
    {"AFirewallThatForbidsToSend", [](Scene& s) { s.later["datagrams"]["forbidden"] = 4; },
     "sending", Judgement::problem, "a packet filter of this host forbids", "nft list ruleset"},
    {"AMissingRoute", [](Scene& s) { s.later["datagrams"]["unreachable"] = 4; }, "sending",
     Judgement::warning, "there is no route to a node", "ip route get"},
    {"Strangers", [](Scene& s) { s.later["datagrams"]["dropped"] = 17; }, "strangers",
     Judgement::warning, "of no node's address", "is a node at another address"},
    {"AnIllService",
     [](Scene& s) {
         s.status["services"] = {{{"name", "web"}, {"state", "ill"}, {"reason", "HTTP 503"}}};
     },
     "status", Judgement::problem, "service web is ill: HTTP 503", "STATUS"},
    {"AClockThatIsAhead", [](Scene& s) { s.peer()["started"] = "2026-11-18T12:07:40.000Z"; },
     "clock", Judgement::warning, "node 2 says that it was started 1h", "NTP"},
    {"AClockThatNobodySets", [](Scene& s) { s.facts.clock_synchronized = false; }, "clock",
     Judgement::warning, "does not take its clock to be synchronized", "chrony"},
    {"AVipThatSomebodyElsePutHere",
     [](Scene& s) {
         s.status["vips"][0]["held"] = false;
         s.status["active"] = 2;
     },
     "vip.main", Judgement::problem, "10.77.0.100 is on eth0, though komainud does not hold it",
     "ip addr del 10.77.0.100/24 dev eth0"},
    {"AVipThatAForbiddenDaemonMayHold", [](Scene& s) { s.no_daemon(Silence::forbidden); },
     "vip.main", Judgement::unseen, "whether komainud holds it is not known", "ask as root"},
    {"AVipThatASilentDaemonMayHold", [](Scene& s) { s.no_daemon(Silence::other); }, "vip.main",
     Judgement::unseen, "10.77.0.100 is on eth0; whether komainud holds it is not known",
     "ask again when komainud answers"},
    {"AVipThatADaemonWithoutASocketMayHold",
     [](Scene& s) {
         s.no_daemon(Silence::no_socket);
         s.facts.main = ProcessView{.pid = 10, .name = "komainud"};
     },
     "vip.main", Judgement::unseen, "whether komainud holds it is not known",
     "ask again when komainud answers"},
    {"AVipThatADaemonHasLeft", [](Scene& s) { s.no_daemon(Silence::nobody_listens); }, "vip.main",
     Judgement::problem, "though komainud does not hold it", "ip addr del"},
    {"AVipThatIsGone", [](Scene& s) { s.facts.addresses.pop_back(); }, "vip.main",
     Judgement::problem, "10.77.0.100 is held, but on no interface", "what removes it"},
    {"ARival",
     [](Scene& s) {
         s.status["rivals"] = {
             {{"vip", "main"}, {"interface", "eth0"}, {"mac", "02:00:00:00:00:63"}}};
     },
     "vip.main", Judgement::problem, "02:00:00:00:00:63 claims it on eth0", "hardware address"},
    {"ThatTheFenceIsMissing",
     [](Scene& s) {
         s.status["fence"] = {{"state", "unavailable"}, {"reason", "CAP_BPF is missing"}};
     },
     "fence", Judgement::warning, "the fence is unavailable: CAP_BPF is missing", "CAP_BPF"},
    {"ThatTheFenceIsOff", [](Scene& s) { s.status["fence"]["state"] = "off"; }, "fence",
     Judgement::warning, "there is no fence (fence = off)", "fence = auto"},
    {"AMissingInterface", [](Scene& s) { s.facts.interfaces["eth0"] = {}; }, "eth0",
     Judgement::problem, "there is no interface eth0", "correct interface"},
    {"AnInterfaceThatIsDown", [](Scene& s) { s.facts.interfaces["eth0"].up = false; }, "eth0",
     Judgement::problem, "eth0 is down", "ip link set eth0 up"},
    {"AnInterfaceWithoutCarrier", [](Scene& s) { s.facts.interfaces["eth0"].carrier = false; },
     "eth0", Judgement::problem, "eth0 is up, but has no carrier", "look at the cable"},
    {"ThatNetworkdRemovesVips",
     [](Scene& s) {
         s.facts.interfaces["eth0"].manager = Manager::networkd;
         s.facts.interfaces["eth0"].settings = {{lan_network, "[Network]\nDHCP=yes\n"}};
     },
     "eth0", Judgement::warning, "systemd-networkd manages it, and removes VIPs",
     "networkd-addresses.conf (KeepConfiguration=yes) to "
     "/etc/systemd/network/lan.network.d/komainu.conf, then: networkctl reload"},
    {"ThatNetworkdKeepsOtherAddressesOnly",
     [](Scene& s) {
         s.facts.interfaces["eth0"].manager = Manager::networkd;
         s.facts.interfaces["eth0"].settings = {{lan_network, "[Network]\nDHCP=yes\n"},
                                                {drop_in, keeping("static")}};
     },
     "eth0", Judgement::warning,
     "removes VIPs when it configures it anew: KeepConfiguration=static keeps no address that has "
     "a lifetime, as VIPs do",
     "write KeepConfiguration=yes in /etc/systemd/network/lan.network.d/10-keep.conf, then: "
     "networkctl reload"},
    {"ThatNetworkManagerRemovesVips",
     [](Scene& s) { s.facts.interfaces["eth0"].manager = Manager::network_manager; }, "eth0",
     Judgement::warning, "NetworkManager manages it", "nmcli device set eth0 managed no"},
    {"ThatPgpoolRunsItsOwnWatchdog",
     [](Scene& s) {
         s.status["pgpool"] = {{"caution", "pgpool-II runs its own watchdog"}};
     },
     "status", Judgement::problem, "pgpool-II runs its own watchdog", "STATUS"},
    {"ThatNobodyIsAnswered",
     [](Scene& s) { s.facts.settings["net/ipv4/conf/eth0/arp_ignore"] = 8; }, "sysctl",
     Judgement::problem, "arp_ignore is 8: this host does not answer for its VIPs", "sysctl -w"},
    {"ThatIpv6IsOff", [](Scene& s) { s.facts.settings["net/ipv6/conf/eth0/disable_ipv6"] = 1; },
     "sysctl", Judgement::problem, "no IPv6 VIP can be put there", "disable_ipv6=0"},
    {"AMissingStateDirectory", [](Scene& s) { s.facts.state_dir.error = ENOENT; }, "state_dir",
     Judgement::warning, "/var/lib/komainu is missing", "install -d -m 700 /var/lib/komainu"},
    {"AFullDisk", [](Scene& s) { s.facts.state_dir.free_kib = 12; }, "state_dir",
     Judgement::problem, "there is room for 12 KiB", "make room"},
    {"ADiskThatDoesNotAnswer", [](Scene& s) { s.facts.disk_hangs = true; }, "state_dir",
     Judgement::problem, "does not answer", "a disk of this host"},
    {"AReadOnlyDisk", [](Scene& s) { s.facts.state_dir.read_only = true; }, "state_dir",
     Judgement::problem, "read-only", "mount it for writing"},
    {"AStateDirectoryOfSomebodyElse", [](Scene& s) { s.facts.state_dir_right = false; },
     "state_dir", Judgement::problem, "komainud cannot write into /var/lib/komainu", "chown"},
    {"AMissingHook", [](Scene& s) { s.facts.programs[0].error = ENOENT; }, "commands",
     Judgement::problem, "hook.mail: /usr/bin/mail: No such file", "a program that is there"},
    {"AHookThatIsNoProgram", [](Scene& s) { s.facts.programs[0].error = EACCES; }, "commands",
     Judgement::problem, "hook.mail: /usr/bin/mail: Permission denied", "chmod +x"},
    {"AHookThatThisUserIsKeptFrom",
     [](Scene& s) {
         s.facts.root = false;
         s.facts.programs[0].error = EACCES;
     },
     "commands", Judgement::unseen, "hook.mail: /usr/bin/mail: Permission denied", "ask as root"},
};

class DoctorFinds : public testing::TestWithParam<Ill> {};

TEST_P(DoctorFinds, AndTellsWhatToDo) {
    const Ill& ill = GetParam();
    Scene scene;
    ill.make(scene);
    const auto findings = scene.diagnoses();
    const auto found = std::ranges::find_if(findings, [&](const Diagnosis& finding) {
        return finding.check == ill.check && finding.judgement == ill.judgement &&
               finding.what.find(ill.what) != std::string::npos;
    });
    ASSERT_NE(found, findings.end()) << text_of(findings);
    EXPECT_NE(found->advice.find(ill.advice), std::string::npos) << found->advice;
    for (const auto& finding : findings) {
        EXPECT_EQ(finding.advice.empty(), finding.judgement == Judgement::ok) << finding.what;
        EXPECT_EQ(finding.what.find('\n'), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(Table, DoctorFinds, testing::ValuesIn(ills),
                         [](const auto& ill) { return std::string(ill.param.name); });

TEST(Doctor, DoesNotTakeAPausedNodeOrAWitnessWithoutGuardForIll) {
    Scene scene;
    scene.status["nodes"][0]["role"] = scene.status["role"] = "witness";
    scene.status["active"] = scene.later["active"] = 2;
    scene.status["vips"][0]["held"] = false;
    scene.facts.addresses.pop_back();
    scene.facts.children.clear();
    EXPECT_EQ(count(scene.diagnoses(), Judgement::problem), 0) << text_of(scene.diagnoses());
}

TEST(Doctor, TakesADirectoryForOpenWhereItMayBeWrittenAndEntered) {
    const uid_t root = 0, komainu = 999;
    const auto may = [&](uid_t user, unsigned mode) {
        return may_write_into({.owner = root, .mode = mode}, user);
    };
    for (const unsigned mode : {0755u, 0750u, 0711u, 0700u, 0722u, 0720u})
        EXPECT_FALSE(may(komainu, mode)) << std::oct << mode;
    for (const unsigned mode : {0777u, 0770u, 0707u, 0730u, 0733u})
        EXPECT_TRUE(may(komainu, mode)) << std::oct << mode;
    for (const unsigned mode : {0755u, 0700u, 0711u}) EXPECT_TRUE(may(root, mode));
    for (const unsigned mode : {0577u, 0677u}) EXPECT_FALSE(may(root, mode));
}

TEST(Doctor, DoesNotCallAStreamMissingThatIsJustOpened) {
    Scene scene;
    scene.peer()["stream"] = nullptr;
    EXPECT_EQ(count(scene.diagnoses(), Judgement::problem), 0);
}

TEST(Doctor, DoesNotTakeAFewStragglersForASecondRun) {
    Scene scene;
    scene.later["nodes"][1]["stale"] = 9;
    scene.later["nodes"][1]["links"][0]["received"] = 200;
    EXPECT_EQ(count(scene.diagnoses(), Judgement::problem), 0);
}

std::string spare_of(int nodes, int votes_needed) {
    Scene scene;
    while (static_cast<int>(scene.status["nodes"].size()) > nodes) scene.status["nodes"].erase(2);
    while (static_cast<int>(scene.status["nodes"].size()) < nodes)
        scene.status["nodes"].push_back(
            node(static_cast<int>(scene.status["nodes"].size()) + 1, "standby"));
    scene.status["votes"] = {{"heard", nodes}, {"needed", votes_needed}};
    const auto findings = scene.diagnoses();
    const auto found = std::ranges::find(findings, "spare", &Diagnosis::check);
    return found == findings.end() ? "" : found->what;
}

TEST(Doctor, SaysThatAnEvenNumberIsNoBetterOnlyWhereTheMajorityDecides) {
    EXPECT_EQ(spare_of(4, 3), "1 more node may be lost; 4 nodes bear no more than 3 do");
    EXPECT_EQ(spare_of(4, 2), "2 more nodes may be lost");
    EXPECT_EQ(spare_of(2, 1), "1 more node may be lost");
    EXPECT_EQ(spare_of(4, 1), "3 more nodes may be lost");
}

int warnings_where_networkd_reads(std::vector<SettingsFile> settings) {
    Scene scene;
    auto& eth0 = scene.facts.interfaces["eth0"];
    eth0.manager = Manager::networkd;
    eth0.settings = std::move(settings);
    return count(scene.diagnoses(), Judgement::warning);
}

TEST(Doctor, IsContentWhereNetworkdKeepsAllAddresses) {
    for (const char* const yes : {"yes", "true", "1", "on", "Yes", "TRUE", "y", "t"})
        EXPECT_EQ(warnings_where_networkd_reads({{lan_network, keeping(yes)}}), 0) << yes;
    for (const char* const no : {"static", "dhcp", "dhcp-on-stop", "no", "false", "", "yess"})
        EXPECT_EQ(warnings_where_networkd_reads({{lan_network, keeping(no)}}), 1) << no;
}

TEST(Doctor, ReadsSettingsAsNetworkdDoes) {
    const auto content = [](const char* text) {
        return warnings_where_networkd_reads({{lan_network, text}}) == 0;
    };
    EXPECT_TRUE(content("[Match]\nName=eth0\n\n  [Network]  \n KeepConfiguration = yes "));
    EXPECT_TRUE(
        content("[Network]\nKeepConfiguration=no\n[DHCP]\n[Network]\n"
                "KeepConfiguration=yes\n#KeepConfiguration=no\n;KeepConfiguration=no\n"));
    EXPECT_FALSE(content("KeepConfiguration=yes\n"));
    EXPECT_FALSE(content("[Match]\nKeepConfiguration=yes\n"));
    EXPECT_FALSE(content("[Network]\n#KeepConfiguration=yes\n"));
    EXPECT_FALSE(content("[Network]\nKeepConfigurations=yes\nKeepConfiguration\n"));
}

TEST(Doctor, TakesTheLastOfWhatNetworkdReads) {
    const SettingsFile says_yes{drop_in, keeping("yes")}, says_no{lan_network, keeping("no")},
        says_nothing{"other", "[Network]\nDHCP=yes\n"};
    EXPECT_EQ(warnings_where_networkd_reads({says_no, says_yes, says_nothing}), 0);
    EXPECT_EQ(warnings_where_networkd_reads({says_nothing, says_yes, says_no}), 1);
    EXPECT_EQ(warnings_where_networkd_reads({}), 1);
}

TEST(Doctor, PrintsALineForEachCheckAndBelowItWhatToDo) {
    const Diagnoses findings{{"daemon", Judgement::ok, "it answers", ""},
                             {"node 2", Judgement::problem, "is down", "start it"},
                             {"key", Judgement::unseen, "may not be read", "ask as root"}};
    EXPECT_EQ(text_of(findings),
              "ok       daemon  it answers\n"
              "problem  node 2  is down\n"
              "                 -> start it\n"
              "unseen   key     may not be read\n"
              "                 -> ask as root\n"
              "3 checks: 1 problem, 0 warnings, 1 not looked at\n");
    const auto told = findings_json(findings);
    EXPECT_EQ(told["problems"], 1);
    EXPECT_EQ(told["warnings"], 0);
    EXPECT_EQ(told["unseen"], 1);
    EXPECT_EQ(told["checks"][1], json({{"check", "node 2"},
                                       {"result", "problem"},
                                       {"what", "is down"},
                                       {"advice", "start it"}}));
}

}  // namespace
}  // namespace komainu
