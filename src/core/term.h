// A term is one tenure of one active: an election round and the node that won it. Terms are totally
// ordered and no two candidates can ever share one, since a candidate's term carries its own id.
#pragma once

#include <compare>
#include <cstdint>

#include "base/ids.h"

namespace komainu {

/// Of those that are believed: there is always a next one, also for who has heard of it.
inline constexpr std::uint64_t round_max = UINT64_MAX >> 1;

struct Term {
    std::uint64_t round = 0;
    NodeId node = no_node;
    auto operator<=>(const Term&) const = default;
};

inline constexpr Term no_term{};

/// One run of one node in one term: what promises, leases and releases are bound to. The
/// incarnation is part of it because a restarted node, having forgotten, may win the same term once
/// more.
struct Tenancy {
    Term term;
    Incarnation incarnation = no_incarnation;

    explicit operator bool() const { return term.node != no_node; }
    bool operator==(const Tenancy&) const = default;
};

}  // namespace komainu
