#include "test/pcap/tshark.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string_view>

#include "test/lab/temporary_directory.h"

namespace komainu::test {

namespace {

constexpr const char* dissector = "packaging/wireshark/komainu.lua";

struct Finished {
    std::string output;
    int status = -1;
};

Finished run(const std::string& command) {
    Finished finished;
    FILE* const pipe = ::popen(command.c_str(), "re");
    if (pipe == nullptr) return finished;
    std::array<char, 65536> chunk;
    while (const auto size = std::fread(chunk.data(), 1, chunk.size(), pipe))
        finished.output.append(chunk.data(), size);
    finished.status = ::pclose(pipe);
    return finished;
}

/// The value of an attribute of an XML tag, in which the five entities stand for letters.
std::string attribute(std::string_view line, const std::string& name) {
    const auto start = line.find(" " + name + "=\"");
    if (start == line.npos) return "";
    std::string_view rest = line.substr(start + name.size() + 3);
    std::string value(rest.substr(0, rest.find('"')));
    for (const auto& [entity, letter] :
         {std::pair{"&lt;", "<"}, std::pair{"&gt;", ">"}, std::pair{"&quot;", "\""},
          std::pair{"&apos;", "'"}, std::pair{"&#x27;", "'"}, std::pair{"&amp;", "&"}})
        for (auto at = value.find(entity); at != value.npos; at = value.find(entity, at + 1))
            value.replace(at, std::string_view(entity).size(), letter);
    return value;
}

bool only_explains(std::string_view name) {
    return name == "info.tag" || name == "info.length" || name == "unread";
}

/// Wireshark 4.2 and later have words for what are 0 and 1 before; bytes had colons before 3.4.
std::string uniform(const std::string& name, std::string value) {
    if (value == "True") return "1";
    if (value == "False") return "0";
    if (name == "tag" || name.ends_with("random") || name.ends_with("hash")) std::erase(value, ':');
    return value;
}

void take_field(std::string_view line, Shown& shown) {
    constexpr std::string_view prefix = "komainu.";
    std::string name = attribute(line, "name");
    if (name == "_ws.lua.error" || line.find("Lua Error") != line.npos) ADD_FAILURE() << line;
    if (!name.starts_with(prefix)) return;
    name.erase(0, prefix.size());
    static const std::set<std::string> experts{"malformed", "unknown_version", "unknown_type",
                                               "trailing",  "no_frame",        "cut_off",
                                               "unproven"};
    if (experts.contains(name))
        shown.experts.insert(name);
    else if (!only_explains(name))
        shown.fields[name].push_back(uniform(name, attribute(line, "show")));
}

/// In a home of its own: with no preferences, and no other copy of the dissector.
std::string command_for(const std::string& capture_file, const lab::TemporaryDirectory& home) {
    return "HOME=" + home.path("") + " XDG_CONFIG_HOME= LC_ALL=C tshark -n -r '" + capture_file +
           "' -X lua_script:" + dissector + " ";
}

}  // namespace

std::string why_no_dissector() {
    const auto version = run("tshark --version 2>/dev/null").output;
    if (version.empty()) return "tshark is not installed";
    if (version.find("with Lua") == version.npos) return "this tshark was built without Lua";
    return "";
}

std::vector<Shown> dissect(const std::string& capture_file,
                           const std::vector<std::string>& options) {
    const lab::TemporaryDirectory home;
    std::string command = command_for(capture_file, home);
    for (const std::string& option : options) command += option + " ";
    const auto [output, status] = run(command + "-T pdml 2>" + home.path("errors"));
    const auto errors = run("grep -v '^Running as user' " + home.path("errors")).output;
    EXPECT_EQ(status, 0) << errors;
    EXPECT_EQ(errors, "");
    std::vector<Shown> packets;
    std::istringstream text(output);
    for (std::string line; std::getline(text, line);) {
        if (line.find("<packet>") != line.npos)
            packets.emplace_back();
        else if (!packets.empty() && line.find("<field ") != line.npos)
            take_field(line, packets.back());
    }
    return packets;
}

std::vector<std::string> info_columns(const std::string& capture_file) {
    const lab::TemporaryDirectory home;
    std::istringstream text(
        run(command_for(capture_file, home) + "-T fields -e _ws.col.Info 2>/dev/null").output);
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
}

}  // namespace komainu::test
