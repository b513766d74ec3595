// What the hosts send into the LAN: each frame once, where the sender's cable enters its port of
// the bridge, with the kernel's stamp. A port that lets nothing through is no obstacle; and unlike
// a Capture, a tap goes on when a port is taken out and another put in.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "base/fd.h"
#include "base/time.h"
#include "test/lab/network.h"

namespace komainu::lab {

struct TappedFrame {
    Instant at;
    int host = 0;                      ///< the number of its sender
    std::span<const std::byte> bytes;  ///< good until the next one
};

class Tap {
public:
    /// Frames that match the filter (pcap-filter(7)), from now on.
    Tap(const Network&, const std::string& filter);

    int fd() const { return socket_.get(); }

    /// Nothing when none is waiting. Ends the program when frames were lost, for with them the
    /// proof is lost.
    std::optional<TappedFrame> next();

private:
    void fail_when_frames_were_lost();

    Fd socket_;
    const Duration wall_clock_offset_;
    std::array<std::byte, 2048> bytes_;
};

}  // namespace komainu::lab
