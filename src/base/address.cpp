#include "base/address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdio>

namespace komainu {

namespace {

constexpr std::size_t address_text_max = INET6_ADDRSTRLEN;

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

}  // namespace

bool IpAddress::is_multicast() const {
    return is_ipv4() ? (bytes[0] & 0xf0) == 0xe0 : bytes[0] == 0xff;
}

bool IpAddress::is_unspecified() const { return bytes == std::array<std::uint8_t, 16>{}; }

bool IpAddress::is_loopback() const {
    if (is_ipv4()) return bytes[0] == 127;
    std::array<std::uint8_t, 16> loopback{};
    loopback[15] = 1;
    return bytes == loopback;
}

bool IpAddress::is_ipv6_link_local() const {
    return !is_ipv4() && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

bool Prefix::contains(const IpAddress& other) const {
    if (other.family != address.family) return false;
    for (int bit = 0; bit < length; bit += 8) {
        const int rest = length - bit;
        const auto mask = static_cast<std::uint8_t>(rest >= 8 ? 0xff : 0xff << (8 - rest));
        const auto i = static_cast<std::size_t>(bit / 8);
        if ((address.bytes[i] & mask) != (other.bytes[i] & mask)) return false;
    }
    return true;
}

std::optional<IpAddress> parse_address(std::string_view text) {
    if (text.size() >= address_text_max) return {};
    const std::string terminated(text);
    IpAddress address;
    address.family = text.find(':') == text.npos ? Family::ipv4 : Family::ipv6;
    const int family = address.is_ipv4() ? AF_INET : AF_INET6;
    if (inet_pton(family, terminated.c_str(), address.bytes.data()) != 1) return {};
    return address;
}

std::optional<Prefix> parse_prefix(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) return {};
    const auto bits = static_cast<std::uint8_t>(address->size() * 8);
    if (slash == text.npos) return Prefix{*address, bits};
    const auto length = parse_number<std::uint8_t>(text.substr(slash + 1));
    if (!length || *length > bits) return {};
    return Prefix{*address, *length};
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == text.npos) return {};
    auto host = text.substr(0, colon);
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = parse_address(host);
    const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
    if (!address || !port || *port == 0 || bracketed == address->is_ipv4()) return {};
    return Endpoint{*address, *port};
}

std::string to_string(const IpAddress& address) {
    char text[address_text_max];
    const int family = address.is_ipv4() ? AF_INET : AF_INET6;
    return inet_ntop(family, address.bytes.data(), text, sizeof text);
}

std::string to_string(const Prefix& prefix) {
    return to_string(prefix.address) + "/" + std::to_string(prefix.length);
}

std::string to_string(const Endpoint& endpoint) {
    const auto host = to_string(endpoint.address);
    return (endpoint.address.is_ipv4() ? host : "[" + host + "]") + ":" +
           std::to_string(endpoint.port);
}

std::string to_string(const MacAddress& mac) {
    char text[18];
    const auto& b = mac.bytes;
    std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
                  b[5]);
    return text;
}

}  // namespace komainu
