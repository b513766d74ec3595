// The nodes of a pgpool.conf in komainu's terms: [node.N], [heartbeat] and [link.N].
#pragma once

#include "conf/pgpool_draft.h"
#include "conf/pgpool_nodes.h"
#include "conf/pgpool_watchdog.h"

namespace komainu {

/// Where an address does not stand in pgpool.conf, one is written that is to be changed.
void write_node_sections(const PgpoolNodes& nodes, PgpoolWatchdog& watchdog, PgpoolDraft& draft);

}  // namespace komainu
