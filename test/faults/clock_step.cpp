// Preloaded into daemons, so that the wall clock jumps for them alone: the machine's own is not
// touched, and network namespaces have none. Adds to the wall clock the nanoseconds that stand in
// the file which the variable KOMAINU_CLOCK_OFFSET names, at each reading.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

/// As in clock_rows.cpp.
struct Page {
    std::atomic<std::int64_t> offset;
    std::atomic<std::int64_t> readings;
};

/// Without a file there is nothing to try, and the row must not pass.
Page& page() {
    static Page* const mapped = [] {
        const char* path = std::getenv("KOMAINU_CLOCK_OFFSET");
        const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
        void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (memory == MAP_FAILED) std::abort();
        ::close(file);
        return static_cast<Page*>(memory);
    }();
    return *mapped;
}

/// Opened before the daemon closes or forbids anything.
[[gnu::constructor]] void open_at_start() { page(); }

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* t) noexcept {
    using Real = int (*)(clockid_t, timespec*);
    static const auto real = reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "clock_gettime"));
    const int result = real(clock, t);
    if (result != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
    ++page().readings;
    const std::int64_t ns = t->tv_sec * ns_per_s + t->tv_nsec + page().offset;
    *t = {ns / ns_per_s, ns % ns_per_s};
    return 0;
}

time_t time(time_t* seconds) noexcept {
    timespec t{};
    clock_gettime(CLOCK_REALTIME, &t);
    if (seconds != nullptr) *seconds = t.tv_sec;
    return t.tv_sec;
}

int gettimeofday(timeval* t, void*) noexcept {
    timespec precise{};
    clock_gettime(CLOCK_REALTIME, &precise);
    *t = {precise.tv_sec, precise.tv_nsec / 1000};
    return 0;
}
}
