// How pgpool-II's watchdog finds out whether a pgpool works, in komainu's terms: [lifecheck] and
// [service.pgpool]; and what it runs when it becomes active, or no longer is: [hook.NAME].
#pragma once

#include "conf/pgpool_draft.h"
#include "conf/pgpool_nodes.h"
#include "conf/pgpool_watchdog.h"

namespace komainu {

void write_lifecheck_sections(const PgpoolNodes& nodes, PgpoolWatchdog& watchdog,
                              PgpoolDraft& draft);

void write_hook_sections(PgpoolWatchdog& watchdog, PgpoolDraft& draft);

}  // namespace komainu
