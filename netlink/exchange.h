// Several requests to the kernel in one datagram, and its word on each. Of this folder only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "netlink/kernel_socket.h"

namespace komainu {

/// What is asked for at once. The kernel queues one acknowledgement of under 1 KiB for each, and
/// drops them when they exceed the socket's receive buffer (208 KiB by default).
inline constexpr std::size_t requests_per_batch_max = 64;

/// An acknowledgement is 20 bytes of which 16 repeat the request's header (NETLINK_CAP_ACK), and 16
/// of its own header; one that repeats the whole request fits as well.
inline constexpr std::size_t answer_bytes_max = 1024;

/// Requests that ask for an acknowledgement, with consecutive sequence numbers.
struct Batch {
    std::span<const std::byte> bytes;
    std::uint32_t first_sequence = 0;
};

/// Sends them on a request socket and fills in the error of each: 0, an errno, or ETIMEDOUT where
/// there was no answer. The error that is returned is one of the exchange itself. Allocates
/// nothing.
Status exchange(const KernelSocket& socket, const Batch& batch, std::span<int> errors,
                std::span<std::byte> answer_room);

}  // namespace komainu
