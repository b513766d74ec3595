// The UDP socket of one link: where it is bound, whom it hears, and the interface that it is tied
// to. What is not there yet (an address, an interface) is told apart from what cannot be right.
#pragma once

#include <net/if.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/fd.h"
#include "base/result.h"

namespace komainu {

struct DatagramLinkOptions {
    IpAddress own;
    std::uint16_t port = 0;      ///< ours and the peers'
    std::string interface = {};  ///< the only one that is used; empty: any, or the own address's
    std::optional<IpAddress> group;  ///< multicast, when set
    std::vector<IpAddress> peers;    ///< of the own address's family; nobody else is heard
};

/// The index of the interface of that name; 0 when there is none.
std::uint32_t interface_index(std::string_view name);

/// The index of the interface that has the address; 0 when none has.
std::uint32_t interface_with(const IpAddress& address);

/// The index of the interface that a link is tied to, 0 when it is tied to none: a multicast
/// membership is one of an interface, and the operator may name one. The own address must be there.
Result<std::uint32_t> interface_of(const DatagramLinkOptions& options);

/// The interface that a link's socket is tied to: one of the kernel's, which its name outlives.
class TiedInterface {
public:
    TiedInterface() = default;  ///< to none
    explicit TiedInterface(std::uint32_t index);

    std::uint32_t index() const { return index_; }          ///< 0: tied to none
    std::string_view name() const { return name_.data(); }  ///< empty: tied to none

    /// True when another one has taken its name and has the own address by now. As long as none
    /// has its name, that takes one look at the name and no list of addresses.
    bool was_replaced(const IpAddress& own) const;

private:
    std::uint32_t index_ = 0;
    std::array<char, IF_NAMESIZE> name_{};
};

/// Opens the socket on that interface. It is bound to the own address, or to the group, and it does
/// not send from an address that this host has not, or that is not usable yet (RFC 4862, section
/// 5.4: a tentative address is nobody's).
Result<Fd> open_link_socket(const DatagramLinkOptions& options, std::uint32_t interface);

/// Who may have an address and port, such as "10.77.0.1:9694", and what to do.
Error port_in_use(const std::string& place);

/// Whether that which open_link_socket or interface_of missed may come by itself.
bool may_come_later(const Error& error);

}  // namespace komainu
