#include "test/net/netlink_fixture.h"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/bridge.h>
#include <netlink/route/link/inet.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>
#include <poll.h>
#include <sched.h>

#include <chrono>
#include <fstream>
#include <thread>

namespace komainu {

namespace {

constexpr int event_timeout_ms = 5000;

struct FreeObject {
    void operator()(nl_cache* cache) const { nl_cache_free(cache); }
    void operator()(nl_addr* address) const { nl_addr_put(address); }
    void operator()(rtnl_addr* address) const { rtnl_addr_put(address); }
    void operator()(rtnl_link* link) const { rtnl_link_put(link); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeObject>;

void must(int error, const std::string& what) {
    ASSERT_GE(error, 0) << what << ": " << nl_geterror(error);
}

Owned<nl_addr> libnl_address(const std::string& prefix) {
    nl_addr* address = nullptr;
    must(nl_addr_parse(prefix.c_str(), AF_UNSPEC, &address), "parse " + prefix);
    return Owned<nl_addr>(address);
}

Owned<nl_cache> address_cache(nl_sock* socket) {
    nl_cache* cache = nullptr;
    must(rtnl_addr_alloc_cache(socket, &cache), "list addresses");
    return Owned<nl_cache>(cache);
}

Owned<rtnl_link> libnl_link(nl_sock* socket, const std::string& name) {
    rtnl_link* link = nullptr;
    must(rtnl_link_get_kernel(socket, 0, name.c_str(), &link), "find " + name);
    return Owned<rtnl_link>(link);
}

// The objects of libnl 3.7 know no IFA_PROTO (11); its message parser finds it all the same.
struct ProtoSearch {
    std::uint32_t interface;
    Prefix address;
    int proto = -1;
};

int look_for_proto(nl_msg* message, void* argument) {
    constexpr int ifa_proto = 11;
    auto& search = *static_cast<ProtoSearch*>(argument);
    nlmsghdr* header = nlmsg_hdr(message);
    const auto* entry = static_cast<const ifaddrmsg*>(nlmsg_data(header));
    const nlattr* address = nlmsg_find_attr(header, sizeof *entry, IFA_ADDRESS);
    const nlattr* proto = nlmsg_find_attr(header, sizeof *entry, ifa_proto);
    const IpAddress& wanted = search.address.address;
    if (entry->ifa_index == search.interface && entry->ifa_prefixlen == search.address.length &&
        address != nullptr && proto != nullptr &&
        nla_len(address) == static_cast<int>(wanted.size()) &&
        std::equal(wanted.bytes.begin(), wanted.bytes.begin() + nla_len(address),
                   static_cast<const std::uint8_t*>(nla_data(address))))
        search.proto = nla_get_u8(proto);
    return NL_OK;
}

int proto_of(nl_sock* socket, InterfaceIndex interface, const Prefix& address) {
    ProtoSearch search{static_cast<std::uint32_t>(interface), address};
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, look_for_proto, &search);
    ifaddrmsg all{};
    must(nl_send_simple(socket, RTM_GETADDR, NLM_F_DUMP, &all, sizeof all), "ask for addresses");
    must(nl_recvmsgs_default(socket), "list addresses");
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_DEFAULT, nullptr, nullptr);
    return search.proto;
}

}  // namespace

void NetlinkTest::FreeSocket::operator()(nl_sock* socket) const { nl_socket_free(socket); }

NetlinkTest::NetlinkTest() : home_(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) {}

NetlinkTest::~NetlinkTest() { setns(home_.get(), CLONE_NEWNET); }

void NetlinkTest::SetUp() {
    ASSERT_EQ(unshare(CLONE_NEWNET), 0) << "cannot make a network namespace";
    kernel_.reset(nl_socket_alloc());
    must(nl_connect(kernel_.get(), NETLINK_ROUTE), "connect");
    auto socket = AddressSocket::open();
    ASSERT_TRUE(socket) << socket.error().what;
    socket_.emplace(std::move(*socket));
    add_veth("left", "right");
    set_up("left", true);
    set_up("right", true);
}

void NetlinkTest::add_veth(const std::string& name, const std::string& peer) {
    must(rtnl_link_veth_add(kernel_.get(), name.c_str(), peer.c_str(), getpid()), "add " + name);
}

void NetlinkTest::add_bridge(const std::string& name) {
    must(rtnl_link_bridge_add(kernel_.get(), name.c_str()), "add " + name);
}

void NetlinkTest::enslave(const std::string& name, const std::string& bridge) {
    must(rtnl_link_enslave_ifindex(kernel_.get(), static_cast<int>(index(bridge)),
                                   static_cast<int>(index(name))),
         "enslave " + name);
}

void NetlinkTest::release(const std::string& name) {
    must(rtnl_link_release_ifindex(kernel_.get(), static_cast<int>(index(name))),
         "release " + name);
}

void NetlinkTest::remove_link(const std::string& name) {
    must(rtnl_link_delete(kernel_.get(), libnl_link(kernel_.get(), name).get()), "delete " + name);
}

void NetlinkTest::change_link(const std::string& name,
                              const std::function<void(rtnl_link*)>& change) {
    const auto link = libnl_link(kernel_.get(), name);
    const Owned<rtnl_link> wish(rtnl_link_alloc());
    change(wish.get());
    must(rtnl_link_change(kernel_.get(), link.get(), wish.get(), 0), "change " + name);
}

void NetlinkTest::set_up(const std::string& name, bool up) {
    change_link(name, [up](rtnl_link* link) {
        if (up)
            rtnl_link_set_flags(link, IFF_UP);
        else
            rtnl_link_unset_flags(link, IFF_UP);
    });
}

void NetlinkTest::rename(const std::string& from, const std::string& to) {
    change_link(from, [&](rtnl_link* link) { rtnl_link_set_name(link, to.c_str()); });
}

void NetlinkTest::set_mac(const std::string& name, const std::string& mac) {
    nl_addr* parsed = nullptr;
    must(nl_addr_parse(mac.c_str(), AF_LLC, &parsed), "parse " + mac);
    const Owned<nl_addr> address(parsed);
    change_link(name, [&](rtnl_link* link) { rtnl_link_set_addr(link, address.get()); });
}

bool NetlinkTest::turn_promotion_off() {
    bool done = true;
    for (const char* name : {"all", "left", "right"}) {
        std::ofstream file("/proc/sys/net/ipv4/conf/" + std::string(name) + "/promote_secondaries");
        done = done && file << "0" << std::flush;
    }
    return done;
}

void NetlinkTest::add_address(const std::string& prefix, const std::string& name) {
    const Owned<rtnl_addr> address(rtnl_addr_alloc());
    rtnl_addr_set_ifindex(address.get(), static_cast<int>(index(name)));
    must(rtnl_addr_set_local(address.get(), libnl_address(prefix).get()), "set " + prefix);
    must(rtnl_addr_add(kernel_.get(), address.get(), 0), "add " + prefix);
}

void NetlinkTest::remove_address(const std::string& prefix, const std::string& name) {
    const Owned<rtnl_addr> address(rtnl_addr_alloc());
    rtnl_addr_set_ifindex(address.get(), static_cast<int>(index(name)));
    must(rtnl_addr_set_local(address.get(), libnl_address(prefix).get()), "set " + prefix);
    must(rtnl_addr_delete(kernel_.get(), address.get(), 0), "remove " + prefix);
}

InterfaceIndex NetlinkTest::index(const std::string& name) const {
    return static_cast<InterfaceIndex>(if_nametoindex(name.c_str()));
}

std::optional<SeenAddress> NetlinkTest::seen(const std::string& prefix,
                                             const std::string& name) const {
    const auto cache = address_cache(kernel_.get());
    const auto wanted = libnl_address(prefix);
    for (nl_object* o = nl_cache_get_first(cache.get()); o != nullptr; o = nl_cache_get_next(o)) {
        auto* address = static_cast<rtnl_addr*>(static_cast<void*>(o));
        if (rtnl_addr_get_ifindex(address) != static_cast<int>(index(name))) continue;
        if (nl_addr_cmp(rtnl_addr_get_local(address), wanted.get()) != 0) continue;
        const char* label = rtnl_addr_get_label(address);
        return SeenAddress{rtnl_addr_get_flags(address),
                           rtnl_addr_get_valid_lifetime(address),
                           rtnl_addr_get_preferred_lifetime(address),
                           proto_of(kernel_.get(), index(name), *parse_prefix(prefix)),
                           rtnl_addr_get_scope(address),
                           label == nullptr ? "" : label};
    }
    return {};
}

std::size_t NetlinkTest::count_ipv4_addresses() const {
    const auto cache = address_cache(kernel_.get());
    std::size_t count = 0;
    for (nl_object* o = nl_cache_get_first(cache.get()); o != nullptr; o = nl_cache_get_next(o))
        count += rtnl_addr_get_family(static_cast<rtnl_addr*>(static_cast<void*>(o))) == AF_INET;
    return count;
}

bool NetlinkTest::has_route(const std::string& prefix) const {
    nl_cache* routes = nullptr;
    must(rtnl_route_alloc_cache(kernel_.get(), AF_UNSPEC, 0, &routes), "list routes");
    const Owned<nl_cache> cache(routes);
    const auto wanted = libnl_address(prefix);
    for (nl_object* o = nl_cache_get_first(routes); o != nullptr; o = nl_cache_get_next(o)) {
        auto* route = static_cast<rtnl_route*>(static_cast<void*>(o));
        if (rtnl_route_get_table(route) != RT_TABLE_MAIN) continue;
        if (nl_addr_cmp(rtnl_route_get_dst(route), wanted.get()) == 0) return true;
    }
    return false;
}

bool NetlinkTest::promotes_secondaries(const std::string& name) const {
    std::uint32_t value = 0;
    constexpr unsigned promote_secondaries = 20;
    const auto link = libnl_link(kernel_.get(), name);
    must(rtnl_link_inet_get_conf(link.get(), promote_secondaries, &value), "read a setting");
    return value != 0;
}

AddressRequest NetlinkTest::request(AddressRequest::Verb verb, const std::string& prefix,
                                    std::uint32_t valid_seconds) const {
    return {verb, index("left"), *parse_prefix(prefix), valid_seconds};
}

int NetlinkTest::apply(AddressRequest::Verb verb, const std::string& prefix,
                       std::uint32_t valid_seconds) {
    return apply(request(verb, prefix, valid_seconds));
}

int NetlinkTest::apply(AddressRequest request) {
    const Status status = socket_->apply({&request, 1});
    EXPECT_TRUE(status) << status.error().what;
    return request.error;
}

std::optional<NetlinkTest::Events> NetlinkTest::events_until(
    Monitor& monitor, const std::function<bool(const NetlinkEvent&)>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(event_timeout_ms);
    Events events;
    bool met = false;
    while (!met && std::chrono::steady_clock::now() < end) {
        pollfd readable{monitor.fd(), POLLIN, 0};
        poll(&readable, 1, event_timeout_ms);
        for (auto& event : drained(monitor)) {
            met = met || condition(event);
            events.push_back(std::move(event));
        }
    }
    if (!met) return {};
    return events;
}

bool NetlinkTest::goes_within(const std::string& prefix, int milliseconds) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    while (seen(prefix)) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

std::vector<NetlinkEvent> drained(Monitor& monitor) {
    std::vector<NetlinkEvent> events;
    const Status status = monitor.drain([&](const NetlinkEvent& e) { events.push_back(e); });
    EXPECT_TRUE(status) << status.error().what;
    return events;
}

}  // namespace komainu
