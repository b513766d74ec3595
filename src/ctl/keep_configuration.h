// Which addresses systemd-networkd leaves on an interface that it configures anew, by the files
// that it reads for it (systemd.network(5)). Pure.
#pragma once

#include <string>
#include <vector>

#include "io/host_view.h"

namespace komainu {

struct KeepConfiguration {
    std::string value = {};
    std::string file = {};  ///< that says so; empty: none does

    /// Not "static", which is for addresses without a lifetime: a VIP has one.
    bool keeps_vips() const;
};

/// The last word, as networkd reads the files one after the other.
KeepConfiguration keep_configuration_in(const std::vector<SettingsFile>& files);

}  // namespace komainu
