#include "conf/value_text.h"

#include <fmt/core.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace komainu {

namespace {

constexpr std::size_t quoted_bytes_max = 60;
constexpr std::size_t name_bytes_max = 63;
constexpr std::size_t text_bytes_max = 4096;

struct Unit {
    std::string_view name;
    Duration length;
};
constexpr std::array<Unit, 3> units{{{"ms", 1ms}, {"s", 1s}, {"min", 1min}}};

/// The digits at the beginning of a text and what follows them.
struct Count {
    std::int64_t number;
    std::string_view rest;
};

std::optional<Count> split_count(std::string_view text) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return {};
    const char* const end = text.data() + text.size();
    std::int64_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{}) return {};
    return Count{number, {rest, static_cast<std::size_t>(end - rest)}};
}

std::optional<std::uint32_t> read_uint32(std::string_view text) {
    const auto count = split_count(text);
    if (!count || !count->rest.empty() || count->number > UINT32_MAX) return {};
    return static_cast<std::uint32_t>(count->number);
}

bool is_name_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

}  // namespace

std::string quoted(std::string_view text) {
    const bool fits = text.size() <= quoted_bytes_max;
    return fmt::format("\"{}{}\"", text.substr(0, quoted_bytes_max), fits ? "" : "...");
}

Result<Duration> read_duration(std::string_view text, Range<Duration> range) {
    const auto count = split_count(text);
    if (count && count->rest.empty())
        return Error{
            fmt::format("{} has no unit; write {}ms, {}s or {}min", text, text, text, text)};
    const auto unit = std::ranges::find(units, count ? count->rest : "", &Unit::name);
    if (unit == units.end())
        return Error{fmt::format(
            "{} is not a duration; write a whole number and its unit (ms, s or min), such as 100ms",
            quoted(text))};
    // Compared before it is multiplied, so that no number of the file can overflow.
    const bool too_long = count->number > range.most / unit->length;
    if (too_long || count->number * unit->length < range.least)
        return Error{fmt::format("{} is out of range; write {} to {}", text, to_string(range.least),
                                 to_string(range.most))};
    return Duration{count->number * unit->length};
}

std::string to_string(Duration duration) {
    for (const auto& [name, length] : {units[2], units[1], units[0]})
        if (duration % length == 0ns && duration != 0ns)
            return fmt::format("{}{}", duration / length, name);
    return fmt::format("{}ms", std::chrono::duration<double, std::milli>(duration).count());
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const auto first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

Result<int> read_number(std::string_view text, Range<int> range) {
    const auto count = split_count(text);
    if (!count || !count->rest.empty() || count->number < range.least || count->number > range.most)
        return Error{fmt::format("{} is not a number from {} to {}; write one", quoted(text),
                                 range.least, range.most)};
    return static_cast<int>(count->number);
}

Result<IpAddress> read_address(std::string_view text) {
    if (const auto address = parse_address(text)) return *address;
    return Error{quoted(text) +
                 " is not an address; write it in numbers, such as 10.77.0.1 or fd00::1"};
}

std::vector<std::string_view> words_of(std::string_view text) {
    constexpr const char* blanks = " \t";
    std::vector<std::string_view> words;
    for (auto begin = text.find_first_not_of(blanks); begin != text.npos;) {
        const auto end = std::min(text.find_first_of(blanks, begin), text.size());
        words.push_back(text.substr(begin, end - begin));
        begin = text.find_first_not_of(blanks, end);
    }
    return words;
}

Result<std::vector<IpAddress>> read_addresses(std::string_view text, std::size_t addresses_max) {
    std::vector<IpAddress> addresses;
    for (const auto word : words_of(text)) {
        auto address = read_address(word);
        if (!address) return address.error();
        if (addresses.size() == addresses_max)
            return Error{"more than " + std::to_string(addresses_max) +
                         " addresses; remove some of them"};
        addresses.push_back(*address);
    }
    return addresses;
}

Result<Prefix> read_prefix(std::string_view text) {
    if (const auto prefix = parse_prefix(text)) return *prefix;
    return Error{quoted(text) +
                 " is not an address, with or without a prefix length; write it such as "
                 "10.77.0.100/24, 10.77.0.100 or fd00::100/64"};
}

Result<std::optional<Prefix>> read_destination(std::string_view text) {
    if (text == "default") return std::optional<Prefix>();
    if (const auto prefix = parse_prefix(text)) return prefix;
    return Error{quoted(text) +
                 " is not a destination; write default, or a network or an address such as "
                 "10.80.0.0/16, 10.80.0.1 or fd80::/64"};
}

Result<std::uint32_t> read_table(std::string_view text) {
    if (text == "main") return main_table;
    if (const auto number = read_uint32(text); number && *number != 0) return *number;
    return Error{fmt::format("{} is not a routing table; write main or a number from 1 to {}",
                             quoted(text), UINT32_MAX)};
}

std::string table_name(std::uint32_t table) {
    return table == main_table ? "main" : std::to_string(table);
}

Result<std::uint32_t> read_metric(std::string_view text) {
    if (const auto number = read_uint32(text)) return *number;
    return Error{
        fmt::format("{} is not a number from 0 to {}; write one", quoted(text), UINT32_MAX)};
}

Result<std::uint32_t> read_rule_priority(std::string_view text) {
    constexpr std::uint32_t of_main = 32766, of_default = 32767;
    const auto number = read_uint32(text);
    if (number && *number != 0 && *number != of_main && *number != of_default) return *number;
    return Error{
        fmt::format("{} is not a priority for a rule: 0, {} and {} are the kernel's own; write a "
                    "number from 1 to {} that no other rule has",
                    quoted(text), of_main, of_default, of_main - 1)};
}

Result<Endpoint> read_endpoint(std::string_view text) {
    if (const auto endpoint = parse_endpoint(text)) return *endpoint;
    return Error{quoted(text) +
                 " is not an address with a port; write it such as 127.0.0.1:9999 or [::1]:9999"};
}

Result<PcpAddress> read_pcp_address(std::string_view text) {
    constexpr std::string_view localhost = "localhost:", loopback = "127.0.0.1:";
    if (text.starts_with('/')) return PcpAddress{{}, std::string(text)};
    const auto numeric = text.starts_with(localhost)
                             ? std::string(loopback) + std::string(text.substr(localhost.size()))
                             : std::string(text);
    if (const auto endpoint = parse_endpoint(numeric)) return PcpAddress{*endpoint};
    return Error{quoted(text) +
                 " is neither an address with a port nor a socket; write it such as localhost:9898 "
                 "or /run/pgpool/.s.PGSQL.9898"};
}

std::string to_string(const PcpAddress& address) {
    return address.unix_socket.empty() ? to_string(address.endpoint) : address.unix_socket;
}

Result<std::string> read_absolute_path(std::string_view text) {
    if (text.starts_with('/')) return std::string(text);
    return Error{quoted(text) + " is not an absolute path; begin it with /"};
}

Result<std::string> read_interface_name(std::string_view text) {
    const bool has_odd = text.find_first_of("/: \t") != text.npos;
    if (text.size() < IFNAMSIZ && !has_odd && text != "." && text != "..") return std::string(text);
    return Error{
        fmt::format("{} is not an interface name; write one of at most {} letters, such as eth0",
                    quoted(text), IFNAMSIZ - 1)};
}

Result<std::string> read_label(std::string_view text) {
    const bool has_odd = text.find_first_of("/ \t") != text.npos;
    if (text.size() < IFNAMSIZ && !has_odd) return std::string(text);
    return Error{fmt::format(
        "{} is not a label; write one of at most {} letters without blanks, such as eth0:pg",
        quoted(text), IFNAMSIZ - 1)};
}

Result<AddressScope> read_scope(std::string_view text) {
    if (text == "host")
        return Error{
            "an address of scope host is for the use of its host alone, and clients are to reach "
            "a VIP; write global, site or link"};
    return read_choice(text, address_scopes);
}

Result<std::vector<std::string>> read_interface_names(std::string_view text,
                                                      std::size_t names_max) {
    return read_each_once<std::string>(text, read_interface_name, names_max, "interfaces");
}

Result<std::string> read_text(std::string_view text) {
    if (text.size() <= text_bytes_max) return std::string(text);
    return Error{
        fmt::format("{} is too long; write at most {} bytes", quoted(text), text_bytes_max)};
}

// Not quoted in the error: it may hold a password.
Result<std::string> read_conninfo(std::string_view text) {
    const bool is_uri = text.starts_with("postgresql://") || text.starts_with("postgres://");
    if (is_uri || text.find('=') != text.npos) return read_text(text);
    return Error{
        "is no connection string; write one such as host=127.0.0.1 port=9999 dbname=postgres or "
        "postgresql://127.0.0.1:9999/postgres"};
}

Result<std::string> read_user_name(std::string_view text) {
    auto name = read_name(text);
    if (!name) return Error{quoted(text) + " is not a user's name; write one, such as postgres"};
    return name;
}

Result<std::string> read_group_name(std::string_view text) {
    auto name = read_name(text);
    if (!name)
        return Error{quoted(text) + " is not a group's name; write one, such as komainu-monitor"};
    return name;
}

Result<std::string> read_name(std::string_view text) {
    if (!text.empty() && text.size() <= name_bytes_max && std::ranges::all_of(text, is_name_letter))
        return std::string(text);
    return Error{
        fmt::format("{} is not a name; write 1 to {} letters, digits, dots, underscores or hyphens",
                    quoted(text), name_bytes_max)};
}

}  // namespace komainu
