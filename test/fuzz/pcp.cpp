// What answers on pgpool-II's PCP port (pgpool/pcp_session.h), a whole session of it, in pieces;
// and what answers on the control socket in komainud's place.
#include <algorithm>

#include "pgpool/control_messages.h"
#include "pgpool/pcp_session.h"
#include "test/fuzz/fuzz.h"

namespace komainu::fuzz {

namespace {

std::string framed(char kind, std::string_view body) {
    return std::string{kind, 0, 0, 0, static_cast<char>(body.size() + 4)} + std::string(body);
}

/// What a session comes to: its answers, and why it ended.
struct Heard {
    std::vector<PcpAnswer> answers;
    std::string end;
    bool operator==(const Heard&) const = default;
};

Heard hear(std::string_view bytes, std::size_t piece) {
    constexpr std::array commands{PcpCommand::node_info, PcpCommand::node_count,
                                  PcpCommand::detach,    PcpCommand::attach,
                                  PcpCommand::promote,   PcpCommand::settings};
    PcpSession session(PcpLogin{"komainu", "secret"});
    Heard heard;
    // One request before the other, so that the sizes of the pieces do not matter.
    session.ask({commands[bytes.size() % commands.size()], 1});
    while (!bytes.empty()) {
        const auto received = session.receive(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
        must_hold(session.take_unsent().size() < 200, "what is sent is short");
        if (auto answer = session.take_answer()) heard.answers.push_back(*answer);
        if (!received) {
            heard.end = received.error().what;
            must_hold(is_printable(heard.end), "the reason can be shown");
            break;
        }
    }
    for (const PcpAnswer& answer : heard.answers) {
        must_hold(answer.nodes.size() <= pcp_nodes_max, "there are not too many nodes");
        must_hold(is_printable(answer.error), "a refusal can be shown");
    }
    return heard;
}

}  // namespace

void examine(Bytes input) {
    const std::string text(text_of(input));
    const Heard whole = hear(text, std::max<std::size_t>(text.size(), 1));
    must_hold(hear(text, 1) == whole, "it does not matter how the bytes come");
    if (const auto backends = read_backends(text))
        for (const WantedBackend& backend : backends.value().backends.list)
            must_hold(backend.id >= 0, "a backend has a number");
}

std::vector<std::string> seeds() {
    using namespace std::literals;
    const std::string login = framed('m', "salt") + framed('r', "AuthenticationOK\0"sv);
    return {login + framed('i', "ArraySize\0001\0"sv) +
                framed('i',
                       "NodeInfo\000127.0.0.1\0005432\0001\0000\000up\0001.0\0002\000primary"
                       "\0000\000\000\0001795842442\0"sv) +
                framed('i', "CommandComplete\0"sv),
            login + framed('b', "ArraySize\0\0\0\0\1"sv) +
                framed('b', "ProcessConfig\0use_watchdog\0000\0non 0 if on\0"sv) +
                framed('b', "CommandComplete\0"sv),
            login + framed('l', "CommandComplete\0003\0"sv),
            login + framed('d', "CommandComplete\0"sv),
            login + framed('N', "SNOTICE\0Mhello\0\0"sv) + framed('E', "SERROR\0Mno\0Dnever\0\0"sv),
            framed('m', "salt") + framed('E', "SFATAL\0Mauthentication failed\0\0"sv),
            R"({"ok":true,"revision":"r","agreed":true,"backends":[{"id":0,"address":
"10.0.0.11:5432","state":"up","role":"primary"}]})"};
}

}  // namespace komainu::fuzz
