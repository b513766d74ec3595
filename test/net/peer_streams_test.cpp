// The streams of one daemon, and a peer whose bytes a test sends when it likes: what comes together
// is looked at in one wake-up.
#include "daemon/peer_streams.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "conf/reader.h"
#include "conf/vip_settings.h"
#include "io/socket_address.h"
#include "packet/seal.h"
#include "test/lab/clock.h"

namespace komainu {
namespace {

constexpr std::uint16_t port = 29694;
constexpr Incarnation incarnation_of_2{77};
constexpr int wake_ups = 3;  ///< enough for all that follows from what has come
constexpr Duration on_its_way = 5ms;

const char* const two_nodes = R"([cluster]
name = shrine
key_file = /k
[node.1]
address = 127.0.0.1
[node.2]
address = 127.0.0.2
[heartbeat]
port = 29694
[vip.main]
address = 10.0.0.9/24
interface = lo
)";

Endpoint endpoint(const char* address, std::uint16_t port_there) {
    return {parse_address(address).value(), port_there};
}

/// Node 2's end of a stream that it has dialed.
class Dialer {
public:
    Dialer(const Config& config, const KeyRing& keys)
        : channel_(End::dialer,
                   {NodeId{2}, incarnation_of_2, cluster_hash(config.cluster_name), {}},
                   {NodeId{1}, no_incarnation}, keys) {
        const SocketAddress from(endpoint("127.0.0.2", 0));
        const SocketAddress to(endpoint("127.0.0.1", port));
        EXPECT_EQ(::bind(socket_.get(), &from.generic, from.size()), 0);
        EXPECT_EQ(::connect(socket_.get(), &to.generic, to.size()), 0);
        send(channel_.opening());
    }

    void say(const PeerMessage& message) {
        std::array<std::byte, frame_bytes_max> room;
        send(channel_.seal(message, room));
    }
    /// Takes the accepter's hello.
    bool may_speak() {
        std::array<std::byte, frame_bytes_max> bytes;
        const auto got = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got <= 0) return false;
        std::size_t used = 0;
        PeerMessage message;
        channel_.take(Bytes(bytes).first(static_cast<std::size_t>(got)), used, message);
        return channel_.can_seal();
    }
    void close() { socket_.close(); }

private:
    void send(Bytes bytes) {
        EXPECT_EQ(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }

    Fd socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    PeerChannel channel_;
};

/// Node 1, which is active.
class PeerStreamsTest : public testing::Test {
protected:
    PeerStreamsTest() {
        config.self = NodeId{1};
        auto listeners = open_listeners(config);
        EXPECT_TRUE(listeners) << listeners.error().what;
        streams.emplace(*loop, config, PeerStreams::Self{Incarnation{5}, "one"}, keys,
                        std::move(*listeners), refusals,
                        PeerStreams::Handlers{.up = [this](NodeId) { told += "up "; },
                                              .down = [this](NodeId) { told += "down "; },
                                              .heard = [](NodeId, const LedgerMessage&) {},
                                              .refused = [](const std::string&) {},
                                              .proven = [](NodeId) { return no_incarnation; }});
        streams->start();
        streams->set_active(true);
    }

    void wake_up() {
        for (int i = 0; i < wake_ups; ++i) {
            Loop::Timer soon(*loop, [] {});
            soon.set(loop->now());
            lab::sleep_for(on_its_way);
            loop->wake_up();
        }
    }
    std::unique_ptr<Dialer> dial() {
        auto dialer = std::make_unique<Dialer>(config, keys);
        wake_up();
        EXPECT_TRUE(dialer->may_speak());
        return dialer;
    }
    ServerInfo info() const {
        ServerInfo info;
        info.host_name = "two";
        info.software_version = "1";
        info.peer_port = port;
        info.incarnation = incarnation_of_2;
        info.vip_settings = vip_settings(config);
        const std::string text = text_of(info.vip_settings);
        info.vip_settings_hash = hash_of(std::as_bytes(std::span(text)));
        return info;
    }

    Config config = read_config(two_nodes).config;
    std::unique_ptr<Loop> loop = std::move(Loop::create()).value();
    KeyRing keys{std::array{Key{.bytes = {std::byte{1}}, .id = 7}}};
    RefusalLog refusals;
    std::optional<PeerStreams> streams;
    std::string told;  ///< of node 2
};

TEST_F(PeerStreamsTest, TellOfTheEndOfAStreamBeforeTheNextOneIsUp) {
    const auto first = dial();
    first->say(info());
    wake_up();
    EXPECT_EQ(told, "up ");
    const auto second = dial();
    first->close();
    lab::sleep_for(on_its_way);
    second->say(info());
    wake_up();
    EXPECT_EQ(told, "up down up ");
    EXPECT_TRUE(streams->link_of(NodeId{2}));
}

TEST_F(PeerStreamsTest, TellOfAStreamThatANewerOneReplaces) {
    const auto first = dial();
    first->say(info());
    const auto second = dial();
    second->say(info());
    wake_up();
    EXPECT_EQ(told, "up down up ");
}

}  // namespace
}  // namespace komainu
