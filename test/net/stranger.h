// A host of the LAN that belongs to no cluster and claims what it likes, by frames that it makes
// itself or by its kernel.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

#include "netlink/inventory.h"
#include "packet/arp.h"
#include "packet/frame_socket.h"
#include "packet/ndp.h"
#include "test/lab/network.h"

namespace komainu::lab {

inline constexpr int stranger_number = 66;

class Stranger {
public:
    explicit Stranger(Network& network)
        : Stranger(network.add_host("stranger", stranger_number), "eth0") {}

    /// By an interface of a host that is there already.
    Stranger(const Host& host, const char* interface) : host_(host) {
        host_.space.run([&] {
            socket_.emplace(std::move(FrameSocket::open().value()));
            eth0_ = *take_inventory().value().link(interface);
        });
    }

    const MacAddress& mac() const { return eth0_.mac; }

    void send(Bytes frame) {
        const OutgoingFrame outgoing{static_cast<int>(eth0_.interface), frame};
        EXPECT_EQ(socket_->send({&outgoing, 1}).sent, 1u);
    }

    /// One announcement of the address, at its own hardware address or at any.
    void claim(const IpAddress& address, const MacAddress& mac) {
        if (address.is_ipv4())
            send(arp_announcement(ArpForm::reply, mac, address));
        else
            send(neighbor_advertisement(mac, address, Forwarding::host));
    }
    void claim(const IpAddress& address) { claim(address, mac()); }

    /// Its kernel has the address, and answers for it.
    void take(const IpAddress& address) { shell("add", address); }
    void give_up(const IpAddress& address) { shell("del", address); }

    /// As many announcements as the socket takes, once.
    std::size_t flood(const IpAddress& address) {
        const auto frame = arp_announcement(ArpForm::request, mac(), address);
        const std::vector<OutgoingFrame> frames(
            64, OutgoingFrame{static_cast<int>(eth0_.interface), frame});
        return socket_->send(frames).sent;
    }

private:
    void shell(const std::string& verb, const IpAddress& address) {
        const auto command = "ip addr " + verb + " " + to_string(address) +
                             (address.is_ipv4() ? "/24" : "/64") + " dev eth0" +
                             (verb == "add" && !address.is_ipv4() ? " nodad" : "");
        host_.space.run([&] { EXPECT_EQ(std::system(command.c_str()), 0) << command; });
    }

    const Host& host_;
    std::optional<FrameSocket> socket_;
    LinkRecord eth0_;
};

}  // namespace komainu::lab
