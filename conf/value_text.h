// The text of single values: each function turns it into a value, or says what is wrong with it
// and what would be right.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "base/time.h"
#include "conf/names.h"

namespace komainu {

template <class T>
struct Range {
    T least;
    T most;
};

/// The text in quotation marks, shortened when it is long.
std::string quoted(std::string_view text);

/// Without the blanks around it.
std::string_view trim(std::string_view text);

/// A whole number with its unit (ms, s or min): "100ms".
Result<Duration> read_duration(std::string_view text, Range<Duration> range);
/// The shortest exact spelling: "100ms", "2s", "1min".
std::string to_string(Duration duration);

Result<int> read_number(std::string_view text, Range<int> range);
Result<IpAddress> read_address(std::string_view text);
/// One or more, with spaces between them.
Result<std::vector<IpAddress>> read_addresses(std::string_view text, std::size_t addresses_max);
/// Without "/length" it is a host prefix.
Result<Prefix> read_prefix(std::string_view text);
/// A prefix, or "default", which is nothing.
Result<std::optional<Prefix>> read_destination(std::string_view text);
/// A number, or "main".
Result<std::uint32_t> read_table(std::string_view text);
/// As it is written.
std::string table_name(std::uint32_t table);
Result<std::uint32_t> read_metric(std::string_view text);
/// One that the kernel's own rules do not have.
Result<std::uint32_t> read_rule_priority(std::string_view text);
Result<Endpoint> read_endpoint(std::string_view text);
/// An endpoint, the same with localhost for the host, or the path of a Unix socket.
Result<PcpAddress> read_pcp_address(std::string_view text);
std::string to_string(const PcpAddress& address);
Result<std::string> read_absolute_path(std::string_view text);
Result<std::string> read_interface_name(std::string_view text);
/// Of an IPv4 address, as ifconfig shows it. Whether it goes with an interface is another question.
Result<std::string> read_label(std::string_view text);
Result<AddressScope> read_scope(std::string_view text);
/// One or more, each once, with spaces between them.
Result<std::vector<std::string>> read_interface_names(std::string_view text, std::size_t names_max);

/// Free text of at most 4 KiB, as it stands.
Result<std::string> read_text(std::string_view text);
/// A connection string of libpq's: "keyword=value ..." or a URI. What stands in it is libpq's
/// business.
Result<std::string> read_conninfo(std::string_view text);

/// Names of clusters, VIPs and services: they stand in logs and JSON, and identify.
Result<std::string> read_name(std::string_view text);

/// Of a user or a group of this host, by name.
Result<std::string> read_user_name(std::string_view text);
Result<std::string> read_group_name(std::string_view text);

/// The words of a text, with blanks between them.
std::vector<std::string_view> words_of(std::string_view text);

/// What `read(word)` makes of each word of a list, each once and at most so many of them. `noun`
/// says what they are.
template <class Item, class Read>
Result<std::vector<Item>> read_each_once(std::string_view text, Read read, std::size_t most,
                                         std::string_view noun) {
    std::vector<Item> items;
    for (const auto word : words_of(text)) {
        auto item = read(word);
        if (!item) return item.error();
        if (std::ranges::find(items, *item) != items.end())
            return Error{quoted(word) + " stands there twice; write it once"};
        if (items.size() == most)
            return Error{"more than " + std::to_string(most) + " " + std::string(noun) +
                         "; remove some of them"};
        items.push_back(std::move(*item));
    }
    return items;
}

template <class Choice, std::size_t N>
Result<Choice> read_choice(std::string_view text, const std::array<Named<Choice>, N>& table) {
    std::string names;
    for (const auto& [name, choice] : table) {
        if (name == text) return choice;
        names += (names.empty() ? "" : " or ") + std::string(name);
    }
    return Error{quoted(text) + " is not one of the choices; write " + names};
}

/// One or more choices, each once, with blanks between them.
template <class Choice, std::size_t N>
Result<std::vector<Choice>> read_choices(std::string_view text,
                                         const std::array<Named<Choice>, N>& table) {
    const auto read = [&](std::string_view word) { return read_choice(word, table); };
    return read_each_once<Choice>(text, read, N, "choices");
}

}  // namespace komainu
