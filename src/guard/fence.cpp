#include "guard/fence.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cap-ng.h>
#include <fcntl.h>
#include <fence.skel.h>
#include <sys/mman.h>

#include <algorithm>
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

fence_address key_of(const IpAddress& address) {
    fence_address key{};
    if (address.is_ipv4()) key.bytes[10] = key.bytes[11] = 0xff;
    const std::size_t offset = address.is_ipv4() ? 12 : 0;
    std::ranges::copy_n(address.bytes.begin(), static_cast<std::ptrdiff_t>(address.size()),
                        key.bytes + offset);
    return key;
}

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

Status tell_vips(int map, const std::vector<VipConfig>& vips) {
    constexpr std::uint8_t present = 1;
    for (const auto& vip : vips) {
        const auto key = key_of(vip.address.address);
        if (bpf_map_update_elem(map, &key, &present, BPF_ANY) != 0)
            return Error::from_errno("cannot tell the BPF program a VIP", errno);
    }
    return Ok{};
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
    if (Status told = tell_vips(bpf_map__fd(skeleton->maps.vips), config.vips); !told)
        return told.error();
    auto page = make_lease_page(bpf_map__fd(skeleton->maps.lease));
    if (!page) return page.error();
    auto counters = map_counters(bpf_map__fd(skeleton->maps.drops));
    if (!counters) return counters.error();
    FencePrograms programs{duplicate(skeleton->progs.komainu_in),
                           duplicate(skeleton->progs.komainu_out), std::move(*counters)};
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
