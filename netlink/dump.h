// Asking the kernel for all there is of a kind, by a socket of libnl's. Of this folder only.
#pragma once

#include <netlink/socket.h>

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace komainu {

struct FreeDumpSocket {
    void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};
using DumpSocket = std::unique_ptr<nl_sock, FreeDumpSocket>;

Result<DumpSocket> open_dump_socket();

/// A question: the type of its message (RTM_GET…) and the header behind that.
struct DumpQuestion {
    int type = 0;
    const void* header = nullptr;
    std::size_t header_bytes = 0;
};

/// Hands over each message of the answer, whole. An error of libnl's, or 0.
using TakeMessage = std::function<void(std::span<const std::byte>)>;
int dump(const DumpSocket& socket, const DumpQuestion& question, const TakeMessage& take);

/// Calls `dump_all` again, a bounded number of times, for as long as something changes under it.
/// It has to begin anew with what it collects.
Status dump_undisturbed(const std::string& what, const std::function<int()>& dump_all);

}  // namespace komainu
