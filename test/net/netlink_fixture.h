// A network namespace of its own for each test of netlink/, and the kernel's own account of it,
// read by libnl-route-3: another hand than the one under test.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "netlink/address_socket.h"
#include "netlink/inventory.h"
#include "netlink/monitor.h"

struct nl_sock;
struct rtnl_link;

namespace komainu {

/// An address as libnl sees it.
struct SeenAddress {
    unsigned flags = 0;
    std::uint32_t valid_seconds = 0;
    std::uint32_t preferred_seconds = 0;
    int proto = -1;  ///< -1: the kernel says none
    int scope = 0;   ///< RT_SCOPE_…
    std::string label;
};

class NetlinkTest : public ::testing::Test {
protected:
    NetlinkTest();
    ~NetlinkTest() override;
    void SetUp() override;

    // What others on this host do. They succeed, or the test fails.
    void add_veth(const std::string& name, const std::string& peer);
    void add_bridge(const std::string& name);
    void enslave(const std::string& name, const std::string& bridge);
    void release(const std::string& name);
    void remove_link(const std::string& name);
    void set_up(const std::string& name, bool up);
    void rename(const std::string& from, const std::string& to);
    void set_mac(const std::string& name, const std::string& mac);
    /// As in a kernel that nobody has configured; a new namespace inherits what this host's is set
    /// to. False where the settings are read-only.
    bool turn_promotion_off();
    void add_address(const std::string& prefix, const std::string& name = "left");
    void remove_address(const std::string& prefix, const std::string& name = "left");

    // What there is.
    InterfaceIndex index(const std::string& name) const;
    std::optional<SeenAddress> seen(const std::string& prefix,
                                    const std::string& name = "left") const;
    std::size_t count_ipv4_addresses() const;
    bool has_route(const std::string& prefix) const;
    bool promotes_secondaries(const std::string& name) const;

    /// One request of komainu's, and the kernel's errno.
    int apply(AddressRequest request);
    /// The same for the interface "left".
    int apply(AddressRequest::Verb verb, const std::string& prefix,
              std::uint32_t valid_seconds = valid_forever);
    AddressRequest request(AddressRequest::Verb verb, const std::string& prefix,
                           std::uint32_t valid_seconds = valid_forever) const;

    /// Everything that the monitor reports until the condition holds; null after five seconds.
    using Events = std::vector<NetlinkEvent>;
    std::optional<Events> events_until(Monitor& monitor,
                                       const std::function<bool(const NetlinkEvent&)>& condition);
    /// Waits until the interface's address is gone, by asking again and again: an oracle for
    /// removals that does not use the event stream.
    bool goes_within(const std::string& prefix, int milliseconds) const;

    AddressSocket& sockets() { return *socket_; }

private:
    struct FreeSocket {
        void operator()(nl_sock* socket) const;
    };
    void change_link(const std::string& name, const std::function<void(rtnl_link*)>& change);

    Fd home_;
    std::unique_ptr<nl_sock, FreeSocket> kernel_;
    std::optional<AddressSocket> socket_;
};

std::vector<NetlinkEvent> drained(Monitor& monitor);

}  // namespace komainu
