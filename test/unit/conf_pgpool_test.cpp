// [pgpool]: where the pgpool-II beside a node is found, and what komainu-pgpool is told of it.
#include <gtest/gtest.h>

#include <map>

#include "conf/pgpool_environment.h"
#include "conf/reload.h"
#include "conf/summary.h"
#include "conf/value_text.h"
#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using conf_text::good;
using conf_text::problems_of;
using conf_text::Said;

const std::string with_backend = good + "[backend.0]\naddress = 10.0.0.11:5432\n";

Config config_of(const std::string& section) {
    auto config = read_config(good + section).config;
    config.self = NodeId{2};
    return config;
}

TEST(PcpAddressText, IsAnAddressWithAPortOrASocket) {
    EXPECT_EQ(to_string(read_pcp_address("localhost:9898").value()), "127.0.0.1:9898");
    EXPECT_EQ(to_string(read_pcp_address("[::1]:9898").value()), "[::1]:9898");
    EXPECT_EQ(to_string(read_pcp_address("/run/pgpool/.s.PGSQL.9898").value()),
              "/run/pgpool/.s.PGSQL.9898");
    EXPECT_FALSE(read_pcp_address("localhost"));
    EXPECT_EQ(read_pcp_address("pgpool.example:9898").error().what,
              "\"pgpool.example:9898\" is neither an address with a port nor a socket; write it "
              "such as localhost:9898 or /run/pgpool/.s.PGSQL.9898");
}

TEST(ConfPgpool, HasTheDocumentedDefaults) {
    EXPECT_FALSE(config_of("").pgpool);
    const auto pgpool = config_of("[pgpool]\nuser = komainu\n").pgpool;
    ASSERT_TRUE(pgpool);
    EXPECT_EQ(to_string(pgpool->pcp), "127.0.0.1:9898");
    EXPECT_EQ(pgpool->password_file, "/etc/komainu/pcppass");
    EXPECT_EQ(pgpool->mode, PgpoolMode::mirror);
    EXPECT_EQ(pgpool->interval, 500ms);
}

TEST(ConfPgpool, NeedsAUserAndABackend) {
    EXPECT_EQ(problems_of(with_backend + "[pgpool]\nuser = k\n"), Said{});
    EXPECT_EQ(problems_of(good + "[pgpool]\nmode = mirror\n"),
              (Said{"k.conf:12: user: is missing; write user = ... under [pgpool]",
                    "k.conf:12: [pgpool]: there is no backend to keep in line; write [backend.0] "
                    "and address = ... under it, as in pgpool.conf"}));
}

TEST(ConfPgpool, InModeConsensusNeedsSomebodyWhoLooks) {
    const auto consensus = with_backend + "[pgpool]\nuser = k\nmode = consensus\n";
    EXPECT_EQ(problems_of(consensus),
              Said{"k.conf:16: warning: mode: no node looks whether a backend is down; write a "
                   "[service.NAME] with backend = N for each, or mode = mirror"});
    EXPECT_EQ(problems_of(consensus +
                          "[service.db]\ncheck = tcp\naddress = 10.0.0.11:5432\nbackend = 0\n"),
              Said{});
}

TEST(ConfPgpool, SaysWhatIsWrongByItsLine) {
    EXPECT_EQ(
        problems_of(with_backend + "[pgpool]\nuser = k\nmode = quorum\ninterval = 1ms\n"),
        (Said{"k.conf:16: mode: \"quorum\" is not one of the choices; write mirror or consensus",
              "k.conf:17: interval: 1ms is out of range; write 100ms to 10s"}));
}

TEST(ConfPgpool, IsSummedUpByWhoDecides) {
    EXPECT_NE(describe(config_of("[pgpool]\nuser = k\n"))
                  .find("pgpool-II at 127.0.0.1:9898, asked every 500ms as user k: what it does "
                        "with a backend by itself, the others do as well\n"),
              std::string::npos);
    EXPECT_NE(describe(config_of("[pgpool]\nuser = k\nmode = consensus\n"))
                  .find("what it does with a backend by itself is undone"),
              std::string::npos);
}

TEST(ConfPgpool, ChangesOnlyByARestart) {
    const auto refused = [](const std::string& running, const std::string& wanted) {
        const auto after = read_config(good + wanted);
        Problems problems;
        EXPECT_EQ(plan_reload(config_of(running), after.config, after.lines, problems), Said{});
        return conf_text::lines_of(problems).size();
    };
    const std::string before = "[pgpool]\nuser = k\n";
    EXPECT_EQ(refused("[cluster]\n", before), refused("", "") + 1);
    EXPECT_EQ(refused(before, before), refused("", ""));
    EXPECT_EQ(refused(before, ""), refused("", "") + 1);
    EXPECT_EQ(refused(before,
                      "[pgpool]\nuser = other\npcp = /s\npassword_file = /p\nmode = consensus\n"
                      "interval = 1s\n"),
              refused("", "") + 5);
}

TEST(PgpoolEnvironment, CarriesWhatTheProgramGoesBy) {
    const auto config = config_of(
        "[pgpool]\n"
        "pcp = /run/s\nuser = k\npassword_file = /p\nmode = consensus\ninterval = 2s\n"
        "[control]\nsocket = /run/c\n");
    std::map<std::string, std::string> variables;
    for (const auto& variable : pgpool_environment(config))
        variables[variable.substr(0, variable.find('='))] = variable.substr(variable.find('=') + 1);
    const Lookup lookup = [&](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
    const auto settings = read_pgpool_environment(lookup);
    ASSERT_TRUE(settings) << settings.error().what;
    EXPECT_EQ(settings.value(), (PgpoolSettings{*config.pgpool, "/run/c", 2}));

    variables["KOMAINU_PGPOOL_MODE"] = "both";
    EXPECT_EQ(read_pgpool_environment(lookup).error().what,
              "KOMAINU_PGPOOL_MODE: \"both\" is not one of the choices; write mirror or consensus");
    variables.erase("KOMAINU_PGPOOL_USER");
    EXPECT_EQ(read_pgpool_environment(lookup).error().what, "KOMAINU_PGPOOL_USER is not set");
}

}  // namespace
}  // namespace komainu
