#include "daemon/start_probe.h"

#include <fmt/format.h>

#include "base/assert.h"

namespace komainu {

// Where there is no carrier nobody could be asked: asked again, once there is.
StartVerdict verdict_on(const StartSituation& situation) {
    if (situation.follows) return StartVerdict::free;
    if (!situation.probed) return StartVerdict::undecided;
    if (situation.probed->rivals.empty())
        return situation.all_carriers_up ? StartVerdict::free : StartVerdict::undecided;
    return situation.quarantined ? StartVerdict::undecided : StartVerdict::conflict;
}

std::string conflict_sentence(const Config& config, const ProbeReport& probed) {
    const auto& [vip, mac] = probed.rivals[0];
    KOMAINU_ASSERT(vip < config.vips.size());
    const VipConfig& first = config.vips[vip];
    const std::size_t others = probed.rivals.size() - 1;
    return fmt::format("vip.{}: {} answers for {} on {}, and is no active of this cluster{}",
                       first.name, to_string(mac), to_string(first.address.address),
                       first.interface,
                       others == 0   ? ""
                       : others == 1 ? " (1 more VIP is answered for)"
                                     : fmt::format(" ({} more VIPs are answered for)", others));
}

}  // namespace komainu
