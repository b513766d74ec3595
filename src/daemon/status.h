// The status of a node as JSON, for `komainuctl status`. Keys that were once given stay.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "check/service_set.h"
#include "check/trusted_servers.h"
#include "conf/config.h"
#include "conf/text_digest.h"
#include "core/node.h"
#include "daemon/arrivals.h"
#include "daemon/backends.h"
#include "daemon/command_vips.h"
#include "daemon/counters.h"
#include "daemon/fence_state.h"
#include "daemon/fitness.h"
#include "daemon/histogram.h"
#include "daemon/hooks.h"
#include "daemon/link_book.h"
#include "daemon/links.h"
#include "daemon/outside.h"
#include "daemon/peer_streams.h"
#include "daemon/refusal_log.h"
#include "daemon/rival_book.h"
#include "daemon/tracking.h"
#include "guard/announcement_page.h"

namespace komainu {

/// The last time that this node saw a node become active, for the status.
struct Takeover {
    Term term;
    NodeId from = no_node;  ///< who was active before, as far as this node knew
    std::string why;
    std::uint64_t at_ms = 0;  ///< wall clock
};

struct Story {
    NodeId last_active = no_node;
    std::string why_lost;  ///< why the last active is no longer
    std::optional<Takeover> takeover;
};

/// Where the running configuration was read, and by what it is known again.
struct LoadedFrom {
    std::string file;
    TextDigest text{};
};

struct StatusSources {
    const Config& config;
    const LoadedFrom& loaded;
    const Node& node;
    const Fitness& fitness;
    const FenceState& fence;
    const Story& story;
    const RefusalLog& refusals;
    const RivalBook& rivals;
    const Links& links;
    const LinkBook& link_book;
    const Arrivals& arrivals;
    Instant now;
    std::vector<TrustedServers::View> trusted;
    const Histogram& lateness;
    std::vector<ServiceSet::View> services;
    std::string_view runner_trouble;  ///< empty: it works, or there is none
    std::string_view pgpool_caution;  ///< empty: there is none, or no pgpool-II
    const Tracking& tracking;
    const CommandVips& command_vips;
    const Outside& outside;
    const PeerStreams& streams;
    const Backends* backends;  ///< null: there are none
    const Counters& counters;
    const Hooks& hooks;
    const AnnouncementPage* announcements;  ///< null: a witness announces nothing
};

nlohmann::json status_json(const StatusSources& sources);

/// "2026-11-23T12:00:00.123Z"
std::string utc_text(std::uint64_t wall_clock_ms);

}  // namespace komainu
