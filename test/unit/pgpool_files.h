// Files of pgpool-II for tests, in the manners of 3.4 and of 4.3 and later, and what becomes of
// them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "conf/pgpool_import.h"
#include "test/unit/conf_text.h"

namespace komainu::pgpool_files {

using namespace conf_text;

inline constexpr int changes_of_none = 0;

inline bool has(const std::string& text, std::string_view piece) {
    return text.find(piece) != text.npos;
}

/// Of a pgpool.conf without mistakes: a configuration that komainud takes.
inline PgpoolImport import(std::string_view pgpool_conf, std::string_view node_id = {}) {
    auto made = import_pgpool(pgpool_conf, node_id);
    EXPECT_EQ(lines_of(made.problems), Said{});
    EXPECT_FALSE(made.text_problems.has_errors())
        << made.text << testing::PrintToString(lines_of(made.text_problems));
    return made;
}

inline std::string text_of(std::string_view pgpool_conf) { return import(pgpool_conf).text; }

inline Config config_of(std::string_view pgpool_conf) {
    return read_config(import(pgpool_conf).text).config;
}

inline std::vector<std::string> addresses_of(const Config& config, std::size_t node) {
    std::vector<std::string> texts;
    for (const auto& address : config.nodes[node].addresses) texts.push_back(to_string(address));
    return texts;
}

/// Three nodes of version 4.3 and later; nothing has to be changed by hand.
inline const std::string three =
    "use_watchdog = on\n"
    "port = 9999\n"
    "pid_file_name = '/run/pgpool/pgpool.pid'\n"
    "hostname0 = '10.0.0.1'\n"
    "hostname1 = '10.0.0.2'\n"
    "hostname2 = '10.0.0.3'\n"
    "delegate_ip = '10.0.0.100'\n"
    "if_up_cmd = '/usr/bin/sudo /sbin/ip addr add $_IP_$/24 dev ens3 label ens3:0'\n";

/// One of two nodes of version 3.4, as its sample has it.
inline const std::string two_of_34 =
    "use_watchdog = on\n"
    "trusted_servers = '10.0.0.254'\n"
    "ping_path = '/bin'\n"
    "wd_hostname = '10.0.0.1'\n"
    "wd_port = 9000\n"
    "wd_authkey = 'sesame'\n"
    "delegate_IP = '10.0.0.100'\n"
    "ifconfig_path = '/sbin'\n"
    "if_up_cmd = 'ifconfig eth1:0 inet $_IP_$ netmask 255.255.252.0'\n"
    "if_down_cmd = 'ifconfig eth1:0 down'\n"
    "arping_path = '/usr/sbin'           # arping command path\n"
    "arping_cmd = 'arping -U $_IP_$ -w 1'\n"
    "clear_memqcache_on_escalation = on\n"
    "wd_escalation_command = ''\n"
    "wd_lifecheck_method = 'heartbeat'\n"
    "wd_interval = 10\n"
    "wd_heartbeat_port = 9700\n"
    "wd_heartbeat_keepalive = 2\n"
    "wd_heartbeat_deadtime = 30\n"
    "heartbeat_destination0 = '10.0.0.2'\n"
    "heartbeat_destination_port0 = 9700 \n"
    "heartbeat_device0 = 'eth1'\n"
    "other_pgpool_hostname0 = '10.0.0.2'\n"
    "other_pgpool_port0 = 9999\n"
    "other_wd_port0 = 9000\n"
    "pid_file_name = '/var/run/pgpool/pgpool.pid'\n";

}  // namespace komainu::pgpool_files
