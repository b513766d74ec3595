// The judge of the fault matrix: who answered for an address while another already did.
#include <gtest/gtest.h>

#include "test/lab/claims.h"

namespace komainu::lab {
namespace {

constexpr IpAddress vip{Family::ipv4, {10, 77, 0, 100}};

Claim claim(int ms, int host) { return {Instant(std::chrono::milliseconds(ms)), host}; }

AddressEvent added(int ms, int host) {
    return {host, vip, AddressEvent::Kind::added, Instant(std::chrono::milliseconds(ms))};
}
AddressEvent removed(int ms, int host) {
    return {host, vip, AddressEvent::Kind::removed, Instant(std::chrono::milliseconds(ms))};
}

TEST(Claims, OfOneAfterAnotherDoNotOverlap) {
    EXPECT_EQ(overlap_of({claim(1, 1), claim(2, 1), claim(60, 2), claim(61, 2)},
                         {added(0, 1), removed(3, 1), added(59, 2)}, vip),
              0ns);
}

TEST(Claims, OfTheOldHolderAfterTheFirstOfTheNewOverlap) {
    EXPECT_EQ(overlap_of({claim(1, 1), claim(60, 2), claim(61, 1), claim(62, 2), claim(75, 1)},
                         {added(0, 1), added(59, 2)}, vip),
              15ms);
}

TEST(Claims, OfAHostThatWasGivenTheAddressAgainBeginAnew) {
    EXPECT_EQ(
        overlap_of({claim(1, 1), claim(60, 2), claim(120, 1), claim(121, 1)},
                   {added(0, 1), removed(3, 1), added(59, 2), removed(110, 2), added(119, 1)}, vip),
        0ns);
}

TEST(Claims, BeforeTheKernelsNotificationWasReadAreNoOverlap) {
    EXPECT_EQ(overlap_of({claim(1, 1), claim(60, 2)}, {added(5, 1), added(62, 2)}, vip), 0ns);
}

TEST(Claims, ARenewalOfTheAddressIsNoNewBeginning) {
    EXPECT_EQ(overlap_of({claim(1, 1), claim(60, 2), claim(80, 1)},
                         {added(0, 1), added(59, 2), added(79, 1)}, vip),
              20ms);
}

TEST(Claims, OverlapsThatWereOverBeforeDoNotCount) {
    EXPECT_EQ(overlap_of({claim(1, 1), claim(60, 2), claim(70, 1)}, {added(0, 1), added(59, 2)},
                         vip, Instant(100ms)),
              0ns);
}

}  // namespace
}  // namespace komainu::lab
