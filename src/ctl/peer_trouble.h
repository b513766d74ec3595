// Why another node is not heard, as far as what came from it tells: nothing, or what is refused, or
// what a node sends that does not hear us.
#pragma once

#include <optional>
#include <string>

#include "ctl/cluster_view.h"

namespace komainu {

/// What is wrong, and what to do about it: two sentences without a full stop.
struct Complaint {
    std::string what;
    std::string advice;
};

/// Of a peer that is not alive, or whose link is not; nothing when its daemon does not say enough.
std::optional<Complaint> why_unheard(const ClusterView& cluster, const NodeView& peer,
                                     const LinkView& link);
/// The same of all of its links: of the one that says most.
std::optional<Complaint> why_unheard(const ClusterView& cluster, const NodeView& peer);

/// "10.77.0.1", of the asked node's on the link that is the peer's `address`; empty: not known.
std::string own_address_beside(const ClusterView& cluster, const NodeView& peer,
                               const std::string& address);

/// What has come so long ago at most counts as coming now.
std::int64_t recent_ms(const ClusterView& cluster);

}  // namespace komainu
