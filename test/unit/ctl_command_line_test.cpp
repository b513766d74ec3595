#include "ctl/command_line.h"

#include <gtest/gtest.h>

#include "ctl/commands.h"

namespace komainu {
namespace {

Result<Invocation> parse(const std::vector<std::string>& words) {
    return parse_command_line(words, commands());
}

std::string error(const std::vector<std::string>& words) {
    const auto parsed = parse(words);
    return parsed ? "none" : parsed.error().what;
}

TEST(CommandLine, HasACommandWithItsOptionsInAnyOrder) {
    for (const auto& words : {std::vector<std::string>{"--socket", "/s", "status", "--json"},
                              std::vector<std::string>{"status", "--json", "--socket=/s"}}) {
        const auto parsed = parse(words);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed.value().command->name, "status");
        EXPECT_EQ(parsed.value().socket, "/s");
        EXPECT_EQ(parsed.value().config, std::nullopt);
        EXPECT_TRUE(parsed.value().json);
        EXPECT_FALSE(parsed.value().watch);
    }
}

TEST(CommandLine, HandsTheCommandItsArguments) {
    EXPECT_EQ(parse({"switchover"}).value().arguments, std::vector<std::string>{});
    EXPECT_EQ(parse({"switchover", "2"}).value().arguments, std::vector<std::string>{"2"});
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
    EXPECT_EQ(error({}), "there is no command");
    EXPECT_EQ(error({"--json"}), "there is no command");
    EXPECT_EQ(error({"stauts"}), "there is no command stauts");
    EXPECT_EQ(error({"status", "--jsno"}), "unrecognised option '--jsno'");
    EXPECT_EQ(error({"status", "--js"}), "unrecognised option '--js'");
    EXPECT_EQ(error({"status", "--socket"}),
              "the required argument for option '--socket' is missing");
}

TEST(CommandLine, RefusesOptionsOfAnotherCommand) {
    EXPECT_EQ(error({"keygen", "--json"}), "keygen has no option --json");
    EXPECT_EQ(error({"switchover", "--watch"}), "switchover has no option --watch");
    EXPECT_EQ(error({"check-config", "f", "--config", "f"}), "check-config has no option --config");
}

TEST(CommandLine, RefusesTooFewAndTooManyArguments) {
    EXPECT_EQ(error({"check-config"}), "check-config needs FILE");
    EXPECT_EQ(error({"switchover", "1", "2"}), "2 is one argument too many for switchover");
}

TEST(CommandLine, RefusesTwoNamesForOneSocket) {
    EXPECT_EQ(error({"status", "--config", "a", "--socket", "b"}),
              "--config and --socket both name a socket; give one of them");
}

TEST(CommandLine, HelpsBeforeItComplains) {
    EXPECT_TRUE(parse({"--help"}).value().help);
    EXPECT_EQ(parse({"--help"}).value().command, nullptr);
    EXPECT_EQ(parse({"check-config", "--help"}).value().command->name, "check-config");
}

TEST(CommandLine, ShowsEveryCommandAndOptionInTheHelp) {
    const auto help = help_text(commands());
    for (const auto& command : commands()) {
        EXPECT_NE(help.find("\n  " + std::string(command.name)), help.npos) << command.name;
        EXPECT_NE(help.find(command.summary), help.npos) << command.name;
        const auto own = help_text(command);
        for (const auto option : command.options) {
            if (option.empty()) continue;
            EXPECT_NE(help.find("--" + std::string(option)), help.npos) << option;
            EXPECT_NE(own.find("--" + std::string(option)), own.npos) << option;
        }
    }
    EXPECT_NE(help.find("Exit status"), help.npos);
}

}  // namespace
}  // namespace komainu
