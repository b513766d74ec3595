// What the guard counts of its announcements, and main reads.
#include "guard/announcement_page.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

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
    EXPECT_TRUE(told_by(page).empty());
    page.add("eth0", Protocol::arp, 2);
    page.add("eth1", Protocol::ndp, 1);
    page.add("eth0", Protocol::arp, 2);
    page.add_refused(3);
    const auto told = told_by(page);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told.at("eth0"), std::pair(std::uint64_t{4}, std::uint64_t{0}));
    EXPECT_EQ(told.at("eth1"), std::pair(std::uint64_t{0}, std::uint64_t{1}));
    EXPECT_EQ(page.refused(), 3u);
}

TEST(AnnouncementPage, CountsInterfacesForWhichThereIsNoPlaceTogether) {
    AnnouncementPage page;
    for (std::size_t i = 0; i < AnnouncementPage::places_max + 10; ++i)
        page.add("interface" + std::to_string(i), Protocol::arp, 1);
    const auto told = told_by(page);
    EXPECT_EQ(told.size(), AnnouncementPage::places_max);
    EXPECT_EQ(told.at("others").first, 11u);
}

TEST(AnnouncementPage, IsSharedWithAChild) {
    auto page = make_announcement_page();
    ASSERT_TRUE(page);
    const pid_t child = fork();
    if (child == 0) {
        (*page)->add("eth0", Protocol::ndp, 7);
        _exit(0);
    }
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_EQ(told_by(**page).at("eth0").second, 7u);
}

}  // namespace
}  // namespace komainu
