#include "ctl/keep_configuration.h"

#include <strings.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "conf/value_text.h"

namespace komainu {

namespace {

std::optional<std::string> last_value_in(const std::string& text) {
    std::istringstream lines(text);
    std::optional<std::string> value;
    bool is_network = false;
    for (std::string whole; std::getline(lines, whole);) {
        const auto line = trim(whole);
        if (line.starts_with('[')) is_network = line == "[Network]";
        const auto equals = std::min(line.find('='), line.size());
        if (is_network && equals < line.size() &&
            trim(line.substr(0, equals)) == "KeepConfiguration")
            value = trim(line.substr(equals + 1));
    }
    return value;
}

}  // namespace

/// As systemd reads what is true.
bool KeepConfiguration::keeps_vips() const {
    constexpr const char* words[] = {"1", "yes", "y", "true", "t", "on"};
    return std::ranges::any_of(
        words, [this](const char* word) { return ::strcasecmp(word, value.c_str()) == 0; });
}

KeepConfiguration keep_configuration_in(const std::vector<SettingsFile>& files) {
    KeepConfiguration last;
    for (const SettingsFile& file : files)
        if (auto value = last_value_in(file.text)) last = {std::move(*value), file.path};
    return last;
}

}  // namespace komainu
