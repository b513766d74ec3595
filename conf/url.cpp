#include "conf/url.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/address.h"
#include "conf/value_text.h"

namespace komainu {

namespace {

constexpr std::size_t url_bytes_max = 2048;
constexpr Range<int> ports{1, 65535};

bool is_in_a_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

bool is_host(std::string_view text, bool in_brackets) {
    if (!in_brackets) return !text.empty() && std::ranges::all_of(text, is_in_a_name);
    const auto address = parse_address(text);
    return address && !address->is_ipv4();
}

/// Spaces and bytes beyond ASCII must be written in percent encoding (RFC 3986 section 2.1).
bool is_in_a_url(char c) { return c > 0x20 && c < 0x7f; }

}  // namespace

std::optional<Url> split_url(std::string_view text) {
    if (text.size() > url_bytes_max || !std::ranges::all_of(text, is_in_a_url)) return {};
    Url url;
    const auto colon = text.find("://");
    url.scheme = text.substr(0, colon);
    if (url.scheme != "http" && url.scheme != "https") return {};
    text.remove_prefix(colon + 3);

    const auto end = std::min(text.find_first_of("/?"), text.size());
    url.rest = text.substr(end);
    text = text.substr(0, end);
    if (const auto at = text.rfind('@'); at != text.npos) {
        url.user = text.substr(0, at);
        text.remove_prefix(at + 1);
    }

    const bool in_brackets = text.starts_with('[');
    if (in_brackets && text.find(']') == text.npos) return {};
    const auto host_end = std::min(text.find(in_brackets ? ']' : ':'), text.size());
    url.host = text.substr(in_brackets, host_end - in_brackets);
    if (!is_host(url.host, in_brackets)) return {};
    text.remove_prefix(host_end + in_brackets);
    if (text.empty()) return url;
    url.port = text.substr(1);
    if (!text.starts_with(':') || !read_number(url.port, ports)) return {};
    return url;
}

Result<std::string> read_url(std::string_view text) {
    if (split_url(text)) return std::string(text);
    // Not quoted: it may hold a password.
    return Error{
        fmt::format("is no URL of at most {} bytes for http or https; write one such as "
                    "http://127.0.0.1:8080/health",
                    url_bytes_max)};
}

std::string without_user(std::string_view url) {
    const auto parts = split_url(url);
    if (!parts || parts->user.empty()) return std::string(url);
    const auto begin = parts->scheme.size() + std::string_view("://").size();
    return std::string(url.substr(0, begin)) +
           std::string(url.substr(begin + parts->user.size() + 1));
}

}  // namespace komainu
