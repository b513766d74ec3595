// Addresses as small values in wire order, compared as bytes and never as text: "10.0.0.1/24" is
// also found in "110.0.0.1/24".
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace komainu {

enum class Family : std::uint8_t { ipv4, ipv6 };

struct IpAddress {
    Family family = Family::ipv4;
    std::array<std::uint8_t, 16> bytes{};  ///< network order; IPv4 uses the first four

    std::size_t size() const { return family == Family::ipv4 ? 4 : 16; }
    bool is_ipv4() const { return family == Family::ipv4; }
    bool is_multicast() const;
    bool is_unspecified() const;
    bool is_loopback() const;
    bool is_ipv6_link_local() const;
    auto operator<=>(const IpAddress&) const = default;
};

/// An address with the length of its network prefix: "10.77.0.100/24".
struct Prefix {
    IpAddress address;
    std::uint8_t length = 0;

    /// Whether the other address lies in this prefix's network.
    bool contains(const IpAddress& other) const;
    /// Whether the network is the address alone: /32, or /128.
    bool is_host() const { return length == address.size() * 8; }
    auto operator<=>(const Prefix&) const = default;
};

/// For which destinations an IPv4 address may be the source of what its host sends on its own
/// behalf: all, or only those to which a route of that scope leads (ip-address(8)). The scope of an
/// IPv6 address is a property of its bits.
enum class AddressScope : std::uint8_t { global, site, link };

/// An address and a port: "10.77.0.1:9694", "[2001:db8::1]:9694".
struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;  ///< host order
    auto operator<=>(const Endpoint&) const = default;
};

/// A hardware (Ethernet) address.
struct MacAddress {
    std::array<std::uint8_t, 6> bytes{};
    auto operator<=>(const MacAddress&) const = default;
};

/// These accept numbers only, never names: looking a name up may block.
std::optional<IpAddress> parse_address(std::string_view text);
std::optional<Prefix> parse_prefix(std::string_view text);  ///< without "/length": a host prefix
std::optional<Endpoint> parse_endpoint(std::string_view text);

std::string to_string(const IpAddress&);
std::string to_string(const Prefix&);
std::string to_string(const Endpoint&);
std::string to_string(const MacAddress&);

}  // namespace komainu
