// What the guard counts of its announcements, and main reads.
#include "guard/announcement_page.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <map>
#include <string>

namespace komainu {
namespace {

using Protocol = AnnouncementPage::Protocol;

std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> told_by(
    const AnnouncementPage& page) {
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> told;
    page.for_each([&](std::string_view name, Protocol protocol, std::uint64_t frames) {
        auto& [arp, ndp] = told[std::string(name)];
        (protocol == Protocol::arp ? arp : ndp) += frames;
    });
    return told;
}

TEST(AnnouncementPage, CountsFramesByInterfaceAndProtocol) {
    AnnouncementPage page;
    AnnouncementCounter counter(page);
    EXPECT_TRUE(told_by(page).empty());
    counter.add("eth0", Protocol::arp, 2);
    counter.add("eth1", Protocol::ndp, 1);
    counter.add("eth0", Protocol::arp, 2);
    counter.add_refused(3);
    const auto told = told_by(page);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told.at("eth0"), std::pair(std::uint64_t{4}, std::uint64_t{0}));
    EXPECT_EQ(told.at("eth1"), std::pair(std::uint64_t{0}, std::uint64_t{1}));
    EXPECT_EQ(page.refused(), 3u);
}

TEST(AnnouncementPage, CountsInterfacesForWhichThereIsNoPlaceTogether) {
    AnnouncementPage page;
    AnnouncementCounter counter(page);
    for (std::size_t i = 0; i < AnnouncementPage::places_max + 10; ++i)
        counter.add("interface" + std::to_string(i), Protocol::arp, 1);
    const auto told = told_by(page);
    EXPECT_EQ(told.size(), AnnouncementPage::places_max);
    EXPECT_EQ(told.at("others").first, 11u);
}

TEST(AnnouncementPage, LeadsTheGuardNowhereWhateverMainWritesThere) {
    struct {
        std::array<std::byte, 4096> before{};
        AnnouncementPage page;
        std::array<std::byte, 4096> after{};
    } memory;
    AnnouncementCounter counter(memory.page);
    counter.add("eth0", Protocol::arp, 2);
    for (const int byte : {0xff, 0x7f, 0x00}) {
        std::memset(static_cast<void*>(&memory.page), byte, sizeof memory.page);
        counter.add("eth0", Protocol::arp, 2);
        counter.add("eth" + std::to_string(byte), Protocol::ndp, 1);
        counter.add_refused(1);
    }
    const auto none = std::array<std::byte, 4096>{};
    EXPECT_TRUE(memory.before == none && memory.after == none);
}

TEST(AnnouncementPage, IsSharedWithAChild) {
    auto page = make_announcement_page();
    ASSERT_TRUE(page);
    const pid_t child = fork();
    if (child == 0) {
        AnnouncementCounter(**page).add("eth0", Protocol::ndp, 7);
        _exit(0);
    }
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_EQ(told_by(**page).at("eth0").second, 7u);
}

}  // namespace
}  // namespace komainu
