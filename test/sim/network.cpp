#include "test/sim/network.h"

#include <cstddef>

namespace komainu::sim {

namespace {

constexpr std::size_t recording_max = 2048;

}  // namespace

Network::Network(Agenda& agenda, const Noise& noise, std::uint64_t seed, Deliver deliver)
    : agenda_(agenda), noise_(noise), random_(seed), deliver_(std::move(deliver)) {}

void Network::send(NodeId to, const PacketPtr& packet) {
    if (recording_.size() < recording_max)
        recording_.push_back({to, packet});
    else
        recording_[recorded_++ % recording_max] = {to, packet};
    if (!passes(packet->from, to) || happens(noise_.loss_per_mille)) return;
    const int copies = happens(noise_.duplicates_per_mille) ? 2 : 1;
    for (int i = 0; i < copies; ++i)
        deliver_once(to, happens(noise_.damage_per_mille) ? damaged(*packet) : packet);
}

void Network::deliver_once(NodeId to, const PacketPtr& packet) {
    const bool straggles = happens(noise_.stragglers_per_mille);
    const Duration slowest = straggles ? noise_.straggle_max : noise_.delay_max;
    const Duration delay = noise_.delay_min + random_.below(slowest - noise_.delay_min + 1ns);
    agenda_.later(delay, [this, to, packet, weather = weather_] {
        if (weather == weather_) deliver_(to, packet);
    });
}

PacketPtr Network::damaged(const Packet& packet) {
    auto copy = std::make_shared<Packet>(packet);
    copy->damaged = true;
    copy->bytes[random_.below(copy->bytes.size())] ^= std::byte{1} << random_.below(8);
    return copy;
}

void Network::replay(int count, int nodes) {
    for (int i = 0; i < count && !recording_.empty(); ++i) {
        const Recorded old = recording_[random_.below(recording_.size())];
        const NodeId other{
            static_cast<std::uint8_t>(1 + random_.below(static_cast<unsigned>(nodes)))};
        deliver_(random_.below(2) == 0 ? old.to : other, old.packet);
    }
}

}  // namespace komainu::sim
