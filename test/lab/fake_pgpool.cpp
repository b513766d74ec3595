#include "test/lab/fake_pgpool.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "test/lab/clock.h"

namespace komainu::lab {

using nlohmann::json;
using namespace std::literals;

namespace {

std::string address_of(int backend) { return fmt::format("10.0.0.{}", 11 + backend); }

std::uint32_t number_in(std::string_view bytes) {
    std::uint32_t number = 0;
    for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

}  // namespace

// --- pgpool --------------------------------------------------------------------------------------

FakePgpool::FakePgpool(const std::string& path, int backends)
    : server_(path, [this](Conversation& client) { serve(client); }) {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < backends; ++i)
        nodes_.push_back({address_of(i), 5432, PcpNodeStatus::up, i == 0, "0"});
}

void FakePgpool::change(PcpNode& node) { node.changed = std::to_string(++changes_); }

void FakePgpool::set_attached(int backend, bool attached) {
    const std::lock_guard lock(mutex_);
    node(backend).status = attached ? PcpNodeStatus::waiting : PcpNodeStatus::down;
    change(node(backend));
}

void FakePgpool::set_primary(int backend) {
    const std::lock_guard lock(mutex_);
    for (PcpNode& other : nodes_) other.primary = &other == &node(backend);
    change(node(backend));
}

void FakePgpool::start_anew(const std::vector<bool>& attached) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        nodes_[i].status = attached[i] ? PcpNodeStatus::waiting : PcpNodeStatus::down;
        change(nodes_[i]);
    }
}

void FakePgpool::set_watchdog(bool runs) {
    const std::lock_guard lock(mutex_);
    watchdog_ = runs;
}

void FakePgpool::keep_settings_secret() {
    const std::lock_guard lock(mutex_);
    secret_ = true;
}

int FakePgpool::settings_asked() {
    const std::lock_guard lock(mutex_);
    return settings_asked_;
}

bool FakePgpool::is_attached(int backend) {
    const std::lock_guard lock(mutex_);
    return node(backend).is_attached();
}

std::vector<std::string> FakePgpool::commands() {
    const std::lock_guard lock(mutex_);
    return commands_;
}

int FakePgpool::open_connections() {
    const std::lock_guard lock(mutex_);
    return open_;
}

int FakePgpool::broken_connections() {
    const std::lock_guard lock(mutex_);
    return broken_;
}

void FakePgpool::serve(Conversation& client) {
    {
        const std::lock_guard lock(mutex_);
        ++open_;
    }
    char kind = 0;
    while (kind != 'X') {
        const std::string header = client.read(5);
        if (header.size() < 5) break;
        kind = header[0];
        const std::string body = client.read(number_in(header.substr(1)) - 4);
        const std::lock_guard lock(mutex_);
        client.write(answer(kind, body));
    }
    const std::lock_guard lock(mutex_);
    --open_;
    if (kind != 'X') ++broken_;
}

std::string FakePgpool::answer(char kind, const std::string& body) {
    const auto message = [](char letter, std::string_view text) {
        const std::uint32_t length = static_cast<std::uint32_t>(text.size()) + 4;
        return std::string{letter, static_cast<char>(length >> 24), static_cast<char>(length >> 16),
                           static_cast<char>(length >> 8), static_cast<char>(length)} +
               std::string(text);
    };
    constexpr PcpSalt salt{'s', 'a', 'l', 't'};
    const auto done = "CommandComplete\0"sv;
    switch (kind) {
        case 'M':
            return message('m', {salt.data(), salt.size()});
        case 'R':
            if (pcp_login({user, password}, salt).substr(5) == body)
                return message('r', "AuthenticationOK\0"sv);
            return message('E', "SFATAL\0Mauthentication failed for user \"komainu\"\0\0"sv);
        case 'I': {
            std::string all = message('i', fmt::format("ArraySize\0{}\0"sv, nodes_.size()));
            for (const PcpNode& n : nodes_)
                all += message(
                    'i',
                    fmt::format("NodeInfo\0{}\0{}\0{}\0000\0up\0001.0\0{}\0up\0000\0\0\0{}\0"sv,
                                n.host, n.port, static_cast<int>(n.status), n.primary ? 2 : 3,
                                n.changed));
            return all + message('i', done);
        }
        case 'B':
            ++settings_asked_;
            if (secret_) return message('?', "");
            return message('b', "ArraySize\0\0\0\0\2"sv) +
                   message('b', "ProcessConfig\0port\09999\0pgpool accepting port number\0"sv) +
                   message('b', fmt::format("ProcessConfig\0use_watchdog\0{}\0non 0 if on\0"sv,
                                            watchdog_ ? 1 : 0)) +
                   message('b', done);
        case 'D':
        case 'C': {
            const int backend = std::stoi(body);
            commands_.push_back(fmt::format("{} {}", kind, backend));
            node(backend).status = kind == 'C' ? PcpNodeStatus::waiting : PcpNodeStatus::down;
            change(node(backend));
            return message(kind == 'C' ? 'c' : 'd', done);
        }
        default:
            return "";
    }
}

// --- komainud ------------------------------------------------------------------------------------

FakeKomainud::FakeKomainud(const std::string& path, int backends)
    : server_(path, [this](Conversation& client) { serve(client); }) {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < backends; ++i) backends_.push_back({address_of(i) + ":5432", true, i == 0});
}

void FakeKomainud::set_up(int id, bool up) {
    const std::lock_guard lock(mutex_);
    backend(id).up = up;
    ++revision_;
}

void FakeKomainud::set_address(int id, const std::string& address) {
    const std::lock_guard lock(mutex_);
    backend(id).address = address;
    ++revision_;
}

void FakeKomainud::set_agreed(bool agreed) {
    const std::lock_guard lock(mutex_);
    agreed_ = agreed;
    ++revision_;
}

void FakeKomainud::set_silent(bool silent) {
    const std::lock_guard lock(mutex_);
    silent_ = silent;
}

void FakeKomainud::refuse(const std::string& why) {
    const std::lock_guard lock(mutex_);
    refusal_ = why;
}

bool FakeKomainud::is_up(int id) {
    const std::lock_guard lock(mutex_);
    return backend(id).up;
}

bool FakeKomainud::in_line() { return why().empty(); }

std::string FakeKomainud::why() {
    const std::lock_guard lock(mutex_);
    return why_;
}

std::string FakeKomainud::caution() {
    const std::lock_guard lock(mutex_);
    return caution_;
}

int FakeKomainud::verdicts() {
    const std::lock_guard lock(mutex_);
    return verdicts_;
}

std::vector<std::string> FakeKomainud::events() {
    const std::lock_guard lock(mutex_);
    return events_;
}

std::vector<std::string> FakeKomainud::keys() {
    const std::lock_guard lock(mutex_);
    return keys_;
}

void FakeKomainud::serve(Conversation& client) {
    for (std::string line; !(line = client.read_until("\n")).empty();)
        client.write(answer(line) + "\n");
}

std::string FakeKomainud::answer(const std::string& line) {
    const json request = json::parse(line, nullptr, false);
    if (!request.is_object()) return R"({"ok":false,"error":"not a request"})";
    const std::string command = request.value("command", "");
    if (command == "backends") return table(request.value("after", ""));
    const std::lock_guard lock(mutex_);
    if (command == "backend") {
        keys_.push_back(request.value("key", ""));
        return enter(request.value("event", ""), request.value("id", 0));
    }
    ++verdicts_;
    why_ = request.value("in_line", false) ? "" : request.value("why", "no reason");
    caution_ = request.value("caution", "");
    return R"({"ok":true})";
}

std::string FakeKomainud::table(const std::string& after) {
    wait_until(
        [&] {
            const std::lock_guard lock(mutex_);
            return !silent_;
        },
        3s);
    wait_until(
        [&] {
            const std::lock_guard lock(mutex_);
            return after != std::to_string(revision_);
        },
        250ms);
    const std::lock_guard lock(mutex_);
    json list = json::array();
    for (std::size_t i = 0; i < backends_.size(); ++i)
        list.push_back({{"id", i},
                        {"address", backends_[i].address},
                        {"state", backends_[i].up ? "up" : "down"},
                        {"role", backends_[i].primary ? "primary" : "standby"}});
    return json{{"ok", true},
                {"revision", std::to_string(revision_)},
                {"agreed", agreed_},
                {"backends", list}}
        .dump();
}

std::string FakeKomainud::enter(const std::string& event, int id) {
    events_.push_back(fmt::format("{} {}", event, id));
    if (!refusal_.empty()) return json{{"ok", false}, {"error", refusal_}}.dump();
    if (event == "promote")
        for (Backend& other : backends_) other.primary = &other == &backend(id);
    else
        backend(id).up = event == "attach";
    ++revision_;
    return json{{"ok", true}, {"outcome", "done"}, {"index", revision_}}.dump();
}

}  // namespace komainu::lab
