#include "packet/hello.h"

#include "packet/blocks.h"
#include "packet/nodes.h"

namespace komainu {

namespace {

constexpr std::uint32_t hello_magic = 0x4b4d4e50;    // "KMNP"
constexpr std::uint32_t refusal_magic = 0x4b4d4e58;  // "KMNX"

constexpr std::array told_in_clear{StreamRefusal::unknown_version, StreamRefusal::foreign_cluster,
                                   StreamRefusal::unknown_key};

std::optional<Hello> read_hello(Reader& reader) {
    if (reader.u32() != hello_magic) return {};
    Hello hello;
    hello.versions.lowest = reader.u8();
    hello.versions.highest = reader.u8();
    hello.sender = read_node(reader);
    reader.bytes(1);
    hello.cluster = ClusterHash{reader.u64()};
    hello.incarnation = Incarnation{reader.u64()};
    hello.key_id = reader.u32();
    reader.bytes(4);
    if (const Bytes random = reader.bytes(hello.random.size()); reader.ok())
        std::ranges::copy(random, hello.random.begin());
    if (hello.versions.lowest == 0 || hello.versions.lowest > hello.versions.highest ||
        hello.incarnation == no_incarnation)
        reader.fail();
    return hello;
}

}  // namespace

HelloBytes encode(const Hello& hello) {
    HelloBytes bytes;
    Writer writer(bytes);
    writer.u32(hello_magic);
    writer.u8(hello.versions.lowest);
    writer.u8(hello.versions.highest);
    write_node(writer, hello.sender);
    writer.u8(0);
    writer.u64(static_cast<std::uint64_t>(hello.cluster));
    writer.u64(static_cast<std::uint64_t>(hello.incarnation));
    writer.u32(hello.key_id);
    writer.u32(0);
    writer.bytes(hello.random);
    KOMAINU_ASSERT(writer.ok());
    return bytes;
}

std::optional<Hello> decode_hello(Bytes bytes) { return read_whole(bytes, read_hello); }

std::optional<std::uint8_t> common_version(const Versions& a, const Versions& b) {
    const std::uint8_t version = std::min(a.highest, b.highest);
    if (version < std::max(a.lowest, b.lowest)) return {};
    return version;
}

Bytes encode_hello_refusal(StreamRefusal why, std::span<std::byte, hello_refusal_bytes> room) {
    const auto* const told = std::ranges::find(told_in_clear, why);
    if (told == told_in_clear.end()) return {};
    Writer writer(room);
    writer.u32(refusal_magic);
    writer.u8(static_cast<std::uint8_t>(told - told_in_clear.begin() + 1));
    writer.u8(spoken_versions.lowest);
    writer.u8(spoken_versions.highest);
    writer.u8(0);
    return finished(writer);
}

std::optional<StreamRefusal> decode_hello_refusal(Bytes bytes) {
    Reader reader(bytes);
    const bool is_one = reader.u32() == refusal_magic;
    const std::size_t why = reader.u8();
    reader.bytes(3);
    if (!is_one || why == 0 || why > told_in_clear.size() || !reader.ok() || !reader.at_end())
        return {};
    return told_in_clear[why - 1];
}

}  // namespace komainu
