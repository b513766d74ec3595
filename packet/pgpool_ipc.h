// What pgpool-II's watchdog understands on its Unix socket (wd_ipc_socket_dir): one command for
// each connection, one answer or none, and the watchdog hangs up. A frame is a letter, the length
// of what follows in four bytes, and JSON, which pgpool-II ends with a zero. Its manual has other
// letters for the answers than its code (wd_ipc_defines.h), which these are from.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace komainu {

enum class PgpoolCommand : char { node_status_change = '2', list_nodes = '3' };

inline constexpr std::size_t pgpool_answer_bytes_max = 256 * 1024;

/// A whole frame, to be sent by a single call: pgpool-II's watchdog does nothing else while it
/// waits for the rest of one.
std::string pgpool_frame(PgpoolCommand command, std::string_view body);

/// The JSON of an answer that says OK; of any other answer, and of what is none, nothing.
std::optional<std::string> body_of_pgpool_answer(std::string_view bytes);

/// "/tmp/.s.PGPOOLWD_CMD.9000"
std::string pgpool_ipc_path(std::string_view socket_dir, std::string_view wd_port);

}  // namespace komainu
