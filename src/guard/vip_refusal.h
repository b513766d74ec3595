// Why a VIP cannot be held, in words for the operator.
#pragma once

#include <string>

#include "base/result.h"
#include "conf/config.h"

namespace komainu {

Error no_interface_for(const VipConfig& vip);
/// The kernel's errno.
Error refusal(const VipConfig& vip, int error);
Error not_ours(const VipConfig& vip, const std::string& place);

}  // namespace komainu
