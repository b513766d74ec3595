#include "packet/pgpool_ipc.h"

#include "packet/bytes.h"

namespace komainu {

namespace {

constexpr char ok = '7';

}  // namespace

std::string pgpool_frame(PgpoolCommand command, std::string_view body) {
    std::string frame(1, static_cast<char>(command));
    for (int shift = 24; shift >= 0; shift -= 8)
        frame += static_cast<char>(body.size() >> shift & 0xff);
    return frame.append(body);
}

std::optional<std::string> body_of_pgpool_answer(std::string_view bytes) {
    Reader reader(std::as_bytes(std::span(bytes)));
    const auto letter = static_cast<char>(reader.u8());
    const auto length = reader.u32();
    if (!reader.ok() || letter != ok || length != reader.left()) return {};
    const auto body = bytes.substr(bytes.size() - length);
    return std::string(body.substr(0, body.find('\0')));
}

std::string pgpool_ipc_path(std::string_view socket_dir, std::string_view wd_port) {
    std::string path(socket_dir);
    return path.append("/.s.PGPOOLWD_CMD.").append(wd_port);
}

}  // namespace komainu
