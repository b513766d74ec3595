#include "daemon/links.h"

#include "io/log.h"

namespace komainu {

DatagramLinkOptions options_of(const Config& config, std::size_t link) {
    const HeartbeatLink wanted = config.link(link);
    DatagramLinkOptions options;
    options.own = config.node(config.self).addresses[link];
    options.port = wanted.port;
    options.interface = wanted.interface;
    options.group = wanted.group;
    for (const NodeConfig& node : config.nodes)
        if (node.id != config.self) options.peers.push_back(node.addresses[link]);
    return options;
}

Result<std::vector<DatagramLink>> open_links(const Config& config) {
    std::vector<DatagramLink> links;
    for (std::size_t link = 0; link < config.link_count(); ++link) {
        const auto options = options_of(config, link);
        auto opened = DatagramLink::open(options);
        if (!opened && !may_come_later(opened.error())) return opened.error();
        links.push_back(opened ? std::move(*opened) : DatagramLink(options));
    }
    return links;
}

Links::Links(Loop& loop, std::vector<DatagramLink> links, Hear hear)
    : loop_(loop), hear_(std::move(hear)), following_(loop, [this] { follow_all(); }) {
    for (DatagramLink& link : links) paths_.push_back({std::move(link)});
    for (std::size_t link = 0; link < size(); ++link)
        if (paths_[link].socket.is_open()) watch(link);
}

DatagramCounters Links::counters() const {
    DatagramCounters sum;
    for (const Path& path : paths_) sum += path.socket.counters();
    return sum;
}

void Links::watch(std::size_t link) {
    DatagramLink& socket = paths_[link].socket;
    paths_[link].watch = loop_.watch(socket.fd(), EPOLLIN, [this, link, &socket](std::uint32_t) {
        socket.receive(
            [&](Bytes datagram, const Endpoint& source) { hear_(link, datagram, source); });
    });
}

void Links::follow_all() {
    following_.set(loop_.now() + follow_every);
    for (std::size_t link = 0; link < size(); ++link) follow(link);
}

void Links::follow(std::size_t link) {
    auto& [socket, trouble, watched] = paths_[link];
    const bool was_open = socket.is_open();
    if (was_open && !socket.interface_was_replaced()) return;
    watched.clear();
    if (Status opened = socket.reopen(); !opened) {
        if (opened.error().what == trouble) return;
        trouble = opened.error().what;
        return log_event(LogEvent::link_unusable, {.link = link + 1}, "link {}: {}; waits for it",
                         link + 1, trouble);
    }
    trouble.clear();
    watch(link);
    if (was_open)
        log_event(LogEvent::link_usable, {.link = link + 1},
                  "link {}: its interface was replaced, and it uses the new one", link + 1);
    else
        log_event(LogEvent::link_usable, {.link = link + 1}, "link {} works", link + 1);
}

}  // namespace komainu
