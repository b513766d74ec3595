// What the log tells, one entry for each kind of line that an administrator or a monitoring rule
// may want to find: its MESSAGE_ID in the journal, its level and its title. Lines of which nobody
// would look for one have no entry.
//
// An id means the same for ever: it is never given to anything else, and what means something else
// gets an id of its own (journalctl --new-id128). The same ids and titles stand in
// packaging/systemd/komainu.catalog, which tells an administrator what to do, and in komainud(8).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace komainu {

enum class LogLevel : std::uint8_t { error, warning, notice, info, debug };

enum class LogEvent : std::uint8_t {
    // The daemon
    started,
    stopping,
    cannot_start,
    stays_root,
    no_real_time,
    no_locked_memory,
    waits_for_promises,
    deadtime_not_recorded,
    supervisor_unreachable,
    monitor_group_missing,
    pause_detected,
    lines_lost,
    process_lingers,
    // Who is active
    became_active,
    became_standby,
    active_known,
    active_lost,
    held_without_quorum,
    quorum_regained,
    quorum_lost,
    preempting,
    healthy,
    unhealthy,
    service_failed,
    service_recovered,
    priority_changed,
    arbiter_answered,
    // The operator
    paused,
    resumed,
    standby_asked,
    standby_ended,
    standby_refused,
    reloaded,
    reload_refused,
    config_mistake,
    config_doubt,
    // Other nodes
    peer_heard,
    peer_lost,
    peer_restarted,
    peer_left,
    peer_link_lost,
    peer_link_back,
    link_unusable,
    link_usable,
    datagrams_refused,
    key_refused,
    streams_refused,
    own_id_used,
    join_refused,
    refused_by_active,
    stream_opened,
    stream_ended,
    no_stream,
    stream_back,
    service_out_of_reach,
    service_reached,
    // Virtual IPs
    vips_held,
    vips_put_on,
    vips_taken_off,
    lease_expired,
    last_will_sent,
    vips_not_held,
    vip_put_back,
    vip_not_put_back,
    vip_stuck,
    vip_not_renewed,
    vip_not_announced,
    not_ethernet,
    no_promotion,
    route_put_back,
    route_stuck,
    leftovers_removed,
    leftovers_stuck,
    vip_in_the_way,
    carrier_up,
    carrier_down,
    interface_missing,
    rival_seen,
    stranger_at_start,
    command_vip_up,
    command_vip_down,
    command_vip_stuck,
    // Fence, guard and runner
    fence_absent,
    fence_put_back,
    fence_stands,
    fence_bit,
    guard_died,
    guard_silent,
    guard_back,
    main_silent,
    runner_died,
    kernel_unreadable,
    kernel_events_lost,
    // Hooks
    hook_runs,
    hook_done,
    hook_failed,
    hook_missed,
    hook_late,
    // Backends
    backend_event,
    backend_events_missed,
    table_not_stored,
    table_stored_again,
    table_damaged,
    table_remade,
    backend_command_runs,
    backend_command_failed,
    backend_command_stopped,
    // pgpool-II
    pgpool_in_line,
    pgpool_out_of_line,
    pgpool_told_cluster,
    pgpool_corrected,
    pgpool_link_ended,
    pgpool_restarted,
    pgpool_unreachable,
    pgpool_refuses,
    pgpool_differs,
    pgpool_watchdog,
    pgpool_unheard,
    pgpool_mended,
};

struct LogEventEntry {
    LogEvent event;
    LogLevel level;
    std::string_view id;  ///< 128 bits as 32 hexadecimal digits
    std::string_view title;
};

/// In the order of the events.
std::span<const LogEventEntry> log_events();
const LogEventEntry& entry_of(LogEvent event);

}  // namespace komainu
