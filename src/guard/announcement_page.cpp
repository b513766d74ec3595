#include "guard/announcement_page.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <new>

namespace komainu {

void AnnouncementCounter::add(std::string_view interface, Protocol protocol, std::uint64_t frames) {
    const std::size_t place = place_of(interface);
    const auto which = static_cast<std::size_t>(protocol);
    const std::uint64_t all = counted_[place].frames[which] += frames;
    page_.places_[place].frames[which].store(all, relaxed);
}

/// The name is there before main counts the place in.
std::size_t AnnouncementCounter::place_of(std::string_view interface) {
    const auto named = [&](const Counted& counted) { return interface == counted.name.data(); };
    const auto found = std::ranges::find_if(counted_, named);
    if (found != counted_.end()) return static_cast<std::size_t>(found - counted_.begin());
    const std::size_t next = counted_.size();
    if (counted_.full()) return next - 1;
    Counted fresh;
    const std::string_view name =
        next + 1 == counted_.capacity() ? AnnouncementPage::others : interface;
    name.copy(fresh.name.data(), fresh.name.size() - 1);
    counted_.push_back(fresh);
    page_.places_[next].name = fresh.name;
    page_.used_.store(next + 1, std::memory_order_release);
    return next;
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
