#include "io/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace komainu {

namespace {

constexpr int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
constexpr off_t bytes_max = 1 << 20;

}  // namespace

Result<Fd> make_memory_file() {
    Fd file(::memfd_create("komainu", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) return Error::from_errno("cannot make a file in memory", errno);
    return file;
}

Status seal_memory_file(int fd) {
    if (::fcntl(fd, F_ADD_SEALS, seals) != 0)
        return Error::from_errno("cannot seal a file in memory", errno);
    return Ok{};
}

Result<std::string> read_memory_file(int fd) {
    const int sealed = ::fcntl(fd, F_GET_SEALS);
    if (sealed < 0 || (sealed & seals) != seals) return Error{"not a sealed file in memory"};
    struct stat status {};
    if (::fstat(fd, &status) != 0) return Error::from_errno("cannot ask for a file's size", errno);
    if (status.st_size > bytes_max) return Error{"a file in memory is longer than a megabyte"};
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    for (std::size_t done = 0; done < text.size();) {
        const auto n =
            ::pread(fd, text.data() + done, text.size() - done, static_cast<off_t>(done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return Error::from_errno("cannot read a file in memory", errno);
        done += static_cast<std::size_t>(n);
    }
    return text;
}

}  // namespace komainu
