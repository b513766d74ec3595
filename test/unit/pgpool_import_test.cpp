// A pgpool.conf turned into a komainu.conf: what becomes of its parameters, and that none is lost.
#include "conf/pgpool_watchdog.h"
#include "test/unit/pgpool_files.h"

namespace komainu {
namespace {

using namespace pgpool_files;

// --- the cluster ---------------------------------------------------------------------------------

TEST(PgpoolImport, HasHalfOfTheVotesWherePgpoolHas) {
    EXPECT_EQ(config_of(two_of_34).quorum, QuorumRule::half);  // as all before 4.1
    EXPECT_EQ(config_of(two_of_34 + "enable_consensus_with_half_votes = off\n").quorum,
              QuorumRule::majority);
    EXPECT_EQ(config_of(three).quorum, QuorumRule::majority);
    EXPECT_TRUE(has(text_of(three + "enable_consensus_with_half_votes = on\n"),
                    "# enable_consensus_with_half_votes = on: an odd number of nodes has no half"));
    const auto four =
        import(three + "hostname3 = '10.0.0.4'\nenable_consensus_with_half_votes = on\n");
    EXPECT_TRUE(has(four.text, "quorum = half  # enable_consensus_with_half_votes\n# CHANGE: "));
    EXPECT_EQ(four.changes, 1);
}

TEST(PgpoolImport, HasTrustedServersThatAreAddresses) {
    const auto made =
        import(three + "trusted_servers = '10.0.0.254, gateway,10.0.1.53,10.0.0.1'\n");
    EXPECT_TRUE(has(made.text, "trusted_servers = 10.0.0.254 10.0.1.53  # trusted_servers\n"));
    EXPECT_TRUE(has(made.text, "of other hosts than the nodes, and not gateway, 10.0.0.1\n"));
    EXPECT_EQ(made.changes, 1);
    EXPECT_TRUE(has(text_of(three + "trusted_servers = '10.0.0.9,10.0.0.9,10.0.0.100'\n"),
                    "trusted_servers = 10.0.0.9  #"));
}

// --- the VIP -------------------------------------------------------------------------------------

VipConfig vip_of(const std::string& file) {
    const auto vips = config_of(file).all_vips();
    return vips.size() == 1 ? vips.front() : VipConfig{};
}

TEST(PgpoolImport, ReadsTheVipFromTheCommandThatPutsItUp) {
    const auto ip = vip_of(three);
    EXPECT_EQ(to_string(ip.address), "10.0.0.100/24");
    EXPECT_EQ(ip.interface, "ens3");
    EXPECT_EQ(ip.label, "ens3:0");
    const auto ifconfig = vip_of(two_of_34);
    EXPECT_EQ(to_string(ifconfig.address), "10.0.0.100/22");
    EXPECT_EQ(ifconfig.interface, "eth1");
    EXPECT_EQ(ifconfig.label, "eth1:0");
    const auto usual = vip_of("hostname0 = '10.0.0.1'\ndelegate_IP = '10.0.0.100'\n");
    EXPECT_EQ(usual.interface, "eth0");
    EXPECT_EQ(to_string(usual.address), "10.0.0.100/24");
    EXPECT_EQ(to_string(vip_of("hostname0 = 'fd00::1'\ndelegate_ip = 'fd00::64'\n"
                               "if_up_cmd = 'ip -6 addr add $_IP_$/64 dev e0 label e0:0'\n")
                            .address),
              "fd00::64/64");
    EXPECT_EQ(to_string(vip_of(three + "if_up_cmd = 'ip a add 10.0.0.100/16 dev e'\n").address),
              "10.0.0.100/16");
}

TEST(PgpoolImport, HasNoVipWithoutADelegate) {
    const auto text = text_of(but(three, "delegate_ip = '10.0.0.100'\n", ""));
    EXPECT_FALSE(has(text, "\n[vip."));
    EXPECT_TRUE(has(text,
                    "if_up_cmd = /usr/bin/sudo /sbin/ip addr add $_IP_$/24 dev ens3 label "
                    "ens3:0: belongs to delegate_ip, which is not given"));
}

TEST(PgpoolImport, NamesWhatTheCommandSaysBesides) {
    EXPECT_TRUE(has(text_of(three + "if_up_cmd = 'ip addr add $_IP_$/24 brd + dev e0'\n"),
                    "all but brd + is taken over"));
    EXPECT_TRUE(has(text_of(three + "if_up_cmd = 'ifconfig e0 inet $_IP_$ netmask 255.0.255.0'\n"),
                    "all but netmask 255.0.255.0 is taken over"));
    EXPECT_TRUE(has(text_of(three + "if_up_cmd = 'ip addr add $_IP_$/24 dev e0 label e1:0'\n"),
                    "all but the label e1:0 is taken over"));
    EXPECT_TRUE(has(text_of(three + "delegate_IP = '10.0.0.101'\n"),
                    "# CHANGE: delegate_IP = 10.0.0.101: delegate_ip is given as well"));
}

TEST(PgpoolImport, MarksAVipThatIsAName) {
    const auto made = import(three + "delegate_ip = 'vip'\n");
    EXPECT_TRUE(has(made.text, "# CHANGE: vip/24 is not an address"));
    EXPECT_EQ(made.changes, 1);
}

TEST(PgpoolImport, LetsTheCommandsOfACloudMoveTheVip) {
    const auto made =
        import(three +
               "if_up_cmd = '/etc/pgpool-II/aws_eip_if_cmd.sh up $_IP_$ /usr/local/bin/aws'\n"
               "if_down_cmd = 'aws.sh down $_IP_$ a#b'\n"
               "if_cmd_path = '/opt/bin'\n"
               "arping_cmd = '/bin/true -I eth7'\n");
    const auto vip = read_config(made.text).config.all_vips().front();
    EXPECT_EQ(vip.up_command,
              (Argv{"/etc/pgpool-II/aws_eip_if_cmd.sh", "up", "10.0.0.100", "/usr/local/bin/aws"}));
    EXPECT_EQ(vip.down_command, (Argv{"/opt/bin/aws.sh", "down", "10.0.0.100", "a#b"}));
    EXPECT_EQ(vip.interface, "eth7");
    EXPECT_TRUE(has(made.text, "# arping_cmd = /bin/true -I eth7: komainu announces nothing"));
    EXPECT_EQ(made.changes, changes_of_none) << made.text;
    EXPECT_EQ(import(three + "if_up_cmd = '/bin/true'\n").changes, 1);  // the interface
}

// --- life check and hooks ------------------------------------------------------------------------

TEST(PgpoolImport, AsksForTheProcessOfPgpool) {
    const auto config = config_of(three);
    ASSERT_EQ(config.services.size(), 1u);
    EXPECT_EQ(config.services[0].check, CheckKind::process);
    EXPECT_EQ(config.services[0].pid_file, "/run/pgpool/pgpool.pid");
    for (const char* pid_file : {"''", "'pgpool.pid'"})
        EXPECT_EQ(import(three + "pid_file_name = " + pid_file + "\n").changes, 1) << pid_file;
}

TEST(PgpoolImport, AsksPgpoolAQuery) {
    const std::string query =
        "wd_lifecheck_method = 'query'\nwd_interval = 5\nwd_life_point = 4\n"
        "wd_lifecheck_query = 'SELECT 2'\nwd_lifecheck_dbname = 'my db'\n"
        "wd_lifecheck_user = 'o\\'n'\nwd_lifecheck_password = 'sesame'\n";
    const auto made = import(three + query);
    const auto config = read_config(made.text).config;
    EXPECT_EQ(config.lifecheck.method, LifecheckMethod::query);
    ASSERT_EQ(config.services.size(), 1u);
    const ServiceConfig& service = config.services[0];
    EXPECT_EQ(service.check, CheckKind::query);
    EXPECT_EQ(service.conninfo, R"(host=127.0.0.1 port=9999 dbname='my db' user='o\\\'n')");
    EXPECT_EQ(service.query, "SELECT 2");
    EXPECT_EQ(service.interval, 5s);
    EXPECT_EQ(service.fall, 4);
    EXPECT_TRUE(has(made.text, "# CHANGE: wd_lifecheck_password: not copied"));
    EXPECT_FALSE(has(made.text, "sesame"));
    EXPECT_EQ(config_of(two_of_34 + query).lifecheck.method, LifecheckMethod::heartbeat);
    EXPECT_TRUE(has(text_of(three + query + "wd_lifecheck_query = 'SELECT 1 # x'\n"),
                    "# CHANGE: wd_lifecheck_query = SELECT 1 # x: a # cannot stand"));
}

TEST(PgpoolImport, LetsAProgramReport) {
    EXPECT_EQ(config_of(three + "wd_lifecheck_method = 'external'\n").lifecheck.method,
              LifecheckMethod::external);
    EXPECT_TRUE(has(text_of(three + "wd_lifecheck_method = 'magic'\n"),
                    "# CHANGE: wd_lifecheck_method = magic: komainu knows"));
}

TEST(PgpoolImport, TracksTheInterfaces) {
    EXPECT_EQ(config_of(three + "wd_monitoring_interfaces_list = 'eth1, eth2'\n")
                  .lifecheck.track_interface,
              (Said{"eth1", "eth2"}));
    EXPECT_TRUE(has(text_of(three + "wd_monitoring_interfaces_list = 'any'\n"),
                    "# wd_monitoring_interfaces_list = any: the interfaces of VIPs"));
    EXPECT_TRUE(has(text_of(three + "wd_monitoring_interfaces_list = 'eth1,eth1'\n"),
                    "# CHANGE: wd_monitoring_interfaces_list = eth1,eth1: "));
}

TEST(PgpoolImport, RunsTheCommandsOfEscalationAsHooks) {
    const auto config = config_of(three +
                                  "wd_escalation_command = '/etc/pgpool-II/escalation.sh'\n"
                                  "wd_de_escalation_command = 'echo \"$PATH\" # gone'\n");
    ASSERT_EQ(config.hooks.size(), 2u);
    EXPECT_EQ(config.hooks[0].command, Argv{"/etc/pgpool-II/escalation.sh"});
    EXPECT_EQ(config.hooks[0].on, std::vector{HookEvent::active});
    EXPECT_EQ(config.hooks[0].when, HookWhen::before);
    EXPECT_TRUE(config.hooks[0].wait);
    EXPECT_EQ(config.hooks[1].command, (Argv{"/bin/sh", "-c", "echo \"$PATH\" # gone"}));
    EXPECT_EQ(config.hooks[1].on, std::vector{HookEvent::standby});
}

// --- nothing is lost -----------------------------------------------------------------------------

TEST(PgpoolImport, NamesAllThatSayTheSame) {
    const auto text = text_of(
        three +
        "heartbeat_hostname1 = '10.0.0.2'\nheartbeat_port0 = 9694\nheartbeat_port1 = 9694\n"
        "heartbeat_device0 = 'ens3'\nheartbeat_device1 = 'ens3'\ndelegate_IP = '10.0.0.100'\n"
        "enable_consensus_with_half_votes = off\ntrusted_servers = ','\nheartbeat_hostname0 = "
        "';'\n");
    EXPECT_TRUE(has(text, "address = 10.0.0.2  # hostname1, heartbeat_hostname1\n"));
    EXPECT_TRUE(has(text, "port = 9694  # heartbeat_port0, heartbeat_port1\n"));
    EXPECT_TRUE(has(text, "interface = ens3  # heartbeat_device0, heartbeat_device1\n"));
    EXPECT_TRUE(has(text, "# delegate_IP = 10.0.0.100: delegate_ip says the same\n"));
    EXPECT_TRUE(has(text, "quorum = majority  # enable_consensus_with_half_votes\n"));
    EXPECT_TRUE(has(text, "# trusted_servers = ,: names nothing\n"));
    EXPECT_TRUE(has(text, "# heartbeat_hostname0 = ;: names nothing\n"));
}

/// Whatever the parameter is, and however little sense its value makes.
TEST(PgpoolImport, LosesNoParameter) {
    for (const auto name : known_pgpool_names())
        for (const char* number : {"", "0", "1"})
            for (const auto& file : {three, two_of_34})
                for (const char* value : {"7", "odd value", "10.9.8.7"}) {
                    const auto given = fmt::format("{}{} = '{}'\n", name, number, value);
                    const auto without = import_pgpool(file).text;
                    const auto with = import_pgpool(file + given);
                    EXPECT_TRUE(with.text != without || is_secret(name)) << given;
                    EXPECT_FALSE(with.problems.has_errors()) << given;
                    EXPECT_TRUE(has(with.text, name)) << given;
                }
}

TEST(PgpoolImport, NamesWhatItDoesNotKnow) {
    const auto made = import(three +
                             "wd_new_thing = 1\nhealth_check_period = 3\nwd_authkey = ''\n"
                             "include = 'more.conf'\nfailover_require_consensus = on\n");
    EXPECT_TRUE(has(made.text, "# CHANGE: wd_new_thing = 1: komainu does not know it"));
    EXPECT_TRUE(has(made.text, "# CHANGE: include = more.conf: not followed"));
    EXPECT_TRUE(has(made.text, "# wd_authkey: given without a value\n"));
    EXPECT_TRUE(has(made.text, "# failover_require_consensus = on: komainu decides who"));
    EXPECT_FALSE(has(made.text, "health_check_period"));
    EXPECT_EQ(made.changes, 2);
}

TEST(PgpoolImport, OfACompleteFileNeedsNoHand) {
    for (const auto& file : {three, two_of_34}) {
        const auto made = import(file);
        EXPECT_EQ(made.changes, changes_of_none) << made.text;
    }
}

TEST(PgpoolImport, ShowsNoSecret) {
    EXPECT_FALSE(has(text_of(two_of_34), "sesame"));
    EXPECT_TRUE(has(text_of(two_of_34), "# wd_authkey: a cluster of komainu's has a key"));
}

TEST(PgpoolImport, TellsWhatPgpoolConfIsToBlameFor) {
    const auto made = import_pgpool(but(three, "10.0.0.2", "10.0.0.1"));
    EXPECT_TRUE(made.text_problems.has_errors());
}

TEST(PgpoolImport, ProposesToKeepTheBackendsInLine) {
    EXPECT_TRUE(has(import(three).text, "#     [pgpool]\n"));
}

}  // namespace
}  // namespace komainu
