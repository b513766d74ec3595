#include "io/journal.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/unix_address.h"

namespace komainu {

void JournalEntry::add(std::string_view name, std::string_view value, std::size_t value_bytes_max) {
    value = value.substr(0, value_bytes_max);
    if (size_ + name.size() + value.size() + 2 > room_.size()) return;
    char* at = room_.data() + size_;
    at = std::ranges::copy(name, at).out;
    *at++ = '=';
    at = std::ranges::transform(value, at, printable_byte).out;
    *at++ = '\n';
    size_ = static_cast<std::size_t>(at - room_.data());
}

JournalSocket JournalSocket::open(const char* path) {
    JournalSocket journal;
    journal.socket_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    journal.path_ = path;
    return journal;
}

/// By its path each time, since another journald may serve it by then.
JournalSocket::Sent JournalSocket::send(std::string_view entry) const {
    if (!socket_) return Sent::nobody_there;
    UnixAddress journald;
    std::strncpy(journald.local.sun_path, path_, sizeof journald.local.sun_path - 1);
    if (::sendto(socket_.get(), entry.data(), entry.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 &journald.generic, sizeof journald.local) >= 0)
        return Sent::yes;
    const bool takes_later = errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM;
    return takes_later ? Sent::no_room : Sent::nobody_there;
}

}  // namespace komainu
