# What is done to the machines, in this order, a row or two for each. For test/systemd/run.
# shellcheck shell=bash
# What test/systemd/run and lib.sh set, and what they use:
# shellcheck disable=SC2034,SC2154

steps=(install start confined switchover kill_main stop_main reload upgrade_standby upgrade_active
    networkd_alone networkd_static networkd_told reboot purge)

signal_main() { in_machine "$1" sh -c "kill -$2 $(property "$1" MainPID)"; }
restarts_are() { [ "$(property "$1" NRestarts)" = "$2" ]; }

step_install() {
    local n asleep=0
    for n in $nodes; do
        cp "$store/komainu.deb" "$store/komainu-next.deb" "$work/files$n/root/"
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

upgrade() {
    in_machine "$1" dpkg -i /root/komainu-next.deb >>"$work/dpkg.log" 2>&1 || bad upgrade "dpkg on m$1"
}

step_upgrade_standby() {
    local n
    n=$(any_standby)
    mark
    upgrade "$n"
    settle upgrade_standby
    expect 'upgrade of a standby: nothing moves' "gap $(gap) ms" "$(moves) = 0" "$(gap) -lt 100"
}

step_upgrade_active() {
    local n
    n=$(active)
    mark
    upgrade "$n"
    until_true 10 is_active_other_than "$n" || true
    settle upgrade_active
    expect 'upgrade of the active: hands over first' "gap $(gap) ms" "$(moves) = 1" "$(gap) -lt 500"
}

# Of systemd-networkd, which has the interface in its hands.
restart_networkd() {
    in_machine "$1" systemctl restart systemd-networkd
    sleep 3
}
reload_networkd() {
    # Takes effect where a file has changed.
    echo "# $RANDOM" >>"$work/files$1/etc/systemd/network/eth0.network"
    in_machine "$1" networkctl reload
    sleep 3
}

step_networkd_alone() {
    local n deed times ms
    n=$(active)
    for deed in restart reload; do
        mark
        watch_addresses "$n"
        "${deed}_networkd" "$n"
        read -r times ms < <(absences)
        expect "networkd $deed: the VIP is put back" "taken away $times times, back in $ms ms, gap $(gap) ms" \
            "$(moves) = 0" "$(gap) -lt 500"
    done
}

# What others advise: it keeps addresses without a lifetime, of which a VIP is none.
step_networkd_static() {
    local n times ms
    n=$(active)
    mkdir -p "$work/files$n/etc/systemd/network/eth0.network.d"
    printf '[Network]\nKeepConfiguration=static\n' \
        >"$work/files$n/etc/systemd/network/eth0.network.d/komainu.conf"
    in_machine "$n" networkctl reload
    sleep 2
    mark
    watch_addresses "$n"
    reload_networkd "$n"
    read -r times ms < <(absences)
    expect 'networkd, KeepConfiguration=static: is put back' \
        "taken away $times times, back in $ms ms, gap $(gap) ms" "$(moves) = 0" "$times -ge 1"
}

step_networkd_told() {
    local n times ms
    n=$(active)
    in_machine "$n" install -D -m 644 /usr/share/komainu/network/networkd-addresses.conf \
        /etc/systemd/network/eth0.network.d/komainu.conf
    in_machine "$n" networkctl reload
    sleep 2
    mark
    watch_addresses "$n"
    restart_networkd "$n"
    reload_networkd "$n"
    read -r times ms < <(absences)
    expect 'networkd, with the drop-in: the VIP stays' "taken away $times times, gap $(gap) ms" \
        "$(moves) = 0" "$(gap) -lt 100" "$times = 0"
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
            /usr/libexec/komainu /lib/systemd/system/komainu.service \
            /etc/systemd/system/multi-user.target.wants/komainu.service; do
            [ ! -e $path ] || echo $path
        done
        ! getent passwd komainu || true
        ! getent group komainu || true
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
