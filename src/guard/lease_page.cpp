#include "guard/lease_page.h"

#include <sys/mman.h>

#include <cerrno>
#include <new>

#include "base/assert.h"

namespace komainu {

bool LeasePage::grant(Instant until) {
    KOMAINU_ASSERT(nanoseconds(until) > closed);
    std::int64_t expected = closed;
    return expiry_ns_.compare_exchange_strong(expected, nanoseconds(until));
}

bool LeasePage::extend(Instant from, Instant until) {
    KOMAINU_ASSERT(nanoseconds(from) > closed && until >= from);
    std::int64_t expected = nanoseconds(from);
    return expiry_ns_.compare_exchange_strong(expected, nanoseconds(until));
}

// A failed exchange loads what main has stored meanwhile, which is then judged itself.
bool LeasePage::close_if_expired(Instant now) {
    std::int64_t expiry = expiry_ns_.load();
    while (expiry != closed && expiry <= nanoseconds(now))
        if (expiry_ns_.compare_exchange_weak(expiry, closed)) return true;
    return expiry == closed;
}

std::optional<Instant> LeasePage::expiry() const {
    const std::int64_t expiry = expiry_ns_.load();
    if (expiry == closed) return {};
    return Instant(Duration(expiry));
}

bool LeasePage::stands(Instant now) const {
    const auto end = expiry();
    return end && now < *end;
}

void UnmapLeasePage::operator()(LeasePage* page) const {
    page->~LeasePage();
    ::munmap(page, sizeof(LeasePage));
}

Result<SharedLeasePage> make_lease_page(std::optional<int> map) {
    const int flags = map ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS;
    void* const memory =
        ::mmap(nullptr, sizeof(LeasePage), PROT_READ | PROT_WRITE, flags, map.value_or(-1), 0);
    if (memory == MAP_FAILED) return Error::from_errno("cannot map the lease page", errno);
    return SharedLeasePage(new (memory) LeasePage);
}

}  // namespace komainu
