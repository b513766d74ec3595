#include "test/faults/replayer.h"

#include <net/if.h>
#include <poll.h>

#include "test/lab/clock.h"
#include "test/lab/fail.h"

namespace komainu::faults {

namespace {

constexpr std::uint64_t seed = 1;
constexpr int copies = 3;
constexpr int late_us_max = 500'000;
constexpr int look_every_ms = 1;
constexpr std::size_t waiting_max = 100'000;

FrameSocket socket_in(const lab::Network& network) {
    std::optional<FrameSocket> made;
    network.space().run([&] {
        auto socket = FrameSocket::open();
        if (!socket) lab::fail(socket.error().what);
        made.emplace(std::move(*socket));
    });
    return std::move(*made);
}

int index_of_bridge(const lab::Network& network) {
    unsigned index = 0;
    network.space().run([&] { index = ::if_nametoindex(lab::Network::bridge); });
    return static_cast<int>(index);
}

}  // namespace

Replayer::Replayer(const lab::Network& network)
    : tap_(network, "udp dst port 9694"),
      out_(socket_in(network)),
      bridge_(index_of_bridge(network)),
      random_(seed),
      thread_([this] { work(); }) {}

Replayer::~Replayer() {
    stop_ = true;
    thread_.join();
}

void Replayer::work() {
    while (!stop_) {
        pollfd readable{tap_.fd(), POLLIN, 0};
        if (::poll(&readable, 1, look_every_ms) == 1) take_in();
        send_what_is_due();
    }
}

void Replayer::take_in() {
    std::uniform_int_distribution<int> late_us(0, late_us_max);
    while (const auto frame = tap_.next())
        for (int copy = 0; copy < copies && waiting_.size() < waiting_max; ++copy)
            waiting_.emplace(frame->at + std::chrono::microseconds(late_us(random_)),
                             std::vector(frame->bytes.begin(), frame->bytes.end()));
}

/// Out of the bridge itself, which finds the port, whatever the first one's fate was.
void Replayer::send_what_is_due() {
    const auto end = waiting_.upper_bound(lab::now());
    for (auto it = waiting_.begin(); it != end; it = waiting_.erase(it)) {
        const OutgoingFrame frame{bridge_, it->second};
        replayed_ += out_.send(std::span(&frame, 1)).sent;
    }
}

}  // namespace komainu::faults
