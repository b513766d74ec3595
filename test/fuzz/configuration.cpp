// The text of a configuration file (conf/reader.h, conf/check.h).
#include <algorithm>

#include "conf/check.h"
#include "conf/reader.h"
#include "conf/summary.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/conf_text.h"

namespace komainu::fuzz {

namespace {

void says_what_is_wrong_where(const Problems& problems, int lines) {
    int previous = 0;
    for (const Problem& problem : problems.list()) {
        must_hold(!problem.text.empty(), "a problem has a text");
        must_hold(problem.place.line >= 0 && problem.place.line <= std::max(lines, 1),
                  "a problem is on a line of the file");
        must_hold(problem.place.line >= previous, "problems come in the order of the file");
        must_hold(is_printable(to_string("k.conf", problem)), "a problem can be shown");
        previous = problem.place.line;
    }
}

void could_run(const Config& config) {
    must_hold(!config.nodes.empty() && config.nodes.size() <= nodes_max, "there are nodes");
    must_hold(std::ranges::is_sorted(config.nodes, {}, &NodeConfig::id), "nodes are in order");
    for (const NodeConfig& node : config.nodes)
        must_hold(is_valid(node.id) && node.addresses.size() == config.link_count(),
                  "a node has an address for each link");
    must_hold(config.link_count() >= 1 && config.link_count() <= links_max, "there are links");
    must_hold(config.heartbeat.interval > Duration{0} &&
                  config.heartbeat.interval < config.heartbeat.deadtime,
              "the interval is shorter than the deadtime");
    must_hold(config.vips.size() <= vips_max && config.services.size() <= services_max,
              "bounds are kept");
    for (const VipConfig& vip : config.vips) {
        const bool is_ipv4 = vip.address.address.is_ipv4();
        must_hold(vip.label.empty() || (is_ipv4 && vip.label.starts_with(vip.interface)),
                  "a label is one that ip and ifconfig know");
        must_hold(vip.scope == AddressScope::global || (is_ipv4 && vip.address.is_host()),
                  "a scope is one that the kernel takes");
    }
    must_hold(config.routes.size() <= routes_max && config.rules.size() <= rules_max,
              "bounds are kept");
    for (const RouteConfig& route : config.routes)
        must_hold((!route.via || route.via->family == route.network().address.family) &&
                      (!route.source || route.source->family == route.network().address.family),
                  "a route is of one family");
    for (const RuleConfig& rule : config.rules)
        must_hold((rule.from || rule.to) && rule.priority != 0 && rule.table != 0,
                  "a rule is for some packets, and has its place");
    for (std::size_t link = 0; link < config.link_count(); ++link)
        must_hold(config.link(link).mode == HeartbeatMode::unicast || config.link(link).group,
                  "multicast has a group");
    must_hold(is_printable(describe(config)), "what would run can be shown");
}

}  // namespace

void examine(Bytes input) {
    const std::string text = text_of(input);
    auto read = read_config(text);
    check(read.config, read.lines, read.problems);
    says_what_is_wrong_where(read.problems, static_cast<int>(std::ranges::count(text, '\n')) + 1);
    if (!read.problems.has_errors()) could_run(read.config);
}

std::vector<std::string> seeds() {
    const std::string& good = conf_text::good;
    return {
        good,
        good + "[service.web]\ncheck = tcp\naddress = [::1]:80\nfall = 3\n",
        good + "[heartbeat]\nmode = multicast\ngroup = 239.1.2.3\ninterval = 10ms\n",
        "[cluster]\nname = x\n[node.1]\naddress = 10.0.0.1\naddress = fd00::1\n[link.2]\n"
        "mode = multicast\ngroup = ff02::77\ninterface = eth1\nport = 1\n",
        good + "[service.db]\ncheck = process\npid_file = /run/db.pid\n",
        good + "[route.r]\ndestination = default\nvia = fe80::1\ninterface = eth0\nmetric = 9\n",
        good +
            "[route.r]\ndestination = 10.80.0.0/16\ninterface = eth0\nsource = 10.77.0.100\n"
            "table = 7\n[rule.s]\nfrom = 10.77.0.100\nto = 10.80.0.0/16\ninterface = eth0\n"
            "table = 7\npriority = 9\n",
        good + "label = eth0:pg\nnoprefixroute = yes\n",
        good + "[vip.b]\naddress = 10.77.0.101\ninterface = eth0\nscope = link\n",
        good +
            "[service.web]\ncheck = http\nurl = https://u:p@[::1]:8080/x?y\nstatus = 200-299, "
            "301\n",
        good +
            "[lifecheck]\nrequire = any\n[service.db]\ncheck = query\nconninfo = host=h\n"
            "expect = t\nweight = 9\ninitial = ill\n",
        "\xef\xbb\xbf[cluster]\r\nname = \"x\" # y\r\n[vip.]\n[node.65]\nkey\n=\n"};
}

}  // namespace komainu::fuzz
