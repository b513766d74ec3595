// echo-service: the service that the lab's clusters watch, and that its clients call. It answers
// each UDP datagram with the same bytes and one more, the tag that tells who answered, and from the
// address that the datagram was sent to, as a service on a virtual IP has to. It accepts TCP
// connections on the same port, for checks that connect, and closes them.
//
//   echo-service PORT TAG PID_FILE
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/fd.h"

using komainu::Fd;

namespace {

constexpr std::size_t datagram_bytes_max = 1500;
constexpr int tcp_backlog = 16;

void must(bool done, const char* what) {
    if (done) return;
    std::perror(what);
    std::exit(1);
}

void switch_on(const Fd& socket, int level, int option) {
    const int on = 1;
    must(::setsockopt(socket.get(), level, option, &on, sizeof on) == 0, "setsockopt");
}

/// One socket per family: IPv6 may be missing on a machine without taking IPv4 with it.
Fd bound_socket(int family, int type, std::uint16_t port) {
    Fd socket(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    must(static_cast<bool>(socket), "socket");
    switch_on(socket, SOL_SOCKET, SO_REUSEADDR);
    sockaddr_in6 any6{};
    sockaddr_in any4{};
    any6.sin6_family = AF_INET6;
    any6.sin6_port = any4.sin_port = htons(port);
    any4.sin_family = AF_INET;
    if (family == AF_INET6) switch_on(socket, IPPROTO_IPV6, IPV6_V6ONLY);
    const auto* address = family == AF_INET6 ? reinterpret_cast<const sockaddr*>(&any6)
                                             : reinterpret_cast<const sockaddr*>(&any4);
    const socklen_t size = family == AF_INET6 ? sizeof any6 : sizeof any4;
    must(::bind(socket.get(), address, size) == 0, "bind");
    if (type == SOCK_STREAM) must(::listen(socket.get(), tcp_backlog) == 0, "listen");
    return socket;
}

void answer_all(const Fd& socket, char tag) {
    std::array<char, datagram_bytes_max + 1> bytes;
    alignas(cmsghdr) std::array<char, 256> control;
    sockaddr_in6 client{};
    while (true) {
        iovec part{bytes.data(), datagram_bytes_max};
        msghdr message{};
        message.msg_name = &client;
        message.msg_namelen = sizeof client;
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const auto received = ::recvmsg(socket.get(), &message, 0);
        if (received < 0) return;
        bytes[static_cast<std::size_t>(received)] = tag;
        part.iov_len = static_cast<std::size_t>(received) + 1;
        // The packet information says where the datagram was sent to; handed back, it says where
        // the answer comes from. Fails when the address has gone meanwhile, and then nothing
        // should be answered.
        message.msg_flags = 0;
        static_cast<void>(::sendmsg(socket.get(), &message, 0));
    }
}

void accept_all(const Fd& socket) {
    while (const Fd connection{::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC)}) {
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: echo-service PORT TAG PID_FILE\n");
        return 2;
    }
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    const auto tag = static_cast<char>(std::atoi(argv[2]));
    const Fd udp4 = bound_socket(AF_INET, SOCK_DGRAM, port);
    const Fd udp6 = bound_socket(AF_INET6, SOCK_DGRAM, port);
    const Fd tcp4 = bound_socket(AF_INET, SOCK_STREAM, port);
    const Fd tcp6 = bound_socket(AF_INET6, SOCK_STREAM, port);
    switch_on(udp4, IPPROTO_IP, IP_PKTINFO);
    switch_on(udp6, IPPROTO_IPV6, IPV6_RECVPKTINFO);
    std::ofstream(argv[3]) << ::getpid() << '\n';

    std::array<pollfd, 4> sockets{{{udp4.get(), POLLIN, 0},
                                   {udp6.get(), POLLIN, 0},
                                   {tcp4.get(), POLLIN, 0},
                                   {tcp6.get(), POLLIN, 0}}};
    while (::poll(sockets.data(), sockets.size(), -1) >= 0) {
        answer_all(udp4, tag);
        answer_all(udp6, tag);
        accept_all(tcp4);
        accept_all(tcp6);
    }
    std::perror("poll");
    return 1;
}
