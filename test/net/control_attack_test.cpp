// What somebody can do who may use the control socket and means ill: he can keep others from being
// served there, and nothing else. Heartbeats go out in time, the VIP stays, memory is bounded.
#include <sys/socket.h>
#include <sys/un.h>

#include <deque>
#include <thread>

#include "io/stream_server.h"
#include "test/bench/usage.h"
#include "test/net/wire.h"

namespace komainu::lab {
namespace {

class ControlAttack : public Wire {
protected:
#ifdef __SANITIZE_ADDRESS__
    static constexpr std::uint64_t growth_max = 16 << 20;  // the sanitizer has its own accounts
#else
    static constexpr std::uint64_t growth_max = 1 << 20;  // a MiB
#endif

    /// No descriptor when the backlog is full, for nobody is waited for.
    Fd connected() {
        Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        union {
            sockaddr generic;
            sockaddr_un unix_path;
        } address{};
        address.unix_path.sun_family = AF_UNIX;
        path_.copy(address.unix_path.sun_path, sizeof address.unix_path.sun_path - 1);
        if (::connect(socket.get(), &address.generic, sizeof address.unix_path) != 0) return {};
        return socket;
    }

    static void say(const Fd& socket, const std::string& text) {
        if (socket) ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }

    /// The longest time between two heartbeats of the node on the wire.
    Duration longest_silence(const Capture& capture, int node) {
        const auto& own = cluster().host(node).ipv4;
        std::optional<Instant> previous;
        Duration longest{};
        for (const Frame& frame : capture.frames()) {
            if (datagrams_of({frame}).at(0).sender != own) continue;
            if (previous) longest = std::max(longest, frame.at - *previous);
            previous = frame.at;
        }
        return longest;
    }

    std::uint64_t memory(int node) {
        return bench::proportional_bytes(cluster().daemon(node).pid()).value_or(0);
    }

    /// Attacks the active's socket.
    template <class Deed>
    void expect_harmless(Deed deed) {
        const int active = begin();
        expect_all_joined();
        path_ = cluster().control_socket(active);
        const auto memory_before = memory(active);
        ASSERT_GT(memory_before, 0u);
        const Capture capture(cluster().network(), heartbeats_only);
        expect_ignored(deed);
        EXPECT_LT(longest_silence(capture, active), deadtime);
        EXPECT_LT(memory(active), memory_before + growth_max);
    }

private:
    std::string path_;
};

TEST_F(ControlAttack, TenThousandConnectionsDoNoHarm) {
    expect_harmless([&] {
        int made = 0;
        for (int i = 0; i < 10'000; ++i)
            if (connected()) ++made;
        EXPECT_GT(made, 100);
    });
}

TEST_F(ControlAttack, ConnectionsThatNeverFinishTheirLineAreClosed) {
    expect_harmless([&] {
        std::deque<Fd> open;
        for (int i = 0; i < 200; ++i) {
            say(open.emplace_back(connected()), R"({"command":)");
            sleep_for(1ms);
        }
        const auto is_closed = [&](const Fd& socket) {
            char byte;
            return !socket || ::recv(socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
        };
        EXPECT_TRUE(wait_until([&] { return std::ranges::all_of(open, is_closed); },
                               StreamServer::patience + patience));
    });
}

TEST_F(ControlAttack, LinesWithoutEndAndHalfClosedConnectionsDoNoHarm) {
    expect_harmless([&] {
        for (int i = 0; i < 200; ++i) {
            const Fd socket = connected();
            say(socket, std::string(100'000, 'x'));
            if (socket) ::shutdown(socket.get(), i % 2 == 0 ? SHUT_WR : SHUT_RD);
        }
    });
}

// A client may send hundreds of requests at once, and has only to read the answers.
TEST_F(ControlAttack, AStreamOfRequestsFromAllClientsDelaysNoHeartbeat) {
    expect_harmless([&] {
        std::string many;
        while (many.size() < StreamServer::request_bytes_max) many += "{\"command\":\"status\"}\n";
        std::deque<Fd> clients;
        for (std::size_t i = 0; i < StreamServer::clients_max; ++i) clients.push_back(connected());
        std::array<char, 65536> answers;
        const Instant end = now() + 1s;
        while (now() < end) {
            for (const Fd& client : clients) {
                say(client, many);
                if (client) ::recv(client.get(), answers.data(), answers.size(), MSG_DONTWAIT);
            }
            std::this_thread::yield();
        }
    });
}

}  // namespace
}  // namespace komainu::lab
