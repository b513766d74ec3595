// The text of a pgpool.conf (conf/pgpool_import.h).
#include "conf/pgpool_import.h"

#include "conf/pgpool_watchdog.h"
#include "conf/reader.h"
#include "test/fuzz/fuzz.h"

namespace komainu::fuzz {

namespace {

int lines_with(std::string_view text, std::string_view beginning) {
    int count = 0;
    while (!text.empty()) {
        count += text.starts_with(beginning) ? 1 : 0;
        const auto end = text.find('\n');
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return count;
}

void loses_nothing(const std::string& input, const std::string& made) {
    for (const PgpoolParameter& parameter : read_pgpool_conf(input).parameters)
        must_hold(!is_of_watchdog(parameter.name) || made.find(parameter.name) != made.npos,
                  "a parameter of the watchdog is named");
}

}  // namespace

void examine(Bytes input) {
    const std::string text = text_of(input);
    const auto made = import_pgpool(text);
    for (const Problem& problem : made.problems.list())
        must_hold(is_printable(to_string("p.conf", problem)), "a problem can be shown");
    must_hold(made.text.empty() == made.problems.has_errors(), "a file with errors is not taken");
    if (made.text.empty()) return;
    must_hold(is_printable(made.text), "what is made can be shown");
    must_hold(!read_config(made.text).problems.has_errors(), "the reader takes what is made");
    must_hold(lines_with(made.text, "# CHANGE: ") == made.changes, "what is to be done is counted");
    loses_nothing(text, made.text);
}

std::vector<std::string> seeds() {
    return {
        "hostname0 = '10.0.0.1'\nhostname1 = 'b'\ndelegate_ip = '10.0.0.100'\n"
        "if_up_cmd = '/usr/bin/sudo /sbin/ip addr add $_IP_$/24 dev eth0 label eth0:0'\n"
        "heartbeat_hostname0 = '10.0.0.1;10.1.0.1'\nheartbeat_device0 = 'eth0;eth1'\n"
        "heartbeat_port0 = 9694\nwd_priority = 5\nwd_authkey = 'x'\n",
        "wd_hostname = '10.0.0.1'\nother_pgpool_hostname0 = 'b'\nwd_heartbeat_port = 9700\n"
        "heartbeat_destination0 = 'b'\nheartbeat_device0 = ''\nwd_port 9000 # nine\n"
        "if_up_cmd = 'ifconfig eth0:0 inet $_IP_$ netmask 255.255.255.0'\n"
        "delegate_IP = '10.0.0.100'\ntrusted_servers = '10.0.0.254,gw'\n",
        "wd_lifecheck_method = 'query'\nwd_lifecheck_query = 'SELECT ''1'''\nwd_interval = 10s\n"
        "wd_lifecheck_dbname = 'a b'\nwd_lifecheck_user = 'o\\'n'\nport = 9999\n",
        "wd_escalation_command = '/e.sh'\nwd_de_escalation_command = 'echo \"a\" # b'\n"
        "delegate_ip = '10.0.0.100'\nif_up_cmd = 'aws.sh up $_IP_$'\nif_down_cmd = '/d #'\n"
        "wd_monitoring_interfaces_list = 'eth0, any'\nenable_consensus_with_half_votes = on\n"
        "wd_heartbeat_keepalive = 1\nwd_heartbeat_deadtime = 1min\ninclude = 'x'\nwd_new = 1\n"};
}

}  // namespace komainu::fuzz
