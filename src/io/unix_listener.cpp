#include "io/unix_listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "io/files.h"
#include "io/unix_address.h"

namespace komainu {

namespace {

constexpr mode_t lock_mode = 0644;
constexpr int backlog = 16;

constexpr mode_t mode_of_socket(SocketIsFor whom) {
    return whom == SocketIsFor::everybody ? 0666 : 0660;
}

// One sentence for the case that operators meet: no such directory, or no right to write there.
Error cannot_create(const std::string& path, int code) {
    const auto slash = path.rfind('/');
    const auto directory = slash == path.npos ? std::string(".") : path.substr(0, slash);
    const bool unusable = code == EACCES || code == EROFS || code == ENOENT || code == ENOTDIR;
    if (unusable) {
        auto error = Error::from_errno("cannot create " + path + ": directory " + directory, code);
        if (code == ENOENT)
            error.what += "; make it, for the user of komainud: install -d -m 750 " + directory;
        if (code == EACCES) error.what += "; start as root, or give it to the user of komainud";
        return error;
    }
    return Error::from_errno("cannot create " + path, code);
}

std::string holder_of(const std::string& lock_path) {
    const auto holder = read_pid_file(lock_path);
    return holder ? " (pid " + std::to_string(holder->pid) + ")" : "";
}

Status write_pid(const Fd& lock, const std::string& lock_path) {
    const auto text = std::to_string(getpid()) + "\n";
    if (ftruncate(lock.get(), 0) != 0 ||
        pwrite(lock.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        return Error::from_errno("cannot write " + lock_path, errno);
    return Ok{};
}

Result<Fd> lock_path_of(const std::string& path) {
    const auto lock_path = path + ".lock";
    constexpr int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    Fd lock(open(lock_path.c_str(), flags, lock_mode));
    if (!lock) return cannot_create(lock_path, errno);
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (fcntl(lock.get(), F_OFD_SETLK, &whole) != 0) {
        if (errno != EAGAIN && errno != EACCES)
            return Error::from_errno("cannot lock " + lock_path, errno);
        return Error{"another komainud" + holder_of(lock_path) + " already serves " + path};
    }
    if (auto written = write_pid(lock, lock_path); !written) return written.error();
    return lock;
}

// Anything but a socket was not left by us, and is not ours to remove.
Status remove_stale_socket(const std::string& path) {
    struct stat found {};
    if (lstat(path.c_str(), &found) != 0) return Ok{};
    if (!S_ISSOCK(found.st_mode)) return Error{path + " exists and is not a socket"};
    if (unlink(path.c_str()) != 0) return Error::from_errno("cannot remove the old " + path, errno);
    return Ok{};
}

// The mode is set between bind() and listen(): until then nobody can connect.
Status bind_and_listen(const Fd& socket, const std::string& path, SocketIsFor whom) {
    UnixAddress address;
    if (path.size() >= sizeof address.local.sun_path)
        return Error{path + " is too long for the name of a socket: at most " +
                     std::to_string(sizeof address.local.sun_path - 1) + " bytes"};
    std::memcpy(address.local.sun_path, path.c_str(), path.size());
    if (bind(socket.get(), &address.generic, sizeof address.local) != 0)
        return cannot_create(path, errno);
    if (chmod(path.c_str(), mode_of_socket(whom)) != 0 || listen(socket.get(), backlog) != 0)
        return Error::from_errno("cannot listen on " + path, errno);
    return Ok{};
}

}  // namespace

Result<UnixListener> UnixListener::open(std::string path, SocketIsFor whom) {
    auto lock = lock_path_of(path);
    if (!lock) return lock.error();
    if (auto removed = remove_stale_socket(path); !removed) return removed.error();
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return Error::from_errno("cannot create a Unix socket", errno);
    if (auto bound = bind_and_listen(socket, path, whom); !bound) return bound.error();
    return UnixListener(std::move(path), std::move(*lock), std::move(socket));
}

UnixListener::UnixListener(std::string path, Fd lock, Fd socket)
    : path_(std::move(path)), lock_(std::move(lock)), socket_(std::move(socket)) {}

// The socket goes while the lock still stands. Where the directory is not ours to write any more,
// the next owner removes it.
UnixListener::~UnixListener() {
    if (socket_) unlink(path_.c_str());
}

void UnixListener::close() {
    socket_.close();
    lock_.close();
}

}  // namespace komainu
