#include "guard/fence_table.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bitset>
#include <cerrno>
#include <cstring>
#include <optional>

namespace komainu {

namespace {

constexpr fence_address nobody{};

bool operator==(const fence_address& a, const fence_address& b) {
    return a.words[0] == b.words[0] && a.words[1] == b.words[1];
}

fence_address entry_of(const IpAddress& address) {
    std::array<std::uint8_t, sizeof(fence_address)> bytes{};
    if (address.is_ipv4()) bytes[10] = bytes[11] = 0xff;
    const auto offset = address.is_ipv4() ? 12 : 0;
    std::ranges::copy_n(address.bytes.begin(), static_cast<std::ptrdiff_t>(address.size()),
                        bytes.begin() + offset);
    fence_address entry;
    std::memcpy(&entry, bytes.data(), sizeof entry);
    return entry;
}

// Between the two words the entry is an address that nobody asked for. That of an IPv4 address has
// but one word that is not zero.
void write(fence_address& place, const fence_address& entry) {
    for (std::size_t i = 0; i < std::size(place.words); ++i)
        std::atomic_ref(place.words[i]).store(entry.words[i]);
}

/// The n-th place in which it may be.
std::size_t nth_place(const fence_address& entry, std::size_t n) {
    return (fence_place(&entry) + n) % fence_places;
}

/// The first place of those in which it may be that has this in it; nothing: none has.
std::optional<std::size_t> find(const fence_table& table, const fence_address& entry,
                                const fence_address& content) {
    for (std::size_t n = 0; n < fence_tries; ++n)
        if (table.places[nth_place(entry, n)] == content) return nth_place(entry, n);
    return {};
}

}  // namespace

Result<SharedFenceTable> map_fence_table(int map) {
    void* const memory =
        ::mmap(nullptr, sizeof(fence_table), PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    if (memory == MAP_FAILED) return Error::from_errno("cannot map the fence's table", errno);
    return SharedFenceTable(static_cast<fence_table*>(memory));
}

void UnmapFenceTable::operator()(fence_table* table) const { ::munmap(table, sizeof(fence_table)); }

Status enter(fence_table& table, const IpAddress& address) {
    const fence_address entry = entry_of(address);
    if (find(table, entry, entry)) return Ok{};
    const auto empty = find(table, entry, nobody);
    if (!empty) return Error{"the fence has no room for " + to_string(address)};
    write(table.places[*empty], entry);
    return Ok{};
}

void keep_only(fence_table& table, std::span<const IpAddress> addresses) {
    std::bitset<fence_places> kept;
    for (const IpAddress& address : addresses) {
        const fence_address entry = entry_of(address);
        if (const auto place = find(table, entry, entry)) kept.set(*place);
    }
    for (std::size_t place = 0; place < fence_places; ++place)
        if (!kept[place] && !(table.places[place] == nobody)) write(table.places[place], nobody);
}

}  // namespace komainu
