#include "test/lab/network.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/net_namespace.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/bridge.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/fifo.h>
#include <netlink/route/tc.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "test/lab/clock.h"
#include "test/lab/fail.h"

namespace komainu::lab {

namespace {

constexpr const char* host_interface = "eth0";
constexpr int first_network = 77;
constexpr int ipv4_prefix_length = 24;
constexpr int ipv6_prefix_length = 64;

void must_nl(int error, const std::string& what) {
    if (error < 0) fail(what + ": " + nl_geterror(error));
}

using Link = std::unique_ptr<rtnl_link, decltype(&rtnl_link_put)>;
using Address = std::unique_ptr<rtnl_addr, decltype(&rtnl_addr_put)>;
using AbstractAddress = std::unique_ptr<nl_addr, decltype(&nl_addr_put)>;
using Qdisc = std::unique_ptr<rtnl_qdisc, decltype(&rtnl_qdisc_put)>;
using Message = std::unique_ptr<nl_msg, decltype(&nlmsg_free)>;

void set_sysctl(const std::string& path, std::string_view value) {
    const Fd file(must(::open(path.c_str(), O_WRONLY | O_CLOEXEC), path.c_str()));
    must(::write(file.get(), value.data(), value.size()), path.c_str());
}

/// What libnl's TC_CAST does, with a cast that the compiler accepts without a warning.
rtnl_tc* as_tc(const Qdisc& queue) { return reinterpret_cast<rtnl_tc*>(queue.get()); }

std::string interface_on(int lan) { return "eth" + std::to_string(lan); }

/// Of later LANs the ports and the bridges have numbered names: "node1-2", "lan2".
std::string bridge_of(int lan) {
    return lan == 0 ? Network::bridge : Network::bridge + std::to_string(lan + 1);
}
std::string port_of(const Host& host, int lan) {
    return lan == 0 ? host.name : host.name + "-" + std::to_string(lan + 1);
}
int port_index_on(int lan, int host_number) {
    return Network::port_index(host_number) + lan * Network::first_port_index;
}

}  // namespace

/// One socket, opened within a namespace and usable from anywhere.
struct Network::Netlink {
    explicit Netlink(const NetworkNamespace& space) {
        space.run([this] { must_nl(nl_connect(socket, NETLINK_ROUTE), "nl_connect"); });
    }
    ~Netlink() { nl_socket_free(socket); }
    Netlink(const Netlink&) = delete;
    Netlink& operator=(const Netlink&) = delete;

    Link link(const char* name) {
        rtnl_link* found = nullptr;
        must_nl(rtnl_link_get_kernel(socket, 0, name, &found), std::string("link ") + name);
        return {found, rtnl_link_put};
    }

    int index(const char* name) { return rtnl_link_get_ifindex(link(name).get()); }

    void set_up(const char* name, Carrier carrier) {
        const Link change(rtnl_link_alloc(), rtnl_link_put);
        if (carrier == Carrier::up)
            rtnl_link_set_flags(change.get(), IFF_UP);
        else
            rtnl_link_unset_flags(change.get(), IFF_UP);
        must_nl(rtnl_link_change(socket, link(name).get(), change.get(), 0), name);
    }

    /// The kernel sees to the carrier of a new cable later, on a busy machine much later. Until
    /// then it drops what is sent, and says nothing.
    void wait_until_up(const std::string& name) {
        const auto is_up = [&] {
            return rtnl_link_get_operstate(link(name.c_str()).get()) == IF_OPER_UP;
        };
        if (!wait_until(is_up, 10s)) fail("no carrier on " + name);
    }

    void add_address(const char* name, const IpAddress& address, int prefix_length) {
        const int family = address.is_ipv4() ? AF_INET : AF_INET6;
        const AbstractAddress local(nl_addr_build(family, address.bytes.data(), address.size()),
                                    nl_addr_put);
        nl_addr_set_prefixlen(local.get(), prefix_length);
        const Address added(rtnl_addr_alloc(), rtnl_addr_put);
        rtnl_addr_set_ifindex(added.get(), index(name));
        must_nl(rtnl_addr_set_local(added.get(), local.get()), "rtnl_addr_set_local");
        if (!address.is_ipv4()) rtnl_addr_set_flags(added.get(), IFA_F_NODAD);
        must_nl(rtnl_addr_add(socket, added.get(), 0), "address " + to_string(address));
    }

    void add_bridge(const char* name) {
        const Link added(rtnl_link_bridge_alloc(), rtnl_link_put);
        rtnl_link_set_name(added.get(), name);
        rtnl_link_set_flags(added.get(), IFF_UP);
        must_nl(rtnl_link_add(socket, added.get(), NLM_F_CREATE | NLM_F_EXCL), "bridge");
    }

    /// A veth pair: one end a port of the bridge here, the other eth0 in the given namespace.
    void add_cable(const std::string& port, int port_index, int bridge_index,
                   const NetworkNamespace& far_end, const std::string& interface) {
        const Link added(rtnl_link_veth_alloc(), rtnl_link_put);
        rtnl_link_set_name(added.get(), port.c_str());
        if (port_index != 0) rtnl_link_set_ifindex(added.get(), port_index);
        rtnl_link_set_master(added.get(), bridge_index);
        rtnl_link_set_flags(added.get(), IFF_UP);
        const Link peer(rtnl_link_veth_get_peer(added.get()), rtnl_link_put);
        rtnl_link_set_name(peer.get(), interface.c_str());
        rtnl_link_set_ns_fd(peer.get(), far_end.fd());
        must_nl(rtnl_link_add(socket, added.get(), NLM_F_CREATE | NLM_F_EXCL), "veth " + port);
    }

    void remove(const char* name) {
        must_nl(rtnl_link_delete(socket, link(name).get()), std::string("removing ") + name);
    }

    /// Gives a namespace the number by which this one's sockets tell its events apart
    /// (NETLINK_LISTEN_ALL_NSID, watcher.h).
    void number_namespace(const NetworkNamespace& space, int id) {
        const Message message(nlmsg_alloc_simple(RTM_NEWNSID, 0), nlmsg_free);
        rtgenmsg header{};
        must_nl(nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO), "nlmsg_append");
        must_nl(nla_put_s32(message.get(), NETNSA_NSID, id), "NETNSA_NSID");
        must_nl(nla_put_u32(message.get(), NETNSA_FD, static_cast<std::uint32_t>(space.fd())),
                "NETNSA_FD");
        send(message, "RTM_NEWNSID");
    }

    void send(const Message& message, const char* what) {
        must_nl(nl_send_auto(socket, message.get()), what);
        must_nl(nl_wait_for_ack(socket), what);
    }

    /// libnl's own setter for the state (3.7) sends a message without the state in it.
    void set_of_port(const char* name, int attribute, std::uint8_t value) {
        const Message message(nlmsg_alloc_simple(RTM_SETLINK, 0), nlmsg_free);
        ifinfomsg header{};
        header.ifi_family = AF_BRIDGE;
        header.ifi_index = index(name);
        must_nl(nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO), "nlmsg_append");
        nlattr* port = nla_nest_start(message.get(), IFLA_PROTINFO | NLA_F_NESTED);
        must_nl(nla_put_u8(message.get(), attribute, value), "attribute of bridge port");
        nla_nest_end(message.get(), port);
        send(message, "setting of bridge port");
    }

    /// A queue without room: everything that leaves by this interface is dropped.
    Qdisc full_queue(const char* name) {
        Qdisc queue(rtnl_qdisc_alloc(), rtnl_qdisc_put);
        rtnl_tc_set_ifindex(as_tc(queue), index(name));
        rtnl_tc_set_parent(as_tc(queue), TC_H_ROOT);
        must_nl(rtnl_tc_set_kind(as_tc(queue), "pfifo"), "pfifo");
        must_nl(rtnl_qdisc_fifo_set_limit(queue.get(), 0), "pfifo limit");
        return queue;
    }
    void drop_egress(const char* name) {
        must_nl(rtnl_qdisc_add(socket, full_queue(name).get(), NLM_F_CREATE | NLM_F_REPLACE),
                "pfifo");
    }
    void pass_egress(const char* name) {
        const int error = rtnl_qdisc_delete(socket, full_queue(name).get());
        // There may have been none.
        if (error != -NLE_OBJ_NOTFOUND && error != -NLE_INVAL) must_nl(error, "deleting pfifo");
    }

    nl_sock* socket = nl_socket_alloc();
};

IpAddress address_on(int lan, int host_number, Family family) {
    char text[32];
    std::snprintf(text, sizeof text, family == Family::ipv4 ? "10.%d.0.%d" : "fd%d::%x",
                  first_network + lan, host_number);
    return parse_address(text).value();
}

Network::Network(int lans, Families families)
    : lans_(lans), families_(families), lan_(std::make_unique<Netlink>(space_)) {
    if (lans < 1 || lans > lans_max) fail("so many LANs: " + std::to_string(lans));
    for (int lan = 0; lan < lans; ++lan) lan_->add_bridge(bridge_of(lan).c_str());
}

Network::~Network() = default;

Host& Network::add_host(const std::string& name, int number) {
    if (number < 1 || number > hosts_max) fail("no such host number: " + std::to_string(number));
    hosts_.push_back({name, number, address_on(0, number, Family::ipv4),
                      address_on(0, number, Family::ipv6), NetworkNamespace()});
    Host& host = hosts_.back();
    // Else the link-local addresses could not be used for a second or two.
    host.space.run([] {
        set_sysctl("/proc/sys/net/ipv6/conf/all/accept_dad", "0");
        set_sysctl("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
    });
    lan_->number_namespace(host.space, number);
    Netlink(host.space).set_up("lo", Carrier::up);
    for (int lan = 0; lan < lans_; ++lan) plug_in(host, lan);
    return host;
}

void Network::lay_cable(const Host& host, const std::string& port, int port_index,
                        const std::string& bridge_name, const std::string& interface) {
    lan_->add_cable(port, port_index, lan_->index(bridge_name.c_str()), host.space, interface);
    Netlink own(host.space);
    own.set_up(interface.c_str(), Carrier::up);
    own.wait_until_up(interface);
    lan_->wait_until_up(port);
}

void Network::plug_in(const Host& host, int lan) {
    const auto interface = interface_on(lan);
    lay_cable(host, port_of(host, lan), port_index_on(lan, host.number), bridge_of(lan), interface);
    Netlink own(host.space);
    if (families_ == Families::both)
        own.add_address(interface.c_str(), address_on(lan, host.number, Family::ipv4),
                        ipv4_prefix_length);
    own.add_address(interface.c_str(), address_on(lan, host.number, Family::ipv6),
                    ipv6_prefix_length);
}

void Network::add_card(const Host& host, const std::string& name) {
    lay_cable(host, host.name + "-" + name, 0, bridge, name);
}

void Network::remove_interface(const Host& host, int lan) {
    Netlink(host.space).remove(interface_on(lan).c_str());
}

void Network::replace_interface(const Host& host, int lan) { plug_in(host, lan); }

void Network::set_carrier(const Host& host, Carrier carrier, int lan) {
    lan_->set_up(port_of(host, lan).c_str(), carrier);
}

void Network::silence(const Host& host, int lan) {
    lan_->set_of_port(port_of(host, lan).c_str(), IFLA_BRPORT_STATE, BR_STATE_DISABLED);
}

void Network::keep_apart(const Host& host) {
    lan_->set_of_port(host.name.c_str(), IFLA_BRPORT_ISOLATED, 1);
}

void Network::deafen(const Host& host) { lan_->drop_egress(host.name.c_str()); }

void Network::mute(const Host& host) { Netlink(host.space).drop_egress(host_interface); }

void Network::heal(const Host& host, int lan) {
    const auto port = port_of(host, lan);
    lan_->set_of_port(port.c_str(), IFLA_BRPORT_STATE, BR_STATE_FORWARDING);
    lan_->set_of_port(port.c_str(), IFLA_BRPORT_ISOLATED, 0);
    lan_->pass_egress(port.c_str());
    Netlink(host.space).pass_egress(interface_on(lan).c_str());
}

MacAddress mac_of(const Host& host) {
    ifreq request{};
    std::strcpy(request.ifr_name, host_interface);
    host.space.run([&] {
        const Fd socket(must(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
        must(::ioctl(socket.get(), SIOCGIFHWADDR, &request), "SIOCGIFHWADDR");
    });
    MacAddress mac;
    std::memcpy(mac.bytes.data(), request.ifr_hwaddr.sa_data, mac.bytes.size());
    return mac;
}

void shell(const Host& host, const std::string& command) {
    host.space.run([&] {
        if (std::system(command.c_str()) != 0) fail(host.name + ": " + command);
    });
}

void add_pair(const Host& host, const std::string& name, const std::string& far_end) {
    shell(host, "ip link add " + name + " type veth peer name " + far_end + " && ip link set " +
                    name + " up && ip link set " + far_end + " up");
    Network::Netlink own(host.space);
    own.wait_until_up(name);
    own.wait_until_up(far_end);
}

}  // namespace komainu::lab
