#include "conf/quorum_check.h"

#include <algorithm>

namespace komainu {

namespace {

class QuorumChecker {
public:
    QuorumChecker(const Config& config, const Lines& lines, Problems& problems)
        : config_(config), lines_(lines), problems_(problems) {}

    void run() {
        if (!problems_.has_error_at(rule()) && !config_.nodes.empty()) check_rule();
        if (problems_.has_error_at(servers())) return;
        for (const auto& server : config_.trusted_servers) check_server(server);
    }

private:
    Place rule() const { return lines_.place("cluster", "quorum"); }
    Place servers() const { return lines_.place("cluster", "trusted_servers"); }

    void check_rule() {
        switch (config_.quorum) {
            case QuorumRule::majority:
                if (config_.nodes.size() == 2)
                    problems_.warning(rule(),
                                      "the majority of two nodes is both: when one is lost nobody "
                                      "is active; add a third, it may be a witness, or write "
                                      "quorum = half with trusted_servers");
                return;
            case QuorumRule::half:
                return check_half();
            case QuorumRule::none:
                if (config_.on_quorum_loss == QuorumLoss::hold)
                    problems_.warning(lines_.place("cluster", "on_quorum_loss"),
                                      "changes nothing with quorum = none, where no quorum can be "
                                      "lost; remove it");
        }
    }

    void check_half() {
        if (config_.trusted_servers.empty() && !problems_.has_error_at(servers()))
            problems_.error(servers(),
                            "is missing, and quorum = half needs it: half of the nodes can only "
                            "be active where others than the nodes answer; write the addresses of "
                            "one to {} hosts that always answer a ping, such as the gateway",
                            trusted_servers_max);
        if (config_.nodes.size() % 2 != 0)
            problems_.warning(rule(),
                              "{} votes have no half, so this is the same as majority; write that, "
                              "or make the number of nodes even",
                              config_.nodes.size());
    }

    void check_server(const IpAddress& server) {
        const auto text = to_string(server);
        if (server.is_multicast() || server.is_unspecified() || server.is_loopback() ||
            server.is_ipv6_link_local())
            problems_.error(servers(),
                            "{} cannot tell whether the network works; write a global or unique "
                            "local address of another host",
                            text);
        for (const auto& node : config_.nodes)
            if (std::ranges::find(node.addresses, server) != node.addresses.end())
                problems_.error(servers(),
                                "{} is the address of [node.{}], and a node cannot be its own "
                                "arbiter; write that of another host",
                                text, number(node.id));
        for (const auto& vip : config_.all_vips())
            if (vip.address.address == server)
                problems_.error(servers(),
                                "{} is the address of [vip.{}], which is only there while a node "
                                "is active; write that of another host",
                                text, vip.name);
        if (std::ranges::count(config_.trusted_servers, server) > 1 && !said_twice_) {
            said_twice_ = true;
            problems_.error(servers(), "{} is there twice; remove one", text);
        }
    }

    const Config& config_;
    const Lines& lines_;
    Problems& problems_;
    bool said_twice_ = false;
};

}  // namespace

void check_quorum(const Config& config, const Lines& lines, Problems& problems) {
    QuorumChecker(config, lines, problems).run();
}

}  // namespace komainu
