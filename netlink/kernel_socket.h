// A libmnl socket with one owner, and receiving from it what the kernel sent and nobody else.
// (Files of this folder must not be named as a header of libnl is, which also says "netlink/…".)
#pragma once

#include <libmnl/libmnl.h>

#include <cstddef>
#include <memory>
#include <span>

#include "base/result.h"

namespace komainu {

struct CloseKernelSocket {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};
using KernelSocket = std::unique_ptr<mnl_socket, CloseKernelSocket>;

/// Opens a NETLINK_ROUTE socket, CLOEXEC and with the further SOCK_… flags given, that receives the
/// multicast groups given (RTMGRP_…).
Result<KernelSocket> open_kernel_socket(int flags, unsigned groups);

/// The same for requests that are waited for: it blocks, though not for ever, and acknowledgements
/// do not repeat the request.
Result<KernelSocket> open_request_socket();

struct Received {
    std::span<const std::byte> datagram;  ///< empty on an error, and when it was not the kernel's
    int error = 0;                        ///< errno; EMSGSIZE when the datagram was cut off
};

/// Receives one datagram into the room. Where the socket blocks, so does this; a signal does not
/// end it.
Received receive_from_kernel(const KernelSocket& socket, std::span<std::byte> room);

}  // namespace komainu
