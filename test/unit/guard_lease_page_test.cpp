// The shared lease: who wins when main extends while the guard closes.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/lease_page.h"

namespace komainu {

namespace {

constexpr Instant at(Duration since_boot) { return Instant(since_boot); }

}  // namespace

TEST(LeasePage, BeginsClosed) {
    LeasePage page;
    EXPECT_FALSE(page.expiry());
    EXPECT_FALSE(page.stands(at(1s)));
    EXPECT_TRUE(page.close_if_expired(at(1s)));
}

TEST(LeasePage, StandsUntilItsExpiryAndNotAtIt) {
    LeasePage page;
    ASSERT_TRUE(page.grant(at(10s)));
    EXPECT_TRUE(page.stands(at(10s) - 1ns));
    EXPECT_FALSE(page.stands(at(10s)));
}

TEST(LeasePage, IsGrantedOnlyWhenClosed) {
    LeasePage page;
    ASSERT_TRUE(page.grant(at(10s)));
    EXPECT_FALSE(page.grant(at(20s)));
    EXPECT_EQ(page.expiry(), at(10s));
}

TEST(LeasePage, AnExtensionThatComesFirstKeepsItOpen) {
    LeasePage page;
    ASSERT_TRUE(page.grant(at(10s)));
    EXPECT_TRUE(page.extend(at(10s), at(11s)));
    EXPECT_FALSE(page.close_if_expired(at(10s)));
    EXPECT_EQ(page.expiry(), at(11s));
}

TEST(LeasePage, AnExtensionThatComesAfterTheClosingFails) {
    LeasePage page;
    ASSERT_TRUE(page.grant(at(10s)));
    EXPECT_TRUE(page.close_if_expired(at(10s)));
    EXPECT_FALSE(page.extend(at(10s), at(11s)));
    EXPECT_FALSE(page.expiry());
}

TEST(LeasePage, AnExtensionInThePastDoesNotSaveIt) {
    LeasePage page;
    ASSERT_TRUE(page.grant(at(10s)));
    EXPECT_TRUE(page.extend(at(10s), at(11s)));
    EXPECT_TRUE(page.close_if_expired(at(12s)));
}

TEST(LeasePage, ExtendsOnlyTheLeaseThatMainBelievesIn) {
    LeasePage page;
    ASSERT_TRUE(page.grant(at(10s)));
    EXPECT_FALSE(page.extend(at(9s), at(11s)));
    EXPECT_EQ(page.expiry(), at(10s));
}

TEST(LeasePage, CanBeGrantedAnewAfterItWasClosed) {
    LeasePage page;
    ASSERT_TRUE(page.grant(at(10s)));
    page.close();
    EXPECT_TRUE(page.grant(at(20s)));
}

TEST(LeasePage, IsSharedWithAChild) {
    auto page = make_lease_page();
    ASSERT_TRUE(page);
    ASSERT_TRUE(page.value()->grant(at(10s)));
    const pid_t child = fork();
    if (child == 0) _exit(page.value()->close_if_expired(at(10s)) ? 0 : 1);
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_FALSE(page.value()->extend(at(10s), at(11s)));
}

}  // namespace komainu
