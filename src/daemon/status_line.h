// What this node does, in one line, for whoever supervises it: `systemctl status` shows it.
//
//   active, term 7, holding 10.77.0.100
//   standby of node 2, term 7; unhealthy: pgpool: no such process
//   standby, no active; no quorum: 1 of 2 votes are heard
//
// Pure, and without allocation while it composes: it is asked several times a second.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "conf/config.h"
#include "core/node.h"

namespace komainu {

class StatusLine {
public:
    static constexpr std::size_t bytes_max = 400;  ///< cut off there
    static constexpr std::size_t vips_named_max = 3;

    explicit StatusLine(const Config& config) { take_over(config); }

    /// Other VIPs from now on.
    void take_over(const Config& config);

    /// Printable ASCII, valid until the next call. `unfit` and `trouble` are empty, or a sentence:
    /// why this node may not become active, and what else is wrong with it.
    std::string_view compose(const Node& node, std::string_view unfit, std::string_view trouble);

private:
    std::string vips_;  ///< by their addresses, some of them
    std::array<char, bytes_max> room_{};
};

}  // namespace komainu
