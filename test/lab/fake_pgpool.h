// A pgpool-II, as far as PCP shows one, and the komainud beside it, as far as its control socket
// does: what komainu-pgpool stands between.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "pgpool/pcp.h"
#include "test/lab/server.h"

namespace komainu::lab {

class FakePgpool {
public:
    static constexpr const char* user = "komainu";
    static constexpr const char* password = "secret";

    /// Listens on a Unix socket, and has that many backends: 10.0.0.11:5432, 10.0.0.12:5432, …, all
    /// attached, and the first the primary.
    FakePgpool(const std::string& path, int backends);

    void set_attached(int backend, bool attached);
    void set_primary(int backend);
    /// As after a restart: nothing is as it was but the attached ones that are given.
    void start_anew(const std::vector<bool>& attached);
    /// Of its own.
    void set_watchdog(bool runs);
    /// It takes a question for its settings for nonsense from now on, and hangs up.
    void keep_settings_secret();

    bool is_attached(int backend);
    /// "D 1", "C 2", in the order in which they came.
    std::vector<std::string> commands();
    int settings_asked();
    int open_connections();
    /// Those that ended without a word.
    int broken_connections();

private:
    void serve(Conversation& client);
    std::string answer(char kind, const std::string& body);
    PcpNode& node(int backend) { return nodes_[static_cast<std::size_t>(backend)]; }
    void change(PcpNode& node);

    std::mutex mutex_;
    std::vector<PcpNode> nodes_;
    std::vector<std::string> commands_;
    int changes_ = 0;
    bool watchdog_ = false;
    bool secret_ = false;
    int settings_asked_ = 0;
    int open_ = 0;
    int broken_ = 0;
    Server server_;
};

class FakeKomainud {
public:
    explicit FakeKomainud(const std::string& path, int backends);

    void set_up(int backend, bool up);
    void set_address(int backend, const std::string& address);
    void set_agreed(bool agreed);
    /// The table is asked for in vain meanwhile.
    void set_silent(bool silent);
    /// Events are refused from now on.
    void refuse(const std::string& why);

    bool is_up(int backend);
    bool in_line();
    std::string why();
    std::string caution();
    int verdicts();
    /// "detach 1", in the order in which they came, each once for each time.
    std::vector<std::string> events();
    std::vector<std::string> keys();

private:
    struct Backend {
        std::string address;
        bool up = true;
        bool primary = false;
    };

    void serve(Conversation& client);
    std::string answer(const std::string& line);
    std::string table(const std::string& after);
    std::string enter(const std::string& event, int backend);
    Backend& backend(int id) { return backends_[static_cast<std::size_t>(id)]; }

    std::mutex mutex_;
    std::vector<Backend> backends_;
    std::vector<std::string> events_;
    std::vector<std::string> keys_;
    std::string refusal_;
    std::string why_ = "nothing has been said";
    std::string caution_;
    int verdicts_ = 0;
    bool agreed_ = true;
    bool silent_ = false;
    int revision_ = 0;
    Server server_;
};

}  // namespace komainu::lab
