// A LAN with hosts: a bridge in a namespace of its own, and for each host a namespace that is
// joined to the bridge by a veth pair. A host sees its end as eth0; the other end, its port on the
// bridge, has the host's name. Faults are made at the port, as in a real network: the host's own
// interface is never touched. There may be more LANs, by which the hosts are joined a second time
// (eth1) and a third.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/address.h"
#include "packet/ethernet.h"
#include "test/lab/netns.h"

struct nl_sock;

namespace komainu::lab {

inline constexpr int hosts_max = 250;  ///< a host's number is the last byte of its addresses
inline constexpr int lans_max = 4;

/// Whether the hosts of a network have addresses of both families, or of IPv6 alone.
enum class Families : std::uint8_t { both, ipv6_only };

/// A host's address on the LAN: 10.77.0.NUMBER or fd77::NUMBER on the first, 10.78.… on the second.
IpAddress address_on(int lan, int host_number, Family family);

struct Host {
    std::string name;
    int number = 0;
    IpAddress ipv4;  ///< 10.77.0.NUMBER in a /24
    IpAddress ipv6;  ///< fd77::NUMBER in a /64
    NetworkNamespace space;
};

enum class Carrier : bool { down, up };

/// Of the host's eth0.
MacAddress mac_of(const Host&);

/// Runs a command there. It has to succeed.
void shell(const Host&, const std::string& command);

/// Two more interfaces of the host's, each the other's far end, and both carry when this returns.
void add_pair(const Host&, const std::string& name, const std::string& far_end);

class Network {
public:
    explicit Network(int lans = 1, Families families = Families::both);
    ~Network();

    /// Joins a host to every LAN. The reference stays good.
    Host& add_host(const std::string& name, int number);

    /// Takes a host's eth0 out as if its card were pulled, and the cable with it; and puts in
    /// another, with an index and a hardware address of its own, and the host's addresses on it.
    void remove_interface(const Host&, int lan = 0);
    void replace_interface(const Host&, int lan = 0);
    /// One more interface of the host's on the first LAN, without an address.
    void add_card(const Host&, const std::string& name);
    std::deque<Host>& hosts() { return hosts_; }

    /// The LANs' own namespace, and the name of the first one's bridge in it.
    const NetworkNamespace& space() const { return space_; }
    static constexpr const char* bridge = "lan";

    /// The index, in that namespace, of the first bridge's port that leads to a host.
    static constexpr int port_index(int host_number) { return first_port_index + host_number; }
    static constexpr int first_port_index = 1000;

    /// The cable pulled, or plugged in: the host sees its carrier go or come.
    void set_carrier(const Host&, Carrier, int lan = 0);

    /// From now on nothing passes in either direction, and the host cannot see why: the carrier
    /// stays.
    void silence(const Host&, int lan = 0);
    /// From now on the host is not heard, yet hears; or does not hear, yet is heard.
    void mute(const Host&);
    void deafen(const Host&);
    /// From now on nothing passes between hosts that are both kept apart; all others hear them.
    void keep_apart(const Host&);
    /// Ends all of the above.
    void heal(const Host&, int lan = 0);

private:
    struct Netlink;  // a libnl-route socket within one namespace
    friend void add_pair(const Host&, const std::string&, const std::string&);

    void plug_in(const Host&, int lan);
    /// Between a port of a bridge and an interface of the host's; both carry when this returns. An
    /// index of 0 is any.
    void lay_cable(const Host&, const std::string& port, int port_index,
                   const std::string& bridge_name, const std::string& interface);

    const int lans_;
    const Families families_;
    NetworkNamespace space_;
    std::unique_ptr<Netlink> lan_;
    std::deque<Host> hosts_;
};

}  // namespace komainu::lab
