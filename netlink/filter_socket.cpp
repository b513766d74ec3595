#include "netlink/filter_socket.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>

#include "netlink/messages.h"

namespace komainu {

namespace {

using Verb = FilterRequest::Verb;

constexpr std::size_t answer_bytes_max = 4096;
// An answer and an acknowledgement, after some that came too late for their own request.
constexpr int reads_max = 16;

bool is_ours(const std::optional<FilterAnswer>& filter) {
    return filter && filter->kind == "bpf" && filter->name == filter_name;
}

}  // namespace

Result<FilterSocket> FilterSocket::open() {
    auto socket = open_request_socket();
    if (!socket) return socket.error();
    return FilterSocket(std::move(*socket));
}

Status FilterSocket::put(InterfaceIndex interface, Hook hook, int program) {
    if (Status prepared = prepare(interface); !prepared) return prepared;
    const auto there = look(interface, hook);
    if (there && !is_ours(there))
        return Error{"somebody else has a filter in komainu's place (priority " +
                         std::to_string(filter_priority) + "): " + there->kind +
                         (there->name.empty() ? "" : " " + there->name),
                     EBUSY};
    const int error = ask({Verb::put, interface, hook, program}).error;
    if (error != 0) return Error::from_errno("cannot put a filter there", error);
    return Ok{};
}

// The older "ingress" has no hook for what goes out, and would take a filter that is meant for that
// for one of its own.
Status FilterSocket::prepare(InterfaceIndex interface) {
    const int error = ask({Verb::prepare, interface}).error;
    if (error != 0 && error != EEXIST)
        return Error::from_errno("cannot make hooks for filters (clsact)", error);
    if (error == 0) return Ok{};
    const auto hooks = ask({Verb::kind, interface}).answer;
    if (hooks && hooks->kind == "clsact") return Ok{};
    return Error{"it has a queue discipline " + (hooks ? hooks->kind : "of unknown kind") +
                     " in the place of clsact",
                 EEXIST};
}

bool FilterSocket::is_there(InterfaceIndex interface, Hook hook) {
    return is_ours(look(interface, hook));
}

Result<bool> FilterSocket::remove(InterfaceIndex interface, Hook hook) {
    if (!is_there(interface, hook)) return false;
    const int error = ask({Verb::remove, interface, hook}).error;
    if (error != 0 && error != ENOENT && error != ENODEV)
        return Error::from_errno("cannot remove a filter", error);
    return true;
}

std::optional<FilterAnswer> FilterSocket::look(InterfaceIndex interface, Hook hook) {
    return ask({Verb::look, interface, hook}).answer;
}

FilterSocket::Reply FilterSocket::ask(const FilterRequest& request) {
    alignas(netlink_alignment) std::array<std::byte, netlink_request_bytes_max> room;
    alignas(netlink_alignment) std::array<std::byte, answer_bytes_max> answer_room;
    const auto length = build_filter_request(room, ++sequence_, request);
    if (mnl_socket_sendto(socket_.get(), room.data(), length) < 0) return {errno, {}};
    Reply reply;
    for (int reads = 0; reads < reads_max; ++reads) {
        const auto received = receive_from_kernel(socket_, answer_room);
        if (received.error != 0) return {received.error, {}};
        auto datagram = received.datagram;
        for (auto message = next_message(datagram); !message.empty();
             message = next_message(datagram)) {
            if (auto answer = parse_filter_answer(message); answer && answer->sequence == sequence_)
                reply.answer = std::move(answer);
            const auto word = parse_acknowledgement(message);
            if (!word || word->sequence != sequence_) continue;
            reply.error = word->error;
            return reply;
        }
    }
    return {ETIMEDOUT, {}};
}

}  // namespace komainu
