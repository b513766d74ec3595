// The guard process: the only one with capabilities, and the only one that touches addresses and
// raw frames. Of what comes over the network it reads only ARP and neighbor advertisements that
// claim a VIP (packet/neighbor_claim.h). See guard/keeper.h for what it does; here is how it gets
// there: everything is opened and checked first, then privileges go, then main hears that it is
// ready.
#pragma once

#include <optional>

#include "base/fd.h"
#include "conf/config.h"
#include "guard/announcement_page.h"
#include "guard/fence.h"
#include "guard/lease_page.h"

namespace komainu {

/// What main and guard share, both of which must outlive the guard.
struct GuardPages {
    LeasePage& lease;  ///< where there is a fence, the one that it obeys
    AnnouncementPage& announcements;
};

/// The life of the guard, in a process of its own: main forks, closes its copy of `to_main`'s other
/// end in the child, and calls this. Ends when main's end of the socket is closed, and returns the
/// exit status: 0, or 1 when it could not start, which main has been told why (StartFailedReport).
/// Then nothing was changed on this host.
///
/// Main must make sure before that no other komainud of this host works in the same network
/// namespace: the addresses that it left behind are swept, and a living one's look the same.
///
/// The runner's socket brings what it has read anew (guard/config_inbox.h); without one the
/// configuration never changes.
int run_guard(const Config& config, Fd to_main, Fd from_runner, GuardPages pages,
              std::optional<FencePrograms> fence = {});

}  // namespace komainu
