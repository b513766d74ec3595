// A Unix stream socket at a path that belongs to one daemon at a time.
//
// Who holds the lock file "<path>.lock" owns the path: only the owner may take a stale socket of
// that name away, so that a second daemon cannot steal the first one's. The lock is an open file
// description lock; the kernel ends it with its last holder, however that dies. The lock file is
// left behind on purpose: between another process's opening of it and its locking, an unlink would
// let that process lock a file without a name while a third one locks a new file of that name.
//
// Made before privileges are dropped. A child process that is forked later must close it, or the
// lock outlives the daemon for as long as the child lives.
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace komainu {

/// Whom the socket's mode lets connect.
enum class SocketIsFor : std::uint8_t {
    owner_and_group,  ///< 0660
    everybody,        ///< 0666: whoever accepts asks who it is
};

class UnixListener {
public:
    /// Locks, binds and listens.
    static Result<UnixListener> open(std::string path,
                                     SocketIsFor whom = SocketIsFor::owner_and_group);
    UnixListener(UnixListener&&) noexcept = default;
    UnixListener& operator=(UnixListener&&) = delete;
    ~UnixListener();  ///< removes the socket

    int fd() const { return socket_.get(); }

    /// Closes both descriptors and leaves the path alone: for a forked child.
    void close();

private:
    UnixListener(std::string path, Fd lock, Fd socket);

    std::string path_;
    Fd lock_;
    Fd socket_;
};

}  // namespace komainu
