// What komainuctl asks of a daemon, over its control socket.
#pragma once

#include "ctl/command_line.h"
#include "ctl/control.h"

namespace komainu {

/// Where the daemon listens; nothing, after a complaint, when the configuration does not tell. Only
/// a host without any configuration has the default: where it cannot be read, the daemon may well
/// be somewhere else.
std::optional<std::string> find_socket(const Invocation& invocation);
/// The daemon's answer; one that is not ExitStatus::done has been complained of.
Answer tell_daemon(const Invocation& invocation, const nlohmann::json& request, Duration patience);
/// The same without a complaint: the default where nothing tells.
std::string socket_to_ask(const Invocation& invocation);

inline constexpr Duration status_patience = 5s;
/// What the daemon there says of the cluster, as the answer's body.
Answer ask_status(const std::string& socket, Duration patience = status_patience);

ExitStatus run_status(const Invocation& invocation);
ExitStatus run_switchover(const Invocation& invocation);
ExitStatus run_pause_or_resume(const Invocation& invocation);
ExitStatus run_standby(const Invocation& invocation);
ExitStatus run_report(const Invocation& invocation);
ExitStatus run_reload(const Invocation& invocation);

}  // namespace komainu
