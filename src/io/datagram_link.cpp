#include "io/datagram_link.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/assert.h"

namespace komainu {

struct DatagramLink::Buffers {
    std::vector<SocketAddress> destinations;
    std::vector<mmsghdr> to_send;
    bool to_group = false;
    // The control message that names the source of a datagram to an IPv6 group.
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo))> source_control{};
    iovec sending{};

    std::array<std::array<std::byte, datagram_bytes_max>, batch_datagrams> bytes;
    std::array<iovec, batch_datagrams> places{};
    std::array<SocketAddress, batch_datagrams> sources;
    std::array<mmsghdr, batch_datagrams> to_receive{};

    DatagramCounters counters;

    void prepare_sending(const DatagramLinkOptions& options, std::uint32_t interface_index);
    void name_source(const IpAddress& own, std::uint32_t interface_index);
    void prepare_receiving();
    void count_send_error(int code);
};

void DatagramLink::Buffers::prepare_sending(const DatagramLinkOptions& options,
                                            std::uint32_t interface_index) {
    destinations.clear();
    to_group = options.group.has_value();
    if (to_group)
        destinations.emplace_back(Endpoint{*options.group, options.port}, interface_index);
    else
        for (const auto& peer : options.peers)
            destinations.emplace_back(Endpoint{peer, options.port}, interface_index);
    to_send.resize(destinations.size());
    for (std::size_t i = 0; i < destinations.size(); ++i) {
        msghdr& message = to_send[i].msg_hdr;
        message.msg_name = &destinations[i];
        message.msg_namelen = destinations[i].size();
        message.msg_iov = &sending;
        message.msg_iovlen = 1;
    }
    if (to_group && !options.own.is_ipv4()) name_source(options.own, interface_index);
}

// IPv4 takes the source address from bind() or IP_MULTICAST_IF. An IPv6 socket that is bound to a
// group would choose one by itself, perhaps a VIP, unless each datagram names it.
void DatagramLink::Buffers::name_source(const IpAddress& own, std::uint32_t interface_index) {
    cmsghdr header{};
    header.cmsg_len = CMSG_LEN(sizeof(in6_pktinfo));
    header.cmsg_level = IPPROTO_IPV6;
    header.cmsg_type = IPV6_PKTINFO;
    in6_pktinfo packet{};
    packet.ipi6_ifindex = interface_index;
    std::memcpy(&packet.ipi6_addr, own.bytes.data(), own.size());
    std::memcpy(source_control.data(), &header, sizeof header);
    std::memcpy(source_control.data() + CMSG_LEN(0), &packet, sizeof packet);
    for (mmsghdr& message : to_send) {
        message.msg_hdr.msg_control = source_control.data();
        message.msg_hdr.msg_controllen = source_control.size();
    }
}

void DatagramLink::Buffers::prepare_receiving() {
    for (std::size_t i = 0; i < batch_datagrams; ++i) {
        places[i] = {bytes[i].data(), bytes[i].size()};
        msghdr& message = to_receive[i].msg_hdr;
        message.msg_name = &sources[i];
        message.msg_iov = &places[i];
        message.msg_iovlen = 1;
    }
}

void DatagramLink::Buffers::count_send_error(int code) {
    counters.last_send_error = code;
    switch (code) {
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
        case ENODEV:
            ++counters.unreachable;
            break;
        case EPERM:
        case EACCES:
            ++counters.forbidden;
            break;
        case EAGAIN:
        case ENOBUFS:
        case ENOMEM:
            ++counters.no_room;
            break;
        default:
            ++counters.other_send_errors;
            break;
    }
}

DatagramCounters& DatagramCounters::operator+=(const DatagramCounters& other) {
    sent += other.sent;
    received += other.received;
    dropped += other.dropped;
    receive_errors += other.receive_errors;
    unreachable += other.unreachable;
    forbidden += other.forbidden;
    no_room += other.no_room;
    other_send_errors += other.other_send_errors;
    if (other.last_send_error != 0) last_send_error = other.last_send_error;
    return *this;
}

DatagramLink::DatagramLink(const DatagramLinkOptions& options)
    : buffers_(std::make_unique<Buffers>()), options_(options) {
    buffers_->prepare_receiving();
}

Result<DatagramLink> DatagramLink::open(const DatagramLinkOptions& options) {
    DatagramLink link(options);
    if (Status opened = link.reopen(); !opened) return opened.error();
    return link;
}

// The old socket goes first: two cannot be bound to one group and port.
Status DatagramLink::reopen() {
    socket_.close();
    const auto index = interface_of(options_);
    if (!index) return index.error();
    auto socket = open_link_socket(options_, index.value());
    if (!socket) return socket.error();
    socket_ = std::move(*socket);
    interface_ = TiedInterface(index.value());
    buffers_->prepare_sending(options_, interface_.index());
    return Ok{};
}

DatagramLink::DatagramLink(DatagramLink&&) noexcept = default;
DatagramLink& DatagramLink::operator=(DatagramLink&&) noexcept = default;
DatagramLink::~DatagramLink() = default;

const DatagramCounters& DatagramLink::counters() const {
    buffers_->counters.dropped = dropped();
    return buffers_->counters;
}

std::uint64_t DatagramLink::dropped() const {
    std::array<std::uint32_t, SK_MEMINFO_VARS> figures{};
    socklen_t bytes = sizeof figures;
    getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, figures.data(), &bytes);
    return figures[SK_MEMINFO_DROPS];
}

void DatagramLink::send_all(std::span<const std::byte> datagram) {
    if (is_open()) send(0, buffers_->to_send.size(), datagram);
}

void DatagramLink::send_to(std::size_t peer, std::span<const std::byte> datagram) {
    if (!is_open()) return;
    const std::size_t destination = buffers_->to_group ? 0 : peer;
    send(destination, destination + 1, datagram);
}

// sendmmsg stops at the first datagram that fails, and names the error only if that was the first
// of the call: so the next call begins with the failed one, and the one after that behind it.
void DatagramLink::send(std::size_t first, std::size_t end, std::span<const std::byte> datagram) {
    KOMAINU_ASSERT(end <= buffers_->to_send.size());
    // The kernel only reads it; iovec serves both ways and so has no const.
    buffers_->sending = {const_cast<std::byte*>(datagram.data()), datagram.size()};
    while (first < end) {
        const int sent = sendmmsg(fd(), &buffers_->to_send[first],
                                  static_cast<unsigned>(end - first), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) buffers_->count_send_error(errno);
        if (sent > 0) buffers_->counters.sent += static_cast<std::uint64_t>(sent);
        first += static_cast<std::size_t>(std::max(sent, 1));
    }
}

// The kernel writes the lengths of name and flags into the headers, so they are set anew.
std::size_t DatagramLink::receive_batch() {
    for (mmsghdr& message : buffers_->to_receive) {
        message.msg_hdr.msg_namelen = sizeof(SocketAddress);
        message.msg_hdr.msg_flags = 0;
    }
    const int count =
        recvmmsg(fd(), buffers_->to_receive.data(), batch_datagrams, MSG_DONTWAIT, nullptr);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EAGAIN && errno != EINTR) ++buffers_->counters.receive_errors;
    return 0;
}

std::span<const std::byte> DatagramLink::received(std::size_t i) {
    ++buffers_->counters.received;
    return std::span(buffers_->bytes[i]).first(buffers_->to_receive[i].msg_len);
}

Endpoint DatagramLink::source(std::size_t i) const { return buffers_->sources[i].endpoint(); }

}  // namespace komainu
