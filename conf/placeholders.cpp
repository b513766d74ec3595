#include "conf/placeholders.h"

#include <fmt/core.h>

namespace komainu {

namespace {

constexpr std::string_view letters = "dhpDmHMPrRNS%";

std::string number_of(std::optional<int> id) { return std::to_string(id.value_or(-1)); }

std::string value_of(char letter, const BackendChange& change, const Config& config) {
    const auto find = [&](std::optional<int> id) { return id ? config.backend(*id) : nullptr; };
    const auto host = [&](std::optional<int> id) {
        const BackendConfig* const backend = find(id);
        return backend ? to_string(backend->address.address) : "";
    };
    const auto port = [&](std::optional<int> id) {
        const BackendConfig* const backend = find(id);
        return backend ? std::to_string(backend->address.port) : "";
    };
    const auto directory = [&](std::optional<int> id) {
        const BackendConfig* const backend = find(id);
        return backend ? backend->data_directory : "";
    };
    switch (letter) {
        case 'd':
            return number_of(change.backend);
        case 'h':
            return host(change.backend);
        case 'p':
            return port(change.backend);
        case 'D':
            return directory(change.backend);
        case 'm':
            return number_of(change.main);
        case 'H':
            return host(change.main);
        case 'r':
            return port(change.main);
        case 'R':
            return directory(change.main);
        case 'M':
            return number_of(change.old_main);
        case 'P':
            return number_of(change.old_primary);
        case 'N':
            return host(change.old_primary);
        case 'S':
            return port(change.old_primary);
        default:
            return "%";
    }
}

}  // namespace

std::string expand(std::string_view word, const BackendChange& change, const Config& config) {
    std::string text;
    for (std::size_t i = 0; i < word.size(); ++i) {
        const bool is_placeholder = word[i] == '%' && i + 1 < word.size();
        text += is_placeholder ? value_of(word[++i], change, config) : std::string(1, word[i]);
    }
    return text;
}

std::string_view unknown_placeholder(std::string_view word) {
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (word[i] != '%') continue;
        if (i + 1 == word.size() || letters.find(word[i + 1]) == letters.npos)
            return word.substr(i, 2);
        ++i;
    }
    return {};
}

}  // namespace komainu
