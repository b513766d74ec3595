// A VIP set before a kernel made of a table.
#pragma once

#include <gtest/gtest.h>
#include <net/if_arp.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <string>

#include "guard/vip_set.h"

namespace komainu {

inline constexpr InterfaceIndex eth0{2};
inline constexpr InterfaceIndex eth1{3};

inline Prefix prefix(const char* text) { return parse_prefix(text).value(); }

inline LinkRecord link(InterfaceIndex index, const char* name) {
    LinkRecord record;
    record.interface = index;
    record.name = name;
    record.type = ARPHRD_ETHER;
    record.up = record.running = true;
    return record;
}

inline Config two_vips() {
    Config config;
    config.vips = {{"a", prefix("10.0.0.100/24"), "eth0"}, {"b", prefix("10.0.0.101/24"), "eth0"}};
    return config;
}

// A kernel that keeps addresses in a table and can be told to refuse some.
struct FakeKernel {
    Inventory inventory{{link(eth0, "eth0"), link(eth1, "eth1")}, {}};
    std::map<std::string, int> refuse;  // by address text, on adding
    bool keeps_marks = true;
    std::map<std::string, AddressRequest> made_by;  // by address text; a renewal changes nothing
    std::function<void(const AddressRequest&)> on_request = [](const AddressRequest&) {};

    auto find(InterfaceIndex interface, const Prefix& address) {
        return std::ranges::find_if(inventory.addresses, [&](const AddressRecord& a) {
            return a.interface == interface && a.address == address;
        });
    }
    void put(InterfaceIndex interface, const char* address, std::uint8_t proto,
             std::uint32_t valid_seconds = valid_forever) {
        inventory.addresses.push_back({interface, prefix(address), proto, 0, valid_seconds});
    }
    int answer(const AddressRequest& request) {
        const auto found = find(request.interface, request.address);
        const bool there = found != inventory.addresses.end();
        if (request.verb == AddressRequest::Verb::remove) {
            if (!there) return EADDRNOTAVAIL;
            inventory.addresses.erase(found);
            made_by.erase(to_string(request.address));
            return 0;
        }
        if (const auto r = refuse.find(to_string(request.address)); r != refuse.end())
            return r->second;
        if (there) return request.verb == AddressRequest::Verb::add ? EEXIST : 0;
        made_by[to_string(request.address)] = request;
        const std::uint8_t proto = keeps_marks ? komainu_address_proto : 0;
        inventory.addresses.push_back(
            {request.interface, request.address, proto, 0, request.valid_seconds});
        return 0;
    }
    AddressKernel kernel() {
        return {[this](std::span<AddressRequest> requests) -> Status {
                    for (auto& request : requests) {
                        on_request(request);
                        request.error = answer(request);
                    }
                    return Ok{};
                },
                [this]() -> Result<Inventory> { return inventory; }};
    }
};

struct VipSetTest : testing::Test {
    FakeKernel fake;
    Config config;
    InterfaceTable interfaces{config};
    VipSet vips{config, interfaces, fake.kernel()};

    explicit VipSetTest(Config c = two_vips()) : config(std::move(c)) { take_stock(); }
    void take_stock() {
        interfaces.follow_all(fake.inventory);
        vips.follow_all(fake.inventory);
    }
    AddressRecord record(std::size_t vip) { return *fake.find(eth0, config.vips[vip].address); }
    std::size_t count() { return fake.inventory.addresses.size(); }
};

}  // namespace komainu
