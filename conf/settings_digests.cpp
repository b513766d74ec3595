#include "conf/settings_digests.h"

#include <fmt/format.h>
#include <sodium.h>

#include <span>
#include <string>

#include "conf/vip_settings.h"

namespace komainu {

namespace {

std::string text_of(std::span<const IpAddress> addresses) {
    std::string text;
    for (const IpAddress& address : addresses) text += to_string(address) + " ";
    return text;
}

std::string nodes_of(const Config& config) {
    std::string text;
    for (const NodeConfig& node : config.nodes)
        text += fmt::format("{} {}{} {}\n", number(node.id), text_of(node.addresses), node.priority,
                            node.witness);
    return text;
}

/// The interface's name is each host's own affair.
std::string links_of(const Config& config) {
    std::string text;
    for (std::size_t i = 0; !config.nodes.empty() && i < config.link_count(); ++i) {
        const HeartbeatLink link = config.link(i);
        text += fmt::format("{} {}\n", link.group ? to_string(*link.group) : "", link.port);
    }
    return text;
}

std::uint32_t digest_of(const std::string& text) {
    std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
    crypto_generichash(hash.data(), hash.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr,
                       0);
    return static_cast<std::uint32_t>(hash[0]) << 24 | hash[1] << 16 | hash[2] << 8 | hash[3];
}

}  // namespace

SettingsDigests settings_digests(const Config& config) {
    const std::array<std::string, settings_groups> texts{
        fmt::format("{} {} {}", static_cast<int>(config.quorum),
                    static_cast<int>(config.on_quorum_loss),
                    static_cast<int>(config.lifecheck.method)),
        text_of(config.trusted_servers),
        fmt::format("{} {} {}", config.preempt, config.preempt_delay.count(),
                    static_cast<int>(config.conflict)),
        nodes_of(config),
        fmt::format("{} {}", config.heartbeat.interval.count(), config.heartbeat.deadtime.count()),
        links_of(config),
        text_of(vip_settings(config)),
    };
    SettingsDigests digests{};
    for (std::size_t i = 0; i < texts.size(); ++i) digests[i] = digest_of(texts[i]);
    return digests;
}

}  // namespace komainu
