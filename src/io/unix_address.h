// The address of a Unix socket, for bind(), connect() and sendto(). The path, or the abstract name,
// is the caller's to write: it knows what one that is too long means.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

namespace komainu {

// A union, so that it is passed to each of them without a cast.
union UnixAddress {
    sockaddr generic;
    sockaddr_un local;

    UnixAddress() : local{} { local.sun_family = AF_UNIX; }
};

}  // namespace komainu
