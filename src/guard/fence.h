// The fence as the daemon has it: the program in the kernel (guard/fence.bpf.c), which reads the
// lease from the very page that main writes, so that this host does not answer for a VIP from the
// nanosecond on at which the lease has ended, whichever processes are stopped or dead.
//
// It is loaded before the guard is forked, while the privilege for that is still there; from then
// on nobody needs the system call bpf() any more. Where it is put is the business of
// guard/fence_posts.h.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "base/fd.h"
#include "base/result.h"
#include "conf/config.h"
#include "guard/fence_layout.h"
#include "guard/fence_table.h"
#include "guard/lease_page.h"

namespace komainu {

/// What the fence has kept from passing since it was loaded.
struct FenceDrops {
    std::uint64_t questions = 0;    ///< who has the VIP? Of no account: others are asked as well
    std::uint64_t packets_in = 0;   ///< to a VIP
    std::uint64_t answers = 0;      ///< that a VIP is here, by ARP or NDP
    std::uint64_t packets_out = 0;  ///< from a VIP

    /// Everything that would have been wrong to let pass.
    std::uint64_t bites() const { return packets_in + answers + packets_out; }
};

/// The kernel's counters, read without a system call by any process that shares them.
class FenceCounters {
public:
    FenceDrops read() const;

private:
    std::array<std::atomic<std::uint64_t>, fence_counters> counts_;
};
struct UnmapFenceCounters {
    void operator()(const FenceCounters* counters) const;
};
using SharedFenceCounters = std::unique_ptr<const FenceCounters, UnmapFenceCounters>;

/// The loaded program at its two hooks.
struct FencePrograms {
    Fd ingress, egress;
    SharedFenceCounters counters;  ///< of both
    SharedFenceTable vips;         ///< for both; the guard's alone once it is forked
};

struct Fence {
    FencePrograms programs;
    SharedLeasePage page;  ///< whose expiry they obey: closed, so that nothing of a VIP passes
};

/// Loads the program and tells it the VIPs of the configuration. Needs CAP_BPF (or CAP_SYS_ADMIN)
/// and CAP_NET_ADMIN, effective, in the host's own user namespace. The error says what is missing.
Result<Fence> load_fence(const Config& config);

}  // namespace komainu
