#include "packet/claim_filter.h"

#include <algorithm>

#include "packet/ethernet.h"

namespace komainu {

namespace {

constexpr std::uint32_t whole_frame = UINT32_MAX;
/// A conditional jump reaches 255 instructions far.
constexpr std::size_t addresses_per_jump = 200;

// Offsets in the frame. RFC 826; RFC 8200 section 3; RFC 4861 section 4.4.
constexpr std::uint32_t ethertype_at = 12;
constexpr std::uint32_t arp_sender_address_at = ethernet_header_bytes + 14;
constexpr std::uint32_t next_header_at = ethernet_header_bytes + 6;
constexpr std::uint32_t icmpv6_at = ethernet_header_bytes + 40;
constexpr std::uint32_t target_end_at = icmpv6_at + 8 + 12;
constexpr std::uint32_t next_header_icmpv6 = 58;
constexpr std::uint32_t type_advertisement = 136;

using Program = std::vector<sock_filter>;

// A load beyond the end of the frame ends the program: the frame does not pass.
void load(Program& program, std::uint16_t size, std::uint32_t offset) {
    program.push_back({static_cast<std::uint16_t>(BPF_LD | BPF_ABS | size), 0, 0, offset});
}

void give(Program& program, std::uint32_t bytes) {
    program.push_back({BPF_RET | BPF_K, 0, 0, bytes});
}

void jump_if(Program& program, std::uint32_t value, std::size_t distance) {
    program.push_back({BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint8_t>(distance), 0, value});
}

void require(Program& program, std::uint32_t value) {
    jump_if(program, value, 1);
    give(program, 0);
}

std::uint32_t last_word(const IpAddress& address) {
    Reader reader(wire_bytes(address).last(sizeof(std::uint32_t)));
    return reader.u32();
}

// Each comparison jumps to the end of its group, where the frame passes.
void pass_any_of(Program& program, std::span<const std::uint32_t> values) {
    while (!values.empty()) {
        const std::size_t group = std::min(values.size(), addresses_per_jump);
        for (std::size_t i = 0; i < group; ++i) jump_if(program, values[i], group - i);
        program.push_back({BPF_JMP | BPF_JA, 0, 0, 1});
        give(program, whole_frame);
        values = values.subspan(group);
    }
    give(program, 0);
}

}  // namespace

std::vector<sock_filter> claim_filter(Family family, std::span<const IpAddress> addresses) {
    Program program;
    load(program, BPF_H, ethertype_at);
    if (family == Family::ipv4) {
        require(program, ethertype_arp);
        load(program, BPF_W, arp_sender_address_at);
    } else {
        require(program, ethertype_ipv6);
        load(program, BPF_B, next_header_at);
        require(program, next_header_icmpv6);
        load(program, BPF_B, icmpv6_at);
        require(program, type_advertisement);
        load(program, BPF_W, target_end_at);
    }
    std::vector<std::uint32_t> words;
    for (const IpAddress& address : addresses)
        if (address.family == family) words.push_back(last_word(address));
    pass_any_of(program, words);
    return program;
}

}  // namespace komainu
