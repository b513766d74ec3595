// What the runner makes of the configuration's commands under [backends].
#include "runner/program.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using namespace conf_text;

Config config_with(const std::string& commands) {
    auto config = read_config(good +
                              "[backend.0]\naddress = 10.0.0.11:5432\n"
                              "[backend.1]\naddress = 10.0.0.12:5432\n"
                              "data_directory = /data/the second\n[backends]\n" +
                              commands)
                      .config;
    config.self = NodeId{2};
    return config;
}

std::optional<Program> command_of(const Config& config, ClusterCommand command) {
    auto programs = programs_of(config, {});
    EXPECT_TRUE(programs) << programs.error().what;
    return programs->commands[static_cast<std::size_t>(command)];
}

TEST(ClusterCommands, AreThoseOfTheConfigurationAndNoMore) {
    const auto config = config_with("failback_command = /back %d\nfollow_primary_command = /on\n");
    EXPECT_FALSE(command_of(config, ClusterCommand::failover));
    EXPECT_EQ(command_of(config, ClusterCommand::failback)->argv, (Argv{"/back", "%d"}));
    EXPECT_EQ(command_of(config, ClusterCommand::follow_primary)->argv, Argv{"/on"});
    EXPECT_EQ(command_of(config_with("failover_command = /over\n"), ClusterCommand::failover)->argv,
              Argv{"/over"});
}

TEST(ClusterCommands, AreToldOfTheChangeInTheirWordsAlone) {
    const auto config = config_with(
        "failover_command = /over %d %R '%h:%p' %M\n"
        "command_timeout = 7s\n");
    const auto command = command_of(config, ClusterCommand::failover);
    ASSERT_TRUE(command);
    const Program run = told(*command, BackendChange{0, 1, 0, {}}, config);
    EXPECT_EQ(run.argv, (Argv{"/over", "0", "/data/the second", "10.0.0.11:5432", "0"}))
        << "a value with a blank in it is one word";
    EXPECT_EQ(run.title, "backends.failover_command");
    EXPECT_EQ(run.timeout, 7s);
    EXPECT_FALSE(run.user) << "as the daemon's own user";
    EXPECT_EQ(run.environment, command->environment);
    for (const auto* said : {"KOMAINU_CLUSTER=shrine", "KOMAINU_NODE=2"})
        EXPECT_EQ(std::ranges::count(run.environment, said), 1) << said;
    EXPECT_EQ(told(*command, BackendChange{1, {}, {}, {}}, config).argv,
              (Argv{"/over", "1", "", "10.0.0.12:5432", "-1"}))
        << "and anew for each change";
}

}  // namespace
}  // namespace komainu
