// Names of nodes: a NodeId is 1 to 64, 0 stands for "no node". A NodeSet is a set of them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace komainu {

enum class NodeId : std::uint8_t {};

inline constexpr NodeId no_node{0};
inline constexpr int nodes_max = 64;

constexpr int number(NodeId id) { return static_cast<int>(id); }
constexpr bool is_valid(NodeId id) { return number(id) >= 1 && number(id) <= nodes_max; }

/// One run of a daemon: the wall-clock start in milliseconds since 1970 (42 bits, until 2109) above
/// 22 random bits. Ordering incarnations orders them by start time. 0 stands for "unknown".
enum class Incarnation : std::uint64_t {};

inline constexpr Incarnation no_incarnation{0};
inline constexpr int incarnation_random_bits = 22;

constexpr std::uint64_t started_ms(Incarnation i) {
    return static_cast<std::uint64_t>(i) >> incarnation_random_bits;
}

constexpr Incarnation make_incarnation(std::uint64_t wall_clock_ms, std::uint64_t random) {
    constexpr std::uint64_t mask = (std::uint64_t{1} << incarnation_random_bits) - 1;
    return Incarnation{(wall_clock_ms << incarnation_random_bits) | (random & mask)};
}

/// Servers behind the watched service, numbered from 0 on, whose states the nodes share.
inline constexpr std::size_t backends_max = 64;

class NodeSet {
public:
    constexpr void insert(NodeId id) { bits_ |= bit(id); }
    constexpr void erase(NodeId id) { bits_ &= ~bit(id); }
    constexpr bool contains(NodeId id) const { return (bits_ & bit(id)) != 0; }
    constexpr NodeSet without(const NodeSet& others) const {
        NodeSet rest;
        rest.bits_ = bits_ & ~others.bits_;
        return rest;
    }
    constexpr int size() const { return std::popcount(bits_); }
    constexpr bool operator==(const NodeSet&) const = default;

private:
    static constexpr std::uint64_t bit(NodeId id) { return std::uint64_t{1} << (number(id) - 1); }
    std::uint64_t bits_ = 0;
};

}  // namespace komainu
