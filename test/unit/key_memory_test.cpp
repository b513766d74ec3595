// How many copies of a key are in this process's memory: by looking through all of it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <string>

#include "conf/key_file.h"
#include "packet/seal.h"
#include "test/lab/temporary_directory.h"

namespace komainu {
namespace {

/// The sanitizers' shadow is larger than any memory that could be looked through.
constexpr std::uintptr_t mapping_bytes_max = 256u << 20;

/// The key's bytes, which stand nowhere: they are made one by one when they are needed.
std::uint8_t byte_of_key(std::size_t i) {
    return static_cast<std::uint8_t>(0x9d ^ (i * 0x3b) ^ (i >> 2));
}

// NOLINTNEXTLINE: it looks at memory that is not its own.
__attribute__((no_sanitize("address"))) int copies_between(const volatile std::uint8_t* begin,
                                                           const volatile std::uint8_t* end) {
    int copies = 0;
    for (const volatile std::uint8_t* at = begin; at + key_bytes <= end; ++at) {
        std::size_t same = 0;
        while (same < key_bytes && at[same] == byte_of_key(same)) ++same;
        copies += same == key_bytes;
    }
    return copies;
}

int copies_in_memory() {
    int copies = 0;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t begin = 0, end = 0;
        char rights[5] = {};
        if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3) continue;
        const bool of_kernel = line.find("[v") != line.npos;  // vvar, vdso, vsyscall
        if (rights[0] != 'r' || rights[3] != 'p' || of_kernel || end - begin > mapping_bytes_max)
            continue;
        if (rights[1] != 'w' && line.find('/') != line.npos) continue;  // code and constants
        copies += copies_between(reinterpret_cast<const volatile std::uint8_t*>(begin),
                                 reinterpret_cast<const volatile std::uint8_t*>(end));
    }
    return copies;
}

ClusterKeys read_the_key(const std::string& path) {
    {
        std::ofstream file(path);
        for (std::size_t i = 0; i < key_bytes; ++i) {
            file << "0123456789abcdef"[byte_of_key(i) >> 4];
            file << "0123456789abcdef"[byte_of_key(i) & 15];
        }
        file << '\n';
    }
    EXPECT_EQ(chmod(path.c_str(), 0600), 0);
    auto keys = read_key_file(path);
    EXPECT_TRUE(keys);
    return std::move(*keys);
}

TEST(KeyMemory, HoldsOneCopyWhileTheDaemonRuns) {
    ASSERT_TRUE(start_cryptography());
    const lab::TemporaryDirectory directory;
    ASSERT_EQ(copies_in_memory(), 0);
    ClusterKeys keys = read_the_key(directory.path("key"));
    const KeyRing ring(keys.keys());
    EXPECT_EQ(copies_in_memory(), 2);
    keys = {};
    const std::array<std::byte, 3> message{};
    const Tag tag = ring.sign(message);
    EXPECT_EQ(ring.verify(message, ring.signing_id(), tag), KeyRing::Verdict::genuine);
    EXPECT_EQ(copies_in_memory(), 1);
}

TEST(KeyMemory, HoldsNoneAfterwards) {
    ASSERT_TRUE(start_cryptography());
    const lab::TemporaryDirectory directory;
    {
        ClusterKeys keys = read_the_key(directory.path("key"));
        const KeyRing ring(keys.keys());
    }
    EXPECT_EQ(copies_in_memory(), 0);
}

}  // namespace
}  // namespace komainu
