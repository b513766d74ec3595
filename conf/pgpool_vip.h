// The VIP of a pgpool.conf in komainu's terms: [vip.main]. Its interface, prefix length and label
// stand only in the command that puts it up.
#pragma once

#include "conf/pgpool_draft.h"
#include "conf/pgpool_watchdog.h"

namespace komainu {

void write_vip_section(PgpoolWatchdog& watchdog, PgpoolDraft& draft);

}  // namespace komainu
