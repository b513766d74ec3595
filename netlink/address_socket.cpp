#include "netlink/address_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "netlink/exchange.h"
#include "netlink/messages.h"

namespace komainu {

struct AddressSocket::Buffers {
    alignas(netlink_alignment)
        std::array<std::byte, requests_per_batch_max * netlink_request_bytes_max> requests;
    alignas(netlink_alignment) std::array<std::byte, answer_bytes_max> answer;
    std::array<int, requests_per_batch_max> errors;
};

AddressSocket::AddressSocket(KernelSocket socket, std::unique_ptr<Buffers> buffers)
    : socket_(std::move(socket)), buffers_(std::move(buffers)) {}
AddressSocket::AddressSocket(AddressSocket&&) noexcept = default;
AddressSocket& AddressSocket::operator=(AddressSocket&&) noexcept = default;
AddressSocket::~AddressSocket() = default;

// It blocks, unlike other descriptors here, because nobody may go on before the kernel has said
// that the address is there, or is gone.
Result<AddressSocket> AddressSocket::open() {
    auto socket = open_request_socket();
    if (!socket) return socket.error();
    return AddressSocket(std::move(*socket), std::make_unique<Buffers>());
}

// Goes on after a failed exchange: the requests behind it may be removals that must not be omitted.
Status AddressSocket::apply(std::span<AddressRequest> requests) {
    Status status = Ok{};
    while (!requests.empty()) {
        const auto batch = requests.first(std::min(requests.size(), requests_per_batch_max));
        Status exchanged = apply_batch(batch);
        if (status) status = std::move(exchanged);
        requests = requests.subspan(batch.size());
    }
    return status;
}

Status AddressSocket::apply_batch(std::span<AddressRequest> requests) {
    const std::uint32_t first = sequence_ + 1;
    std::size_t length = 0;
    for (const AddressRequest& request : requests)
        length += build_address_request(std::span(buffers_->requests).subspan(length), ++sequence_,
                                        request);
    const auto errors = std::span(buffers_->errors).first(requests.size());
    const Status status = exchange(socket_, {std::span(buffers_->requests).first(length), first},
                                   errors, buffers_->answer);
    for (std::size_t i = 0; i < requests.size(); ++i) requests[i].error = errors[i];
    return status;
}

Status AddressSocket::promote_secondaries(InterfaceIndex interface) {
    const auto length = build_promote_secondaries(buffers_->requests, ++sequence_, interface);
    const auto error = std::span(buffers_->errors).first(1);
    const auto request = std::span(buffers_->requests).first(length);
    if (Status status = exchange(socket_, {request, sequence_}, error, buffers_->answer); !status)
        return status;
    if (error[0] != 0) return Error::from_errno("cannot set promote_secondaries", error[0]);
    return Ok{};
}

}  // namespace komainu
