#include "ctl/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/variables_map.hpp>
#include <charconv>
#include <sstream>

namespace komainu {

namespace po = boost::program_options;

namespace {

constexpr const char* words_key = "words";  // the command and its arguments

po::options_description options() {
    po::options_description shown("Options", 80);
    shown.add_options()                                                                        //
        ("config", po::value<std::string>()->value_name("FILE"),                               //
         "find the control socket in this configuration (/etc/komainu/komainu.conf)")          //
        ("socket", po::value<std::string>()->value_name("PATH"),                               //
         "the control socket of the daemon")                                                   //
        ("json", po::bool_switch(), "print JSON instead of tables (status, doctor, backend)")  //
        ("watch", po::bool_switch(),
         "show it again every half second, until interrupted (status)")  //
        ("wait", po::value<std::string>()->value_name("SECONDS"),
         "wait for so long for an active node and a quorum, 2 unless given (backend)")  //
        ("key", po::value<std::string>()->value_name("KEY"),
         "1 to 16 hexadecimal digits: asked again with the same key it is done once (backend)")  //
        ("listen", po::value<std::string>()->value_name("ADDRESS"),
         "go on, and give them to whoever asks at this address and port by HTTP (metrics)")  //
        ("this-node", po::bool_switch(),
         "only the node of the daemon that is asked (pause, resume)")  //
        ("verbose,v", po::bool_switch(),
         "tell all of it, each in a line of its own (watchdog-info)")  //
        ("help", po::bool_switch(), "explain the command, or all of them");
    return shown;
}

Result<po::variables_map> store(const std::vector<std::string>& words,
                                std::vector<std::string>& given) {
    namespace style = po::command_line_style;
    po::options_description all = options();
    all.add_options()(words_key, po::value<std::vector<std::string>>());
    po::positional_options_description positions;
    positions.add(words_key, -1);
    po::variables_map values;
    try {
        const auto parsed = po::command_line_parser(words)
                                .options(all)
                                .positional(positions)
                                .style(style::unix_style & ~style::allow_guessing)
                                .run();
        for (const auto& option : parsed.options) given.push_back(option.string_key);
        po::store(parsed, values);
    } catch (const po::error& wrong) {
        return Error{wrong.what()};
    }
    return values;
}

std::optional<std::string> text_of(const po::variables_map& values, const char* key) {
    if (values.count(key) == 0) return {};
    return values[key].as<std::string>();
}

Status check_arguments(const Invocation& invocation, const std::vector<std::string>& given) {
    const Command& command = *invocation.command;
    for (const auto& option : given)
        if (option != words_key && option != "help" &&
            std::ranges::find(command.options, option) == command.options.end())
            return Error{fmt::format("{} has no option --{}", command.name, option)};
    const auto count = invocation.arguments.size();
    if (count < command.arguments_least)
        return Error{fmt::format("{} needs {}", command.name, command.arguments)};
    if (count > command.arguments_most)
        return Error{fmt::format("{} is one argument too many for {}",
                                 invocation.arguments[command.arguments_most], command.name)};
    if (invocation.config && invocation.socket)
        return Error{"--config and --socket both name a socket; give one of them"};
    return Ok{};
}

Status find_command(Invocation& invocation, std::span<const Command> commands) {
    const auto name = invocation.arguments.front();
    const auto found = std::ranges::find(commands, name, &Command::name);
    if (found == commands.end()) return Error{fmt::format("there is no command {}", name)};
    invocation.command = &*found;
    invocation.arguments.erase(invocation.arguments.begin());
    return Ok{};
}

std::string usage_of(const Command& command) {
    std::string usage(command.name);
    for (const auto option : command.options) {
        if (option.empty()) continue;
        const auto value = option == "config"   ? " FILE"
                           : option == "socket" ? " PATH"
                           : option == "wait"   ? " SECONDS"
                           : option == "key"    ? " KEY"
                           : option == "listen" ? " ADDRESS"
                                                : "";
        usage += fmt::format(" [--{}{}]", option, value);
    }
    return usage + (command.arguments.empty() ? "" : " ") + std::string(command.arguments);
}

}  // namespace

Result<Invocation> parse_command_line(const std::vector<std::string>& words,
                                      std::span<const Command> commands) {
    std::vector<std::string> given;
    const auto stored = store(words, given);
    if (!stored) return stored.error();
    const auto& values = stored.value();
    Invocation invocation;
    invocation.config = text_of(values, "config");
    invocation.socket = text_of(values, "socket");
    invocation.wait = text_of(values, "wait");
    invocation.key = text_of(values, "key");
    invocation.listen = text_of(values, "listen");
    invocation.json = values["json"].as<bool>();
    invocation.watch = values["watch"].as<bool>();
    invocation.this_node = values["this-node"].as<bool>();
    invocation.verbose = values["verbose"].as<bool>();
    invocation.help = values["help"].as<bool>();
    if (values.count(words_key) != 0)
        invocation.arguments = values[words_key].as<std::vector<std::string>>();
    if (invocation.arguments.empty()) {
        if (invocation.help) return invocation;
        return Error{"there is no command"};
    }
    if (const auto found = find_command(invocation, commands); !found) return found.error();
    if (invocation.help) return invocation;
    if (const auto fits = check_arguments(invocation, given); !fits) return fits.error();
    return invocation;
}

std::optional<int> read_number(const std::string& text, int least, int most) {
    int value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end || value < least || value > most) return {};
    return value;
}

std::string help_text(std::span<const Command> commands) {
    std::string text =
        "komainuctl asks and directs komainud, which keeps a virtual IP address alive.\n\n"
        "Usage: komainuctl [options] COMMAND\n\nCommands:\n";
    for (const auto& command : commands)
        text += fmt::format("  {:<24}{}\n", fmt::format("{} {}", command.name, command.arguments),
                            command.summary);
    std::ostringstream shown;
    shown << options();
    return text + "\n" + shown.str() +
           "\nkomainuctl COMMAND --help explains a command.\n\n"
           "Exit status: 0 done; 1 refused or failed, the reason is on stderr; 2 the command line\n"
           "or the configuration is wrong; 3 no daemon at the socket.\n\n"
           "See also: komainuctl(8), which explains the status; to begin with: komainu(7).\n";
}

std::string help_text(const Command& command) {
    return fmt::format("Usage: komainuctl {}\n\n{}\n\n{}", usage_of(command), command.summary,
                       command.help);
}

}  // namespace komainu
