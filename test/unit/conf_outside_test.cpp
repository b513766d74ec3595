// What the nodes ask of one another's services: `[lifecheck] method = query`.
#include "conf/outside.h"

#include <gtest/gtest.h>

#include "conf/summary.h"
#include "test/unit/conf_text.h"

namespace komainu {
namespace {

using namespace conf_text;

const std::string services =
    "[service.proxy]\ncheck = tcp\naddress = 127.0.0.1:9999\n"
    "[service.web]\ncheck = http\nurl = http://localhost/\n"
    "[service.db]\ncheck = query\nconninfo = host=/run/postgresql\n"
    "[service.local]\ncheck = http\nurl = http://localhost/\nunix_socket = /run/web.sock\n"
    "[service.process]\npid_file = /run/x.pid\n"
    "[service.extra]\ncheck = tcp\naddress = 127.0.0.1:81\nweight = 10\n";

std::string with_method(const std::string& method, const std::string& rest) {
    return good + "[lifecheck]\nmethod = " + method + "\n" + rest;
}

Config config_of(const std::string& text) {
    Config config = read_config(text).config;
    config.self = NodeId{1};
    return config;
}

TEST(ServicesFromOutside, AreThoseWithATcpPortAtTheNodesAddress) {
    const Config config = config_of(with_method("query", services));
    const auto asked = services_from_outside(config, config.node(NodeId{2}));
    ASSERT_EQ(asked.size(), 3u);
    EXPECT_EQ(asked[0].name, "proxy");
    EXPECT_EQ(to_string(*asked[0].address), "10.77.0.2:9999");
    EXPECT_EQ(asked[1].name, "web");
    EXPECT_EQ(asked[1].connect_to, parse_address("10.77.0.2"));
    EXPECT_EQ(asked[2].name, "db");
    EXPECT_EQ(asked[2].connect_to, parse_address("10.77.0.2"));
    for (const ServiceConfig& service : asked) EXPECT_EQ(service.initial, InitialState::well);
}

TEST(ServicesFromOutside, AreNoneOfTheNodeItselfOfAWitnessAndByAnotherMethod) {
    Config config = config_of(with_method("query", services));
    EXPECT_TRUE(services_from_outside(config, config.node(NodeId{1})).empty());
    config.nodes[2].witness = true;
    EXPECT_TRUE(services_from_outside(config, config.node(NodeId{3})).empty());
    config.lifecheck.method = LifecheckMethod::external;
    EXPECT_TRUE(services_from_outside(config, config.node(NodeId{2})).empty());
}

TEST(MethodQuery, NeedsAServiceThatOthersCanAsk) {
    EXPECT_EQ(problems_of(with_method("query", services)), Said{});
    EXPECT_EQ(problems_of(with_method("query", "[service.process]\npid_file = /run/x.pid\n")),
              (Said{"k.conf:13: method: no service can be asked from outside; it takes one with "
                    "check = tcp, query or http, without a unix_socket and without a weight"}));
}

TEST(MethodQuery, HasABound) {
    std::string many;
    for (int i = 0; i < 22; ++i)
        many += "[service.s" + std::to_string(i) + "]\ncheck = tcp\naddress = 127.0.0.1:80\n";
    EXPECT_EQ(problems_of(with_method("query", many)),
              (Said{"k.conf:13: method: 22 services on 3 nodes would be asked from outside, and 64 "
                    "checks are the most; watch fewer of them so, or write method = heartbeat"}));
}

TEST(MethodQuery, IsNoUseWithTwoNodes) {
    const std::string two =
        but(with_method("query", services), "[node.3]\naddress = 10.77.0.3\n", "");
    EXPECT_EQ(
        problems_of(two).back(),
        "k.conf:11: warning: method: with 2 nodes nobody is outvoted, so that nothing comes of "
        "it; add a node, such as a witness");
}

TEST(MethodQuery, IsSummedUp) {
    const auto sum = [](const char* method) {
        return describe(config_of(with_method(method, services)));
    };
    EXPECT_NE(sum("query").find("the nodes ask one another's services"), std::string::npos);
    EXPECT_NE(sum("external").find("komainuctl report"), std::string::npos);
    EXPECT_EQ(sum("heartbeat").find("one another"), std::string::npos);
}

}  // namespace
}  // namespace komainu
