#include "netlink/exchange.h"

#include <algorithm>
#include <bitset>
#include <cerrno>

#include "netlink/messages.h"

namespace komainu {

namespace {

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

Status exchange(const KernelSocket& socket, const Batch& batch, std::span<int> errors,
                std::span<std::byte> answer_room) {
    std::ranges::fill(errors, ETIMEDOUT);
    if (Status sent = send(socket, batch.bytes); !sent) return sent;
    Answers answers(batch.first_sequence, errors);
    for (std::size_t reads = 0; !answers.complete(); ++reads) {
        if (reads == reads_max) return Error{"the kernel's answers are not to the requests", 0};
        const auto received = receive_from_kernel(socket, answer_room);
        if (received.error != 0)
            return Error::from_errno("no answer from the kernel", received.error);
        answers.take_all(received.datagram);
    }
    return Ok{};
}

}  // namespace komainu
