#include "guard/fence.h"

#include <bpf/libbpf.h>
#include <cap-ng.h>
#include <fcntl.h>
#include <fence.skel.h>
#include <sys/mman.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <type_traits>

namespace komainu {

namespace {

static_assert(vips_max <= fence_vips_max);
static_assert(sizeof(LeasePage) == sizeof(fence_lease));
static_assert(std::is_standard_layout_v<LeasePage>, "its first member is at offset 0, as there");

struct DestroySkeleton {
    void operator()(fence* skeleton) const { fence__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<fence, DestroySkeleton>;

// In a time namespace (time_namespaces(7)) the clock that main counts the lease by may not be the
// one that the program in the kernel reads.
bool has_boot_clock_of_its_own() {
    std::ifstream offsets("/proc/self/timens_offsets");
    std::string clock;
    long long seconds = 0, nanoseconds = 0;
    while (offsets >> clock >> seconds >> nanoseconds)
        if (clock == "boottime" && (seconds != 0 || nanoseconds != 0)) return true;
    return false;
}

bool has(unsigned capability) { return capng_have_capability(CAPNG_EFFECTIVE, capability) != 0; }

Error refusal(int error) {
    if (error != EPERM) return Error::from_errno("the kernel does not take the BPF program", error);
    capng_get_caps_process();
    if (!has(CAP_BPF) && !has(CAP_SYS_ADMIN))
        return {"CAP_BPF is missing; add it to AmbientCapabilities or to the file's capabilities",
                error};
    return {"BPF is not permitted here, as in a container or a user namespace", error};
}

Result<SharedFenceTable> map_vips(int map, const std::vector<VipConfig>& vips) {
    auto table = map_fence_table(map);
    if (!table) return table.error();
    for (const VipConfig& vip : vips)
        if (Status entered = enter(**table, vip.address.address); !entered) return entered.error();
    return table;
}

Result<SharedFenceCounters> map_counters(int map) {
    void* const memory = ::mmap(nullptr, sizeof(FenceCounters), PROT_READ, MAP_SHARED, map, 0);
    if (memory == MAP_FAILED) return Error::from_errno("cannot map the fence's counters", errno);
    return SharedFenceCounters(static_cast<const FenceCounters*>(memory));
}

Fd duplicate(const bpf_program* program) {
    return Fd(::fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 0));
}

}  // namespace

Result<Fence> load_fence(const Config& config) {
    if (has_boot_clock_of_its_own())
        return Error{"this time namespace has a boot clock of its own"};
    libbpf_set_print(nullptr);  // it would write to stderr by itself
    const Skeleton skeleton(fence__open());
    if (!skeleton) return Error::from_errno("cannot open the BPF program", errno);
    if (const int error = fence__load(skeleton.get()); error != 0) return refusal(-error);
    auto vips = map_vips(bpf_map__fd(skeleton->maps.vips), config.vips);
    if (!vips) return vips.error();
    auto page = make_lease_page(bpf_map__fd(skeleton->maps.lease));
    if (!page) return page.error();
    auto counters = map_counters(bpf_map__fd(skeleton->maps.drops));
    if (!counters) return counters.error();
    FencePrograms programs{duplicate(skeleton->progs.komainu_in),
                           duplicate(skeleton->progs.komainu_out), std::move(*counters),
                           std::move(*vips)};
    if (!programs.ingress || !programs.egress)
        return Error::from_errno("cannot keep the BPF program", errno);
    return Fence{std::move(programs), std::move(*page)};
}

FenceDrops FenceCounters::read() const {
    return {counts_[fence_questions], counts_[fence_packets_in], counts_[fence_answers],
            counts_[fence_packets_out]};
}

void UnmapFenceCounters::operator()(const FenceCounters* counters) const {
    ::munmap(const_cast<FenceCounters*>(counters), sizeof(FenceCounters));
}

}  // namespace komainu
