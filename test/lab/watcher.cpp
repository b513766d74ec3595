#include "test/lab/watcher.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "test/lab/clock.h"
#include "test/lab/fail.h"

namespace komainu::lab {

namespace {

constexpr std::size_t message_bytes_max = 32 * 1024;
constexpr int receive_buffer_bytes = 8 * 1024 * 1024;
constexpr int look_at_stop_every_ms = 20;

void join(const Fd& socket, int group) {
    must(::setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group),
         "NETLINK_ADD_MEMBERSHIP");
}

/// Hears the LAN's namespace and every namespace that has a number there.
Fd listening_socket() {
    Fd socket(must(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE),
                   "netlink socket"));
    const int on = 1;
    must(::setsockopt(socket.get(), SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof on),
         "NETLINK_LISTEN_ALL_NSID");
    must(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer_bytes,
                      sizeof receive_buffer_bytes) == 0
             ? 0
             : ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                            sizeof receive_buffer_bytes),
         "SO_RCVBUF");
    // A port of its own: to one without, the kernel does not send what it does of its own accord,
    // such as the removal of an address whose lifetime has ended.
    sockaddr_nl any{};
    any.nl_family = AF_NETLINK;
    must(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any), "bind");
    join(socket, RTNLGRP_IPV4_IFADDR);
    join(socket, RTNLGRP_IPV6_IFADDR);
    return socket;
}

/// The number of the namespace that a message came from; none for the LAN's own.
std::optional<int> namespace_number(msghdr& message) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_NETLINK || c->cmsg_type != NETLINK_LISTEN_ALL_NSID) continue;
        int number = 0;
        std::memcpy(&number, CMSG_DATA(c), sizeof number);
        return number;
    }
    return {};
}

struct Attributes {
    const nlattr* address = nullptr;
    const nlattr* local = nullptr;  // the host's own, where it differs from IFA_ADDRESS
};

int collect(const nlattr* attribute, void* data) {
    auto& attributes = *static_cast<Attributes*>(data);
    if (mnl_attr_get_type(attribute) == IFA_ADDRESS) attributes.address = attribute;
    if (mnl_attr_get_type(attribute) == IFA_LOCAL) attributes.local = attribute;
    return MNL_CB_OK;
}

std::optional<AddressEvent> parse(const nlmsghdr* message, int host, Instant seen) {
    if (message->nlmsg_type != RTM_NEWADDR && message->nlmsg_type != RTM_DELADDR) return {};
    const auto* header = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
    Attributes attributes;
    mnl_attr_parse(message, sizeof *header, collect, &attributes);
    const auto* found = attributes.local != nullptr ? attributes.local : attributes.address;
    if (found == nullptr) return {};

    AddressEvent event;
    event.host = host;
    event.seen = seen;
    event.address.family = header->ifa_family == AF_INET ? Family::ipv4 : Family::ipv6;
    if (mnl_attr_get_payload_len(found) != event.address.size()) return {};
    std::memcpy(event.address.bytes.data(), mnl_attr_get_payload(found), event.address.size());
    event.kind = message->nlmsg_type == RTM_NEWADDR ? AddressEvent::Kind::added
                                                    : AddressEvent::Kind::removed;
    return event;
}

void apply(const AddressEvent& event, std::set<int>& holders) {
    if (event.kind == AddressEvent::Kind::added)
        holders.insert(event.host);
    else
        holders.erase(event.host);
}

}  // namespace

AddressWatcher::AddressWatcher(const Network& network) {
    network.space().run([this] { socket_ = listening_socket(); });
    thread_ = std::thread([this] { listen(); });
}

AddressWatcher::~AddressWatcher() {
    stop_ = true;
    thread_.join();
}

void AddressWatcher::listen() {
    prefer_this_thread();
    while (!stop_) {
        pollfd readable{socket_.get(), POLLIN, 0};
        if (::poll(&readable, 1, look_at_stop_every_ms) == 1) receive();
    }
}

void AddressWatcher::receive() {
    alignas(nlmsghdr) std::array<char, message_bytes_max> bytes;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control;
    iovec part{bytes.data(), bytes.size()};
    msghdr envelope{};
    envelope.msg_iov = &part;
    envelope.msg_iovlen = 1;
    envelope.msg_control = control.data();
    envelope.msg_controllen = control.size();
    const auto received = ::recvmsg(socket_.get(), &envelope, 0);
    // ENOBUFS: events were lost, and with them the proof that this class exists for.
    if (received < 0) fail("address watcher", errno);
    const auto host = namespace_number(envelope);
    if (!host) return;

    const auto seen = now();
    int left = static_cast<int>(received);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(bytes.data());
         mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
        if (const auto event = parse(message, *host, seen)) note(*event);
}

void AddressWatcher::note(const AddressEvent& event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
    apply(event, holders_[event.address]);
}

std::size_t AddressWatcher::mark() const {
    const std::lock_guard lock(mutex_);
    return events_.size();
}

std::vector<AddressEvent> AddressWatcher::events_since(std::size_t mark) const {
    const std::lock_guard lock(mutex_);
    return {events_.begin() + static_cast<std::ptrdiff_t>(mark), events_.end()};
}

std::set<int> AddressWatcher::holders(const IpAddress& address) const {
    const std::lock_guard lock(mutex_);
    const auto found = holders_.find(address);
    return found == holders_.end() ? std::set<int>{} : found->second;
}

bool AddressWatcher::wait_for_holders(const IpAddress& address, const std::set<int>& wanted,
                                      Duration limit) const {
    return wait_until([&] { return holders(address) == wanted; }, limit);
}

Duration AddressWatcher::overlap(const IpAddress& address, std::size_t since) const {
    std::set<int> holders;
    Instant shared_since;
    Duration longest{};
    const auto end_at = [&](Instant end) {
        longest = std::max({longest, end - shared_since, Duration(1ns)});
    };
    const auto events = events_since(0);
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].address != address) continue;
        const bool was_shared = holders.size() > 1;
        apply(events[i], holders);
        const bool is_shared = holders.size() > 1;
        if (is_shared && !was_shared) shared_since = events[i].seen;
        if (was_shared && !is_shared && i >= since) end_at(events[i].seen);
    }
    if (holders.size() > 1) end_at(now());
    return longest;
}

}  // namespace komainu::lab
