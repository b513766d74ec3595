#include "guard/config_inbox.h"

#include "conf/check.h"
#include "conf/load.h"
#include "conf/reader.h"
#include "conf/reload.h"
#include "io/memory_file.h"
#include "io/message_channel.h"

namespace komainu {

ConfigInbox::Runner ConfigInbox::read() {
    if (!from_runner_) return Runner::gone;
    const auto keep = [this](std::span<const std::byte>, Descriptors& files) {
        newest_ = std::move(files[0]);
    };
    return receive_messages(from_runner_.get(), keep) == ChannelState::open ? Runner::there
                                                                            : Runner::gone;
}

Result<Config> ConfigInbox::configuration(const TextDigest& meant, const Config& running) const {
    const auto text = read_memory_file(newest_.get());
    if (!text) return text.error();
    if (digest_of(text.value()) != meant)
        return Error{"the guard was handed another configuration"};
    auto [config, lines, problems] = read_config(text.value());
    config.self = running.self;
    check(config, lines, problems);
    // Main may have taken over another deadtime since, of which the guard knows nothing.
    Config before = running;
    before.heartbeat.deadtime = config.heartbeat.deadtime;
    plan_reload(before, config, lines, problems);
    if (problems.has_errors()) return Error{report("the guard's configuration", problems)};
    return std::move(config);
}

}  // namespace komainu
