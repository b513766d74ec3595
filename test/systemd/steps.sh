# What is done to the machines, in this order, a row or two for each. For test/systemd/run.
# shellcheck shell=bash
# What test/systemd/run and lib.sh set, and what they use:
# shellcheck disable=SC2034,SC2154

steps=(install start confined switchover kill_main stop_main reload
    exporter exporter_alone upgrade_paused upgrade_standby upgrade_active
    networkd_alone networkd_static networkd_told
    nm_alone nm_source nm_carrier nm_unmanaged nm_told nm_told_at_once reboot purge)

signal_main() { in_machine "$1" sh -c "kill -$2 $(property "$1" MainPID)"; }
restarts_are() { [ "$(property "$1" NRestarts)" = "$2" ]; }

step_install() {
    local n asleep=0
    for n in $nodes; do
        cp "$store"/komainu{,-2,-3}.deb "$work/files$n/root/"
        in_machine "$n" dpkg -i /root/komainu.deb >>"$work/dpkg.log" 2>&1 || bad install "dpkg on m$n"
        [ "$(property "$n" ActiveState) $(property "$n" ConditionResult)" != 'inactive no' ] ||
            asleep=$((asleep + 1))
    done
    expect 'install: without a configuration nothing fails' "$asleep of 3 wait for one" "$asleep = 3"
}

step_start() {
    local n
    for n in $nodes; do
        configure "$n"
        in_machine "$n" systemctl start komainu || bad start "systemctl start on m$n"
    done
    settle start
    n=$(active) || return 0
    expect 'start: one is active, and says so' "\"$(status_text "$n")\"" "$(property "$n" ActiveState) = active"
    n=$(any_standby)
    expect 'start: the others follow it' "\"$(status_text "$n")\"" "$(property "$n" ActiveState) = active"
}

# How many lines of its log have the text.
logged() { in_machine "$1" journalctl -u komainu -o cat --no-pager | grep -c "$2" || true; }

step_confined() {
    local n
    n=$(active)
    expect 'the unit permits the fence' "$(logged "$n" 'the fence stands') says that it stands" \
        "$(logged "$n" 'the fence stands') = 1" "$(logged "$n" 'no fence') = 0"
    # A systemd without it, as in many containers, cannot raise the limits.
    if setpriv --dump | grep -q '^Capability bounding set:.*sys_resource'; then
        expect '  and real time and locked memory' "$(logged "$n" 'not permitted here') complaints" \
            "$(logged "$n" 'not permitted here') = 0"
    else
        skip '  and real time and locked memory' 'root has no CAP_SYS_RESOURCE here'
    fi
}

step_switchover() {
    local n
    n=$(active)
    mark
    in_machine "$n" komainuctl switchover >/dev/null || bad switchover 'komainuctl failed'
    until_true 10 is_active_other_than "$n" || true
    settle switchover
    expect switchover "gap $(gap) ms" "$(moves) = 1" "$(gap) -lt 500"
}

step_kill_main() {
    local n before
    n=$(active)
    before=$(property "$n" NRestarts)
    mark
    signal_main "$n" KILL
    until_true 10 is_active_other_than "$n" || true
    until_true 15 restarts_are "$n" $((before + 1)) || true
    settle kill_main
    expect 'kill -9 of main: VIP moves, systemd restarts it' "gap $(gap) ms" "$(moves) = 1" \
        "$(gap) -lt 2000" "$(property "$n" NRestarts) = $((before + 1))"
}

step_stop_main() {
    local n before since
    n=$(active)
    before=$(property "$n" NRestarts)
    mark
    signal_main "$n" STOP
    since=$SECONDS
    until_true 10 is_active_other_than "$n" || true
    until_true 30 restarts_are "$n" $((before + 1)) || true
    since=$((SECONDS - since))
    settle stop_main
    expect 'SIGSTOP of main: VIP moves, watchdog restarts it' "gap $(gap) ms, restarted after $since s" \
        "$(moves) = 1" "$(gap) -lt 2000" "$(property "$n" NRestarts) = $((before + 1))"
    expect '  and the journal names the watchdog' \
        "$(in_machine "$n" journalctl -u komainu -o cat --no-pager | grep -m 1 -i 'watchdog timeout' || echo no)" \
        "$(in_machine "$n" journalctl -u komainu -o cat --no-pager | grep -c -i 'watchdog timeout') -ge 1"
}

step_reload() {
    local n conf status=0 text
    n=$(active)
    conf=$work/files$n/etc/komainu/komainu.conf
    mark
    printf '[lifecheck]\ntrack_delay = 2s\n' >>"$conf"
    in_machine "$n" systemctl reload komainu || status=$?
    expect 'reload: taken over, nothing moves' "gap $(gap) ms" "$status = 0" "$(moves) = 0" "$(gap) -lt 100" \
        "$(property "$n" ActiveState) = active"
    status=0
    sed -i 's/track_delay = 2s/track_delay = soon/' "$conf"
    mark
    in_machine "$n" systemctl reload komainu 2>/dev/null || status=$?
    text=$(in_machine "$n" journalctl -u komainu -o cat --no-pager | grep -m 1 -o 'track_delay: .*' || echo silent)
    expect 'reload: refused, fails, nothing moves' "exit status $status, \"${text%;*}\"" "$status != 0" \
        "$(moves) = 0" "$(gap) -lt 100" "$(property "$n" ActiveState) = active"
    sed -i '/^\[lifecheck\]/,$d' "$conf"
}

# What a client of the exporter gets.
metrics() {
    # shellcheck disable=SC2016  # it is the machine's shell that expands
    in_machine "$1" bash -c 'exec 3<>/dev/tcp/127.0.0.1/9695 &&
        printf "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" >&3 && cat <&3' 2>/dev/null
}
komainu_is_up() { metrics "$1" | grep -qx "komainu_up $2"; }
exporter_process() { in_machine "$1" systemctl show --value -p MainPID komainu-exporter; }

step_exporter() {
    local n whole=0
    for n in $nodes; do
        in_machine "$n" systemctl --quiet enable --now komainu-exporter || bad exporter "systemctl on m$n"
        until_true 5 komainu_is_up "$n" 1 && whole=$((whole + 1))
    done
    expect 'exporter: gives the metrics' "$(metrics "$n" | grep -c '^komainu_') of them" "$whole = 3" \
        "$(metrics "$n" | grep -c '^HTTP/1.1 200 ') = 1" "$(metrics "$n" | grep -c '^komainu_') -ge 50"
}

# exporter_asks N COMMAND...: as the exporter's process may.
exporter_asks() {
    local n=$1 process
    process=$(exporter_process "$n")
    shift
    # shellcheck disable=SC2016  # it is the machine's shell that expands
    in_machine "$n" sh -c 'id() { sed -n "s/^$1:[[:space:]]*\([0-9]*\).*/\1/p" /proc/$process/status; }
        process=$1 && shift
        setpriv --reuid="$(id Uid)" --regid="$(id Gid)" --groups="$(id Groups)" \
            komainuctl "$@" --socket /run/komainu/control.sock' sh "$process" "$@"
}

step_exporter_alone() {
    local n process user answer
    n=$(any_standby)
    process=$(exporter_process "$n")
    user=$(in_machine "$n" stat -c %u "/proc/$process")
    answer=$(exporter_asks "$n" pause 2>&1 | sed 's/^[^:]*: //; s/;.*//')
    expect '  as a user of its own, who may only look' "user $user, \"$answer\"" "$user -ge 61184" \
        "$(in_machine "$n" grep -c '^CapEff:.*[1-9a-f]' "/proc/$process/status") = 0" \
        "$(exporter_asks "$n" status | grep -c ' is active, term ') = 1" "$(paused_nodes) = 0"
    in_machine "$n" systemctl stop komainu
    until_true 5 komainu_is_up "$n" 0 || bad exporter 'it does not say that komainud is down'
    in_machine "$n" systemctl start komainu
    settle exporter_alone
    until_true 5 komainu_is_up "$n" 1 || true
    expect '  and outlives komainud' "komainu_up 0, then $(metrics "$n" | sed -n 's/^komainu_up //p')" \
        "$(komainu_is_up "$n" 1; echo $?) = 0" "$(exporter_process "$n") = $process"
}

# upgrade N VERSION
upgrade() {
    in_machine "$1" dpkg -i "/root/komainu-$2.deb" >>"$work/dpkg.log" 2>&1 || bad upgrade "dpkg on m$1"
}

says_paused='; paused for maintenance'
paused_nodes() {
    local n paused=0
    for n in $nodes; do case $(status_text "$n") in *"$says_paused") paused=$((paused + 1)) ;; esac; done
    echo $paused
}
paused_are() { [ "$(paused_nodes)" = "$1" ]; }

# A pause is not what an upgrade wants: nobody takes over from the node that is restarted.
step_upgrade_paused() {
    local n other
    n=$(active)
    other=$(any_standby)
    in_machine "$n" komainuctl pause >/dev/null || bad upgrade_paused 'komainuctl pause failed'
    until_true 5 paused_are 3 || true
    mark
    upgrade "$other" 2
    settle upgrade_paused "$says_paused"
    expect 'upgrade of a standby, paused: nothing moves' "gap $(gap) ms, $(paused_nodes) of 3 still paused" \
        "$(moves) = 0" "$(gap) -lt 100" "$(paused_nodes) = 3"
    mark
    upgrade "$n" 2
    settle upgrade_paused "$says_paused"
    expect 'upgrade of the active, paused: VIP comes back' "gap $(gap) ms, $(paused_nodes) of 3 still paused" \
        "$(moves) = 0" "$(gap) -lt 2000" "$(active) = $n" "$(paused_nodes) = 3"
    mark
    in_machine "$other" komainuctl resume >/dev/null || bad upgrade_paused 'komainuctl resume failed'
    until_true 5 paused_are 0 || true
    settle upgrade_paused
    expect '  and after resume all is well' "\"$(status_text "$n")\"" "$(moves) = 0" "$(gap) -lt 100" \
        "$(paused_nodes) = 0"
}

step_upgrade_standby() {
    local n
    n=$(any_standby)
    mark
    upgrade "$n" 3
    settle upgrade_standby
    expect 'upgrade of a standby: nothing moves' "gap $(gap) ms" "$(moves) = 0" "$(gap) -lt 100"
    until_true 5 komainu_is_up "$n" 1 || true
    expect '  and its exporter goes on' "$(in_machine "$n" systemctl is-active komainu-exporter)" \
        "$(komainu_is_up "$n" 1; echo $?) = 0"
}

step_upgrade_active() {
    local n
    n=$(active)
    mark
    upgrade "$n" 3
    until_true 10 is_active_other_than "$n" || true
    settle upgrade_active
    expect 'upgrade of the active: hands over first' "gap $(gap) ms" "$(moves) = 1" "$(gap) -lt 500"
}

step_reboot() {
    local n
    n=$(active)
    mark
    in_machine "$n" systemctl reboot 2>/dev/null || true
    until_true 20 is_active_other_than "$n" || true
    expect 'reboot of the active: hands over first' "gap $(gap) ms" "$(moves) = 1" "$(gap) -lt 500"
    until_true 60 is_booted "$n" || bad reboot "m$n does not come back"
    settle reboot
    expect '  and it comes back as a standby' "\"$(status_text "$n")\"" "$(property "$n" ActiveState) = active"
}

# What a machine has of komainu's.
leftovers() {
    # shellcheck disable=SC2016  # it is the machine's shell that expands
    in_machine "$1" sh -c '
        for path in /etc/komainu /var/lib/komainu /run/komainu /usr/sbin/komainud /usr/share/komainu \
            /usr/libexec/komainu /lib/systemd/system/komainu*.service \
            /etc/systemd/system/multi-user.target.wants/komainu*.service; do
            [ ! -e $path ] && [ ! -L $path ] || echo $path
        done
        ! systemctl is-active --quiet komainu-exporter || echo komainu-exporter
        ! getent passwd komainu || true
        ! getent group komainu komainu-monitor || true
        ip -o addr show dev eth0 | grep 10.77.0.100/ || true
        tc filter show dev eth0 ingress; tc filter show dev eth0 egress
        ip route show table all proto 107; ip rule | grep "proto 107" || true' 2>&1
}

step_purge() {
    local n left
    n=$(active)
    mark
    in_machine "$n" dpkg --purge komainu >>"$work/dpkg.log" 2>&1 || bad purge 'dpkg --purge'
    until_true 10 is_active_other_than "$n" || true
    sleep 1
    left=$(leftovers "$n" | tr '\n' ' ')
    expect 'purge of the active: hands over, nothing is left' "gap $(gap) ms${left:+, left: $left}" \
        "$(moves) = 1" "$(gap) -lt 500" "$(wc -w <<<"$left") = 0"
}
