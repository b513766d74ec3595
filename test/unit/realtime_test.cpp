// What keeping a process in memory must not cost it.
#include "io/realtime.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "io/privileges.h"

namespace komainu {
namespace {

constexpr std::size_t mapped_bytes = 16 << 20;

/// Uses so much of the stack.
[[gnu::noinline]] int go_down(int steps) {
    std::array<volatile char, 65536> room;
    room[0] = static_cast<char>(steps);
    return steps == 0 ? 0 : go_down(steps - 1) + (room[0] != 0 ? 0 : 1);
}

/// A process with more in memory than it may lock, by the time its privileges are gone.
[[noreturn]] void lock_and_go_down() {
    const rlimit limit{mapped_bytes / 2, mapped_bytes / 2};
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 ||
        mmap(nullptr, mapped_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
        _exit(2);
    if (!lock_memory()) _exit(77);
    if (!drop_all_capabilities()) _exit(2);
    _exit(go_down(12));
}

TEST(Realtime, AStackThatIsLockedMayStillBeUsed) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) lock_and_go_down();
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        GTEST_SKIP() << "no privilege to lock more memory than RLIMIT_MEMLOCK says";
    EXPECT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace komainu
