#include "netlink/address_socket.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cerrno>

#include "netlink/messages.h"

namespace komainu {

namespace {

// What is asked for at once. The kernel queues one acknowledgement of under 1 KiB for each, and
// drops them when they exceed the socket's receive buffer (208 KiB by default).
constexpr std::size_t requests_per_batch_max = 64;

// An acknowledgement is 20 bytes of which 16 repeat the request's header (NETLINK_CAP_ACK), and 16
// of its own header; one that repeats the whole request fits as well.
constexpr std::size_t answer_bytes_max = 1024;

// Answers that came after their time-out may lie before those of the present batch.
constexpr std::size_t reads_max = 4 * requests_per_batch_max;

Status send(const KernelSocket& socket, std::span<const std::byte> bytes) {
    ssize_t sent;
    do sent = mnl_socket_sendto(socket.get(), bytes.data(), bytes.size());
    while (sent < 0 && errno == EINTR);
    if (sent < 0) return Error::from_errno("cannot send requests to the kernel", errno);
    return Ok{};
}

// Collects the answers to requests with consecutive sequence numbers.
class Answers {
public:
    Answers(std::uint32_t first_sequence, std::span<int> errors)
        : first_sequence_(first_sequence), errors_(errors) {}

    bool complete() const { return answered_.count() == errors_.size(); }

    void take_all(std::span<const std::byte> datagram) {
        for (auto message = next_message(datagram); !message.empty();
             message = next_message(datagram))
            if (const auto answer = parse_acknowledgement(message)) take(*answer);
    }

private:
    void take(const Acknowledgement& answer) {
        const std::uint32_t index = answer.sequence - first_sequence_;
        if (index >= errors_.size()) return;
        errors_[index] = answer.error;
        answered_.set(index);
    }

    std::uint32_t first_sequence_;
    std::span<int> errors_;
    std::bitset<requests_per_batch_max> answered_;
};

}  // namespace

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
    const Status status = exchange(length, first, errors);
    for (std::size_t i = 0; i < requests.size(); ++i) requests[i].error = errors[i];
    return status;
}

Status AddressSocket::promote_secondaries(InterfaceIndex interface) {
    const auto length = build_promote_secondaries(buffers_->requests, ++sequence_, interface);
    const auto error = std::span(buffers_->errors).first(1);
    if (Status status = exchange(length, sequence_, error); !status) return status;
    if (error[0] != 0) return Error::from_errno("cannot set promote_secondaries", error[0]);
    return Ok{};
}

Status AddressSocket::exchange(std::size_t length, std::uint32_t first_sequence,
                               std::span<int> errors) {
    std::ranges::fill(errors, ETIMEDOUT);
    if (Status sent = send(socket_, std::span(buffers_->requests).first(length)); !sent)
        return sent;
    Answers answers(first_sequence, errors);
    for (std::size_t reads = 0; !answers.complete(); ++reads) {
        if (reads == reads_max) return Error{"the kernel's answers are not to the requests", 0};
        const auto received = receive_from_kernel(socket_, buffers_->answer);
        if (received.error != 0)
            return Error::from_errno("no answer from the kernel", received.error);
        answers.take_all(received.datagram);
    }
    return Ok{};
}

}  // namespace komainu
