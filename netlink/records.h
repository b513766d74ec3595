// What rtnetlink speaks of, as values: addresses, links, what happened to them, what is asked for.
// These know nothing of sockets and of the kernel's byte layout (netlink/messages.h does).
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/address.h"

namespace komainu {

enum class InterfaceIndex : int {};

inline constexpr InterfaceIndex no_interface{0};

/// The mark (IFA_PROTO, Linux 5.18) on every address that we add: 'k'.
inline constexpr std::uint8_t komainu_address_proto = 0x6b;

/// A lifetime without end.
inline constexpr std::uint32_t valid_forever = UINT32_MAX;

enum class AddressOrigin : std::uint8_t { ours, foreign };

struct AddressRecord {
    InterfaceIndex interface = no_interface;
    Prefix address;                               ///< the local address, not a peer's
    std::uint8_t proto = 0;                       ///< IFA_PROTO; 0 also where the kernel knows none
    std::uint32_t flags = 0;                      ///< IFA_F_…
    std::uint32_t valid_seconds = valid_forever;  ///< what was left when the kernel wrote this

    /// By the mark alone. A kernel before 5.18 keeps no mark, so there everything is foreign.
    AddressOrigin origin() const {
        return proto == komainu_address_proto ? AddressOrigin::ours : AddressOrigin::foreign;
    }
    bool operator==(const AddressRecord&) const = default;
};

struct LinkRecord {
    InterfaceIndex interface = no_interface;
    std::string name;
    MacAddress mac;          ///< zeros where the hardware address is none of Ethernet's
    std::uint16_t type = 0;  ///< ARPHRD_…
    bool up = false;         ///< the operator has set it up
    bool running = false;    ///< it is operational, which needs a carrier
    /// This interface's own setting of promote_secondaries (see AddressSocket).
    bool promotes_secondaries = false;

    bool operator==(const LinkRecord&) const = default;
};

struct AddressAdded {  ///< or changed: its lifetime was renewed, its flags are others
    AddressRecord address;
};
struct AddressRemoved {
    AddressRecord address;
};
struct LinkChanged {  ///< is new, or anything of it has changed, its name included
    LinkRecord link;
};
struct LinkRemoved {
    InterfaceIndex interface = no_interface;
};
struct Overrun {};  ///< events were lost: take a new inventory

using NetlinkEvent = std::variant<AddressAdded, AddressRemoved, LinkChanged, LinkRemoved, Overrun>;

/// One change to one address, and what the kernel said to it.
struct AddressRequest {
    enum class Verb : std::uint8_t {
        add,    ///< EEXIST when the address is there already, whoever put it there
        renew,  ///< sets the lifetime anew, and adds the address when it is gone. Of a foreign
                ///< address it would shorten the life: renew only what is ours.
        remove,
    };

    Verb verb = Verb::add;
    InterfaceIndex interface = no_interface;
    Prefix address;
    std::uint32_t valid_seconds = valid_forever;  ///< the kernel refuses 0; remove ignores it
    /// What else an address may have; remove ignores it. Of an IPv4 address that is there already
    /// the kernel leaves all of it as it is; of an IPv6 address it sets the route anew.
    std::string label = {};                     ///< IPv4 only, at most 15 letters; empty: none
    AddressScope scope = AddressScope::global;  ///< IPv4 only
    bool prefix_route = true;                   ///< a route to its network comes and goes with it
    int error = 0;                              ///< the kernel's answer: 0 or an errno

    /// Whether the address now is as it was wished. What is not there needs no removing, be it that
    /// the address is gone or its interface with it.
    bool fulfilled() const;
};

/// Where a classifier stands on an interface (tc-bpf(8), clsact): what comes in, or what goes out.
enum class Hook : std::uint8_t { ingress, egress };

/// The place of our filters at each hook, hardly anybody else's: early among the priorities, so
/// that no other filter decides before them, and not first, where others like to be.
inline constexpr std::uint16_t filter_priority = 7;
inline constexpr std::uint32_t filter_handle = 0x6b6f6d61;  ///< "koma"
/// By which ours are recognized.
inline constexpr const char* filter_name = "komainu-fence";

/// One change to, or a question about, our place at one hook.
struct FilterRequest {
    enum class Verb : std::uint8_t {
        prepare,  ///< gives the interface its hooks (clsact); EEXIST when it has some already
        kind,     ///< asks what its hooks are made of
        look,     ///< asks who has our place: ENOENT or EINVAL when nobody has
        put,      ///< puts the program there, or in exchange for the one that is there
        remove,
    };

    Verb verb = Verb::look;
    InterfaceIndex interface = no_interface;
    Hook hook = Hook::ingress;  ///< not for prepare and kind
    int program = -1;           ///< for put: the descriptor of a loaded program
};

/// What the kernel answers to kind and look.
struct FilterAnswer {
    std::uint32_t sequence = 0;  ///< of the question
    std::string kind;            ///< "clsact", "bpf"
    std::string name;            ///< that a program was given when it was put there
    bool operator==(const FilterAnswer&) const = default;
};

}  // namespace komainu
