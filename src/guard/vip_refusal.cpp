#include "guard/vip_refusal.h"

#include <fmt/format.h>

#include <cerrno>

namespace komainu {

namespace {

std::string_view hint(const VipConfig& vip, int error) {
    if (error == EACCES && !vip.address.address.is_ipv4()) return " (is IPv6 disabled there?)";
    return "";
}

}  // namespace

Error no_interface_for(const VipConfig& vip) {
    return {fmt::format("vip.{}: there is no interface {} now", vip.name, vip.interface)};
}

Error refusal(const VipConfig& vip, int error) {
    auto reason = Error::from_errno(
        fmt::format("vip.{}: cannot put {} on {}", vip.name, to_string(vip.address), vip.interface),
        error);
    reason.what += hint(vip, error);
    return reason;
}

Error not_ours(const VipConfig& vip, const std::string& place) {
    return {fmt::format("vip.{}: {} is already on {} and was not put there by komainu; remove it, "
                        "or take another address for the VIP",
                        vip.name, to_string(vip.address.address), place),
            EEXIST};
}

}  // namespace komainu
