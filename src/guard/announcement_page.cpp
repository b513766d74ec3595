#include "guard/announcement_page.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <new>

namespace komainu {

void AnnouncementPage::add(std::string_view interface, Protocol protocol, std::uint64_t frames) {
    place_of(interface).frames[static_cast<std::size_t>(protocol)].fetch_add(frames, relaxed);
}

/// The name is there before main counts the place in.
AnnouncementPage::Place& AnnouncementPage::place_of(std::string_view interface) {
    const std::size_t used = used_.load(relaxed);
    const auto end = places_.begin() + static_cast<std::ptrdiff_t>(used);
    const auto named = [&](const Place& place) { return interface == place.name.data(); };
    if (const auto found = std::find_if(places_.begin(), end, named); found != end) return *found;
    if (used == places_max) return places_.back();
    Place& place = places_[used];
    const std::string_view name = used + 1 == places_max ? others : interface;
    name.copy(place.name.data(), place.name.size() - 1);
    used_.store(used + 1, std::memory_order_release);
    return place;
}

void UnmapAnnouncementPage::operator()(AnnouncementPage* page) const {
    page->~AnnouncementPage();
    ::munmap(page, sizeof(AnnouncementPage));
}

Result<SharedAnnouncementPage> make_announcement_page() {
    void* const memory = ::mmap(nullptr, sizeof(AnnouncementPage), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return Error::from_errno("cannot map the announcements' page", errno);
    return SharedAnnouncementPage(new (memory) AnnouncementPage);
}

}  // namespace komainu
