#include "io/source_filter.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cstddef>

namespace komainu {

namespace {

constexpr std::size_t word_bytes = 4;
constexpr std::uint32_t pass_whole = UINT32_MAX;
constexpr std::uint32_t drop = 0;

// Of the source address. A UDP socket's filter begins at the UDP header; the IP header is found
// with SKF_NET_OFF (linux/filter.h).
std::uint32_t source_at(Family family, std::size_t word) {
    const std::size_t offset =
        family == Family::ipv4 ? offsetof(iphdr, saddr) : offsetof(ip6_hdr, ip6_src);
    return static_cast<std::uint32_t>(SKF_NET_OFF) +
           static_cast<std::uint32_t>(offset + word * word_bytes);
}

// Loads from a packet are big-endian, as the packet is.
std::uint32_t word_of(const IpAddress& address, std::size_t word) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < word_bytes; ++i)
        value = value << 8 | address.bytes[word * word_bytes + i];
    return value;
}

// Passes when every word of the source is the address's; else goes on behind itself.
void append_passing_of(std::vector<sock_filter>& program, const IpAddress& address) {
    const std::size_t words = address.size() / word_bytes;
    for (std::size_t word = 0; word < words; ++word) {
        // To behind this address: the loads and comparisons of the other words, and the return.
        const auto rest = static_cast<std::uint8_t>(2 * (words - word - 1) + 1);
        program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, source_at(address.family, word)));
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word_of(address, word), 0, rest));
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, pass_whole));
}

}  // namespace

std::vector<sock_filter> source_filter(std::span<const IpAddress> sources, std::size_t bytes_max) {
    const auto longest = static_cast<std::uint32_t>(sizeof(udphdr) + bytes_max);
    std::vector<sock_filter> program{
        BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, longest, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, drop),
    };
    for (const IpAddress& source : sources) append_passing_of(program, source);
    program.push_back(BPF_STMT(BPF_RET | BPF_K, drop));
    return program;
}

bool attach_filter(const Fd& socket, std::vector<sock_filter> program) {
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

}  // namespace komainu
