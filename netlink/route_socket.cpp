#include "netlink/route_socket.h"

#include <linux/netlink.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "netlink/exchange.h"
#include "netlink/messages.h"

namespace komainu {

namespace {

/// The kernel tells of a route in less than this, so that each finds room in an empty buffer.
constexpr std::size_t batch_bytes_max = 16 * 1024;

}  // namespace

struct RouteSocket::Buffers {
    alignas(netlink_alignment) std::array<std::byte, batch_bytes_max> requests;
    alignas(netlink_alignment) std::array<std::byte, answer_bytes_max> answer;
    std::array<int, requests_per_batch_max> errors;
};

RouteSocket::RouteSocket(KernelSocket socket, std::unique_ptr<Buffers> buffers)
    : socket_(std::move(socket)), buffers_(std::move(buffers)) {}
RouteSocket::RouteSocket(RouteSocket&&) noexcept = default;
RouteSocket& RouteSocket::operator=(RouteSocket&&) noexcept = default;
RouteSocket::~RouteSocket() = default;

Result<RouteSocket> RouteSocket::open() {
    auto socket = open_request_socket();
    if (!socket) return socket.error();
    return RouteSocket(std::move(*socket), std::make_unique<Buffers>());
}

// Goes on after a failed exchange: the requests behind it may be removals that must not be omitted.
Status RouteSocket::apply(std::span<RouteRequest> requests) {
    Status status = Ok{};
    while (!requests.empty()) {
        Status applied = apply_batch(requests);
        if (status) status = std::move(applied);
    }
    return status;
}

Status RouteSocket::apply_batch(std::span<RouteRequest>& requests) {
    const auto room = std::span(buffers_->requests);
    const std::uint32_t first = sequence_ + 1;
    std::size_t length = 0, count = 0;
    while (count < requests.size() && count < requests_per_batch_max) {
        const auto message = requests[count].message;
        if (message.size() > room.size() - length) break;
        std::memcpy(room.data() + length, message.data(), message.size());
        ++sequence_;
        std::memcpy(room.data() + length + offsetof(nlmsghdr, nlmsg_seq), &sequence_,
                    sizeof sequence_);
        length += message.size();
        ++count;
    }
    KOMAINU_ASSERT(count > 0);
    const auto errors = std::span(buffers_->errors).first(count);
    const Status status = exchange(socket_, {room.first(length), first}, errors, buffers_->answer);
    for (std::size_t i = 0; i < count; ++i) requests[i].error = errors[i];
    requests = requests.subspan(count);
    return status;
}

}  // namespace komainu
