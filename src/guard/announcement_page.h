// How many frames the guard has announced the VIPs with, by interface, in a page that main reads
// for the metrics: no message is exchanged, and nobody waits.
//
// The guard alone writes, and never reads there what to do next: main has the page as well, and
// must not be able to lead the guard astray. A place is an interface's from the first frame on and
// for ever, so that what is counted never shrinks, whatever a reload changes.
#pragma once

#include <net/if.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/static_vector.h"

namespace komainu {

class AnnouncementPage {
public:
    /// Interfaces beyond these are counted together, in the last place.
    static constexpr std::size_t places_max = 64;
    static constexpr std::string_view others = "others";

    enum class Protocol : std::uint8_t { arp, ndp };

    /// Calls f(interface, protocol, frames) for all that there is.
    template <class F>
    void for_each(F&& f) const {
        const std::size_t used = used_.load(std::memory_order_acquire);
        for (std::size_t i = 0; i < used; ++i) {
            const Place& place = places_[i];
            f(std::string_view(place.name.data()), Protocol::arp, place.frames[0].load(relaxed));
            f(std::string_view(place.name.data()), Protocol::ndp, place.frames[1].load(relaxed));
        }
    }
    std::uint64_t refused() const { return refused_.load(relaxed); }

private:
    friend class AnnouncementCounter;
    static constexpr auto relaxed = std::memory_order_relaxed;
    using Name = std::array<char, IF_NAMESIZE>;  ///< ends with a zero
    struct Place {
        Name name{};  ///< written before it is used
        std::array<std::atomic<std::uint64_t>, 2> frames{};
    };

    std::array<Place, places_max> places_{};
    std::atomic<std::size_t> used_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;

    static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
                  "a lock would not work between processes");
};

/// The guard's: what it knows itself, and copies to the page.
class AnnouncementCounter {
public:
    using Protocol = AnnouncementPage::Protocol;

    explicit AnnouncementCounter(AnnouncementPage& page) : page_(page) {}

    /// So many frames of this protocol were handed to the kernel for that interface.
    void add(std::string_view interface, Protocol protocol, std::uint64_t frames);
    /// The kernel has refused so many of them.
    void add_refused(std::uint64_t frames) { page_.refused_.store(refused_ += frames, relaxed); }

private:
    static constexpr auto relaxed = AnnouncementPage::relaxed;
    struct Counted {
        AnnouncementPage::Name name{};
        std::array<std::uint64_t, 2> frames{};
    };

    std::size_t place_of(std::string_view interface);

    AnnouncementPage& page_;
    StaticVector<Counted, AnnouncementPage::places_max> counted_;
    std::uint64_t refused_ = 0;
};

struct UnmapAnnouncementPage {
    void operator()(AnnouncementPage* page) const;
};
using SharedAnnouncementPage = std::unique_ptr<AnnouncementPage, UnmapAnnouncementPage>;

/// In memory that a child forked from now on shares.
Result<SharedAnnouncementPage> make_announcement_page();

}  // namespace komainu
