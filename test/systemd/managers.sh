# What network managers do to the VIP of the active node, and what the settings that we ship make of
# that. For test/systemd/run.
# shellcheck shell=bash
# What test/systemd/run and lib.sh set, and what they use:
# shellcheck disable=SC2034,SC2154

# What doctor says of the interface, and advises.
doctor_says() { in_machine "$1" komainuctl doctor | grep -A 2 '^[a-z]* *eth0 ' | grep -c "$2"; }

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
            "$(moves) = 0" "$(gap) -lt 500" "$(doctor_says "$n" 'systemd-networkd manages it, and removes VIPs') = 1"
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
        "taken away $times times, back in $ms ms, gap $(gap) ms" "$(moves) = 0" "$times -ge 1" \
        "$(doctor_says "$n" 'systemd-networkd manages it, and removes VIPs') = 1"
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
        "$(moves) = 0" "$(gap) -lt 100" "$times = 0" "$(doctor_says "$n" 'keeps addresses of others') = 1"
}

# From now on NetworkManager has the interface of the machine in its hands, until the next boot.
start_nm() {
    in_machine "$1" systemctl stop systemd-networkd.socket systemd-networkd 2>/dev/null
    in_machine "$1" systemctl start NetworkManager
    in_machine "$1" nmcli connection add type ethernet con-name lan ifname eth0 ipv4.method manual \
        ipv4.addresses "10.77.0.$1/24" ipv6.method disabled
    in_machine "$1" nmcli connection up lan
}

# Wherever the VIP went, it is this node's again.
give_back() {
    settle "$2"
    [ "$(active)" = "$1" ] || in_machine "$(active)" komainuctl switchover "$1" >>"$work/nm.log" 2>&1
    settle "$2"
}

# nm_does N STEP COMMAND...: what that does to the VIP.
nm_does() {
    local n=$1 step=$2
    shift 2
    mark
    watch_addresses "$n"
    in_machine "$n" "$@" >>"$work/nm.log" 2>&1 || bad "$step" "$* fails"
    sleep 3
    read -r times ms < <(absences)
    figures="taken away $times times, back in $ms ms, gap $(gap) ms"
}

step_nm_alone() {
    local n deed times ms figures
    n=$(active)
    start_nm "$n" >>"$work/nm.log" 2>&1 || bad nm_alone 'NetworkManager does not take the interface'
    settle nm_alone
    expect 'NetworkManager: doctor names it' "eth0: $(in_machine "$n" nmcli -g GENERAL.STATE device show eth0)" \
        "$(doctor_says "$n" 'NetworkManager manages it, and removes VIPs') = 1"
    for deed in 'device reapply eth0' 'connection up lan'; do
        # shellcheck disable=SC2086
        nm_does "$n" nm_alone nmcli $deed
        expect "nmcli $deed: VIP is put back" "$figures" "$(moves) = 0" "$(gap) -lt 500" "$times -ge 1"
    done
    nm_does "$n" nm_alone sh -c 'nmcli connection down lan; nmcli connection up lan'
    until_true 10 active >/dev/null || true
    expect 'nmcli connection down, and up: VIP is back' "$figures" "$(moves) -le 1" "$(gap) -lt 2000" "$times -ge 1"
    give_back "$n" nm_alone
    nm_does "$n" nm_alone sh -c 'nmcli connection reload; nmcli general reload
        systemctl restart NetworkManager'
    expect 'NetworkManager restart, reload: the VIP stays' "taken away $times times, gap $(gap) ms" \
        "$(moves) = 0" "$(gap) -lt 100" "$times = 0"
}

asks_from() { in_machine "$1" ip -o route get 10.77.0.200 | grep -c " src $2 "; }

# After how many of five activations of the connection the host asks others from the VIP.
asks_from_vip() {
    local i often=0
    for i in 1 2 3 4 5; do
        in_machine "$1" nmcli connection up lan >>"$work/nm.log" 2>&1
        sleep 0.5
        often=$((often + $(asks_from "$1" "$vip")))
    done
    echo $often
}

# give_vip ADDRESS: to all nodes, as the VIP.
give_vip() {
    local n
    for n in $nodes; do
        sed -i "s,^address = $vip.*,address = $1," "$work/files$n/etc/komainu/komainu.conf"
        in_machine "$n" systemctl reload komainu || bad give_vip "systemctl reload on m$n"
    done
    settle give_vip
}

# Of two addresses of one network that which was put on first is where questions come from, and komainud
# may be faster than NetworkManager.
step_nm_source() {
    local n often times ms figures
    n=$(active)
    mark
    often=$(asks_from_vip "$n")
    expect '  and may then be the first of its network' "the host asks from it, $often of 5 times" \
        "$(moves) = 0" "$(gap) -lt 500"
    nm_does "$n" nm_source nmcli device reapply eth0
    expect '  until the connection is reapplied' "$figures" "$(asks_from "$n" "10.77.0.$n") = 1" "$(moves) = 0"
    give_vip "$vip"
    mark
    often=$(asks_from_vip "$n")
    expect '  and never without a prefix length' "$often of 5 times" "$often = 0" "$(moves) = 0" "$(gap) -lt 500"
    give_vip "$vip/24"
}

step_nm_carrier() {
    local n
    n=$(active)
    mark
    ip link set "port$n" down
    # It takes the addresses off after 6 s.
    sleep 8
    ip link set "port$n" up
    settle nm_carrier
    expect 'NetworkManager, no carrier for 8 s: VIP moves' "gap $(gap) ms" "$(moves) = 1" "$(gap) -lt 2000"
    give_back "$n" nm_carrier
}

has_its_own() { in_machine "$1" ip -o address show dev eth0 | grep -c " 10.77.0.$1/"; }

step_nm_unmanaged() {
    local n advice times ms figures
    n=$(active)
    advice=$(in_machine "$n" komainuctl doctor | sed -n 's/.*\(nmcli device set .* managed no\).*/\1/p')
    nm_does "$n" nm_unmanaged sh -c "$advice; systemctl restart NetworkManager; nmcli connection reload
        ! nmcli device reapply eth0"
    expect "$advice: VIP stays" "taken away $times times, gap $(gap) ms" "$(moves) = 0" "$(gap) -lt 100" \
        "$times = 0" "$(has_its_own "$n") = 1" "$(doctor_says "$n" NetworkManager) = 0"
}

# In the order in which the file says it is to be done.
step_nm_told() {
    local n times ms figures
    n=$(active)
    nm_does "$n" nm_told sh -c 'install -D -m 644 /usr/share/komainu/network/networkmanager.conf \
            /etc/NetworkManager/conf.d/komainu.conf
        nmcli general reload; systemctl restart NetworkManager; ! nmcli connection up lan'
    expect 'NetworkManager, with our settings: VIP stays' "taken away $times times, gap $(gap) ms" \
        "$(moves) = 0" "$(gap) -lt 100" "$times = 0" "$(has_its_own "$n") = 1" \
        "$(doctor_says "$n" NetworkManager) = 0"
}

# What the file warns of. It ends with networkd as it was.
step_nm_told_at_once() {
    local n times ms figures
    n=$(active)
    in_machine "$n" sh -c 'mv /etc/NetworkManager/conf.d/komainu.conf /root/
        nmcli general reload; nmcli device set eth0 managed yes; nmcli connection up lan' >>"$work/nm.log" 2>&1
    give_back "$n" nm_told_at_once
    nm_does "$n" nm_told_at_once sh -c 'mv /root/komainu.conf /etc/NetworkManager/conf.d/; nmcli general reload'
    expect '  without "managed no" first: takes all away' "gap $(gap) ms, VIP moves" "$(moves) = 1" \
        "$(gap) -lt 2000" "$(has_its_own "$n") = 0"
    in_machine "$n" systemctl stop NetworkManager
    in_machine "$n" systemctl start systemd-networkd
    settle nm_told_at_once
}
