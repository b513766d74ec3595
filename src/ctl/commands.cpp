#include "ctl/commands.h"

#include <array>

#include "ctl/backend_commands.h"
#include "ctl/daemon_commands.h"
#include "ctl/doctor_command.h"
#include "ctl/file_commands.h"
#include "ctl/metrics_command.h"
#include "ctl/output.h"
#include "ctl/pgpool_commands.h"

namespace komainu {

namespace {

constexpr std::array<Command, 17> table{{
    {"status",
     "",
     0,
     0,
     {"config", "socket", "json", "watch"},
     run_status,
     "show who is active, what is wrong, the nodes and the VIPs",
     "Asks the daemon of this host, so it is the cluster as this node sees it.\n\n"
     "  --json    one line of JSON; its keys do not change, more may come\n"
     "  --watch   shows it again every half second, until interrupted\n\n"
     "Colours appear on a terminal only, and not when NO_COLOR is set.\n"},
    {"metrics",
     "",
     0,
     0,
     {"config", "socket", "listen"},
     run_metrics,
     "print what this node counts and measures, for Prometheus",
     "In Prometheus' text format; komainuctl(8) explains each. Root, the user and the group of\n"
     "komainud may ask, and those of the monitor_group of its configuration.\n\n"
     "  --listen ADDRESS   goes on until interrupted, as an exporter: serves GET /metrics there, "
     "and\n"
     "                     asks the daemon each time. While that is gone komainu_up is 0. ADDRESS\n"
     "                     is one such as 127.0.0.1:9695; [::]:9695 is every address of this "
     "host\n"},
    {"doctor",
     "",
     0,
     0,
     {"config", "socket", "json"},
     run_doctor,
     "check this node, its host and its cluster, and tell what to do",
     "A line for each check: ok, warning, problem, or unseen when this user cannot look; below "
     "what\n"
     "is not ok stands what to do. To begin with when something does not work, also when komainud\n"
     "does not run. Takes a second. Root sees more.\n\n"
     "  --json   one line of JSON\n\n"
     "Exit status 0: no problem; 1: there are problems; 3: there is no daemon to be asked, and "
     "the\n"
     "rest was checked.\n"},
    {"switchover",
     "[NODE]",
     0,
     1,
     {"config", "socket"},
     run_switchover,
     "let another node become active, and wait until it is",
     "The active node gives up its VIPs and names its successor: NODE, or the best standby when\n"
     "none is named. May be asked on any node. Says how long it took, or why it was refused.\n"},
    {"pause",
     "",
     0,
     0,
     {"config", "socket", "this-node"},
     run_pause_or_resume,
     "for maintenance: the VIPs stay where they are",
     "Until resume, on every node that is reached, a life check that fails costs nothing, nobody\n"
     "displaces the active, and nobody takes over from it: if the active node or its network "
     "dies,\n"
     "the VIPs are down until it is back. May be asked on any node; a node that comes later "
     "learns\n"
     "of it. It ends with resume, or when all nodes are restarted at once.\n\n"
     "  --this-node   only for the node of this daemon: its life checks do not count, and it does\n"
     "                not take over\n"},
    {"resume",
     "",
     0,
     0,
     {"config", "socket", "this-node"},
     run_pause_or_resume,
     "end the maintenance",
     "What the life checks say counts again. May be asked on any node. It also ends the pause of\n"
     "the asked node alone.\n\n"
     "  --this-node   only the pause of this daemon's node\n"},
    {"standby",
     "",
     0,
     0,
     {"config", "socket"},
     run_standby,
     "keep the node of this daemon from becoming active",
     "If it is active, it hands over first; refused when nobody could take over. It goes on "
     "voting.\n"
     "Until unstandby, or until its komainud is restarted.\n"},
    {"unstandby",
     "",
     0,
     0,
     {"config", "socket"},
     run_standby,
     "let the node of this daemon become active again",
     "Nothing moves by that; see switchover.\n"},
    {"reload",
     "",
     0,
     0,
     {"config", "socket"},
     run_reload,
     "let the daemon of this node read its configuration anew",
     "As SIGHUP does, and tells what changed. Taken over without moving anything that stays: VIPs\n"
     "but those of commands, services, hooks, priority, preempt, conflict, what [lifecheck] says,\n"
     "the keys, and interval and deadtime, which the nodes may take over in any order. Whatever\n"
     "else differs is refused by its name and line, as are a file with an error in it and VIPs\n"
     "that cannot be put on this host, and then nothing changes at all.\n"},
    {"report",
     "NODE alive|dead",
     2,
     2,
     {"config", "socket"},
     run_report,
     "say that a node is alive or dead ([lifecheck] method = external)",
     "For a program that watches the nodes by itself, and tells the daemon beside it. When most\n"
     "nodes were told that the active is dead, it hands over to a node that is not; one that is\n"
     "told of itself is not fit to be active. It counts until another report, or until komainud\n"
     "is restarted.\n"},
    {"backend",
     "ACTION [ID]",
     1,
     2,
     {"config", "socket", "json", "wait", "key"},
     run_backend,
     "show and change what the nodes agree on about the backends",
     "ACTION is one of\n\n"
     "  list             the backends as all nodes have agreed on them\n"
     "  history          the last events, the newest at the end\n"
     "  detach ID        take the backend out of use; failover_command runs\n"
     "  attach ID        use it again; failback_command runs\n"
     "  promote ID       it is the primary; follow_primary_command runs for the others\n"
     "  recovery-start ID, recovery-end ID\n"
     "                   lock its online recovery, of one backend at a time; the lock ends as "
     "well\n"
     "                   when the node on which it was asked for dies\n\n"
     "May be asked on any node. It is done when a majority of the nodes has stored it, and each\n"
     "node applies it in the same order. The commands run on the active node alone, and are not\n"
     "waited for. Asked by hand, nothing needs the consensus of the nodes' checks.\n"},
    {"check-config",
     "FILE",
     1,
     1,
     {},
     run_check_config,
     "tell everything that is wrong with a configuration",
     "Prints each error and warning with its line, and what would run when there is no error.\n"
     "Exit status 2 when there are errors. The keys are checked as well, if this user may read\n"
     "them.\n"},
    {"import-pgpool",
     "FILE",
     1,
     1,
     {},
     run_import_pgpool,
     "turn the watchdog's part of a pgpool.conf into a komainu.conf",
     "Prints a configuration that says the same as a pgpool.conf of pgpool-II 3.4 to 4.7. What is\n"
     "not taken over is named at its end, with the reason.\n\n"
     "Exit status 0: it can be used as it is, once there is a key. 1: it is printed all the same,\n"
     "and says CHANGE wherever something must be written by hand, such as an address where\n"
     "pgpool.conf has a name. 2: FILE cannot be read, or is no pgpool.conf.\n"},
    {"watchdog-info",
     "[PORT]",
     0,
     1,
     {"config", "socket", "verbose"},
     run_watchdog_info,
     "print what pcp_watchdog_info of pgpool-II would",
     "For scripts that read the output of pcp_watchdog_info, with the fields and the numbers of "
     "the\n"
     "states as in pgpool-II 4.3: an active node is a LEADER (4), a standby or a witness a "
     "STANDBY\n"
     "(7), one that is silent LOST (8), or DEAD (0) when it was never heard. The node that is "
     "asked\n"
     "comes first. Node names are the address, PORT, the word Linux and the node's number. All\n"
     "nodes are MEMBERs; the watchdog port is that of the heartbeats, and PORT, 9999 if not "
     "given,\n"
     "stands where pgpool's own port would.\n\n"
     "  --verbose, -v   all of it, each in a line of its own\n"},
    {"pgpool-lifecheck",
     "FILE",
     1,
     1,
     {"config", "socket"},
     run_pgpool_lifecheck,
     "be the life check of pgpool-II's own watchdog",
     "For who keeps the watchdog, with wd_lifecheck_method = 'external', and wants it to notice "
     "in\n"
     "less than a second that a node is dead. Runs until it is ended, beside pgpool and komainud "
     "on\n"
     "each node, and tells the watchdog whenever it believes of another node what komainud knows\n"
     "better. Either of them may be restarted at any time. PGPOOL_CONF, and the file "
     "pgpool_node_id\n"
     "beside it, name the watchdog's socket and its key; pgpool's node N is komainu's N + 1. A "
     "node\n"
     "whose komainud is stopped is dead to the watchdog.\n"},
    {"keygen",
     "",
     0,
     0,
     {},
     run_keygen,
     "print a new cluster key",
     "All nodes need the same key, in a file that nobody else can read:\n\n"
     "  (umask 077; komainuctl keygen > /etc/komainu/cluster.key)\n\n"
     "To exchange a key without a pause, add the new one below the old one on every node, then\n"
     "move it to the top on every node, then remove the old one.\n"},
    {"version",
     "",
     0,
     0,
     {},
     run_version,
     "print the version",
     "Of komainuctl. The daemon tells its own in status --json.\n"},
}};

}  // namespace

std::span<const Command> commands() { return table; }

ExitStatus run_komainuctl(const std::vector<std::string>& words) {
    const auto parsed = parse_command_line(words, table);
    if (!parsed)
        return complain(ExitStatus::usage, parsed.error().what + "; see komainuctl --help");
    const Invocation& invocation = parsed.value();
    if (!invocation.help) return invocation.command->run(invocation);
    return print(invocation.command ? help_text(*invocation.command) : help_text(table));
}

}  // namespace komainu
