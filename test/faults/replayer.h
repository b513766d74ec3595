// A network that delivers twice, late and in another order: whatever a node sends to port 9694
// comes again, several times, up to half a second later.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "packet/frame_socket.h"
#include "test/lab/tap.h"

namespace komainu::faults {

class Replayer {
public:
    explicit Replayer(const lab::Network&);
    ~Replayer();
    Replayer(const Replayer&) = delete;
    Replayer& operator=(const Replayer&) = delete;

    std::uint64_t replayed() const { return replayed_; }

private:
    void work();
    void take_in();
    void send_what_is_due();

    lab::Tap tap_;
    FrameSocket out_;
    const int bridge_;  ///< its index
    std::mt19937_64 random_;
    std::multimap<Instant, std::vector<std::byte>> waiting_;
    std::atomic<std::uint64_t> replayed_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace komainu::faults
