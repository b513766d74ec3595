// A raw socket that sends whole Ethernet frames out of any interface. It receives nothing: a packet
// socket of protocol 0 is not attached to the network at all, so no queue of it can ever fill.
#pragma once

#include <cstddef>
#include <span>

#include "base/fd.h"
#include "base/result.h"
#include "packet/bytes.h"

namespace komainu {

struct OutgoingFrame {
    int interface_index = 0;
    Bytes bytes;  ///< from the Ethernet header on, without the frame check sequence
};

/// What became of a batch. A frame that the kernel refuses (its interface is down or gone, its
/// queue is full) is passed over and the others still go.
struct FramesSent {
    std::size_t sent = 0;
    std::size_t refused = 0;
    int last_error = 0;  ///< errno of the last refusal
};

class FrameSocket {
public:
    /// Needs CAP_NET_RAW.
    static Result<FrameSocket> open();

    /// Never blocks.
    FramesSent send(std::span<const OutgoingFrame> frames);

private:
    explicit FrameSocket(Fd fd) : fd_(std::move(fd)) {}

    Fd fd_;
};

}  // namespace komainu
