#include "packet/datagram.h"

#include "packet/message_body.h"

namespace komainu {

namespace {

constexpr std::uint32_t magic = 0x4b4d4e55;  // "KMNU"
constexpr std::uint8_t version = 1;

/// The parts of a header that are settled before anything in it is believed.
struct Address {
    std::uint8_t version = 0;
    std::uint32_t key_id = 0;
    ClusterHash cluster{};
};

/// Header of a datagram whose size fits its own length field; nothing otherwise.
std::optional<Address> read_address(Bytes datagram) {
    Reader reader(datagram);
    if (datagram.size() > datagram_bytes_max || reader.u32() != magic) return {};
    Address address;
    address.version = reader.u8();
    reader.bytes(3);  // type, sender, link
    address.key_id = reader.u32();
    address.cluster = ClusterHash{reader.u64()};
    const std::size_t body_bytes = reader.u16();
    if (!reader.ok() || datagram.size() != datagram_header_bytes + body_bytes + tag_bytes)
        return {};
    return address;
}

}  // namespace

Bytes Datagrams::seal(const Envelope& envelope, const Message& message,
                      std::span<std::byte> room) const {
    Writer writer(room);
    writer.u32(magic);
    writer.u8(version);
    writer.u8(message_type(message));
    writer.u8(static_cast<std::uint8_t>(envelope.sender));
    writer.u8(envelope.link);
    writer.u32(keys_->signing_id());
    writer.u64(static_cast<std::uint64_t>(cluster_));
    const auto length = writer.claim(sizeof(std::uint16_t));
    writer.u16(0);
    writer.u64(static_cast<std::uint64_t>(envelope.incarnation));
    writer.u64(envelope.sequence);
    write_body(writer, message);
    KOMAINU_ASSERT(writer.ok());
    const auto body_bytes = writer.written().size() - datagram_header_bytes;
    Writer(length).u16(static_cast<std::uint16_t>(body_bytes));
    writer.bytes(keys_->sign(writer.written()));
    KOMAINU_ASSERT(writer.ok());
    return writer.written();
}

std::optional<Refusal> Datagrams::authenticate(Bytes datagram) const {
    const auto address = read_address(datagram);
    if (!address) return Refusal::malformed;
    if (address->version != version) return Refusal::unknown_version;
    if (address->cluster != cluster_) return Refusal::foreign_cluster;
    const Bytes covered = datagram.first(datagram.size() - tag_bytes);
    switch (keys_->verify(covered, address->key_id, datagram.last(tag_bytes))) {
        case KeyRing::Verdict::genuine:
            return {};
        case KeyRing::Verdict::unknown_key:
            return Refusal::unknown_key;
        case KeyRing::Verdict::forged:
            return Refusal::bad_tag;
    }
    return Refusal::bad_tag;
}

std::optional<Refusal> Datagrams::open(Bytes datagram, Envelope& envelope, Message& message) const {
    if (const auto refusal = authenticate(datagram)) return refusal;
    Reader reader(datagram.first(datagram.size() - tag_bytes));
    reader.bytes(5);  // magic and version
    const std::uint8_t type = reader.u8();
    envelope.sender = NodeId{reader.u8()};
    envelope.link = reader.u8();
    reader.bytes(14);  // key id, cluster hash, length
    const std::uint16_t reserved = reader.u16();
    envelope.incarnation = Incarnation{reader.u64()};
    envelope.sequence = reader.u64();
    const bool sensible = is_valid(envelope.sender) && reserved == 0 &&
                          envelope.incarnation != no_incarnation && envelope.sequence != 0;
    if (!sensible || !read_body(type, reader.bytes(reader.left()), message))
        return Refusal::malformed;
    return {};
}

}  // namespace komainu
