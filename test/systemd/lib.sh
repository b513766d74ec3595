# Machines with a real systemd as process 1, and what a client of theirs sees. For test/systemd/run,
# which has put itself into namespaces of its own: with it ends all that is started here.
# shellcheck shell=bash
# What test/systemd/run sets, and what it uses:
# shellcheck disable=SC2034,SC2154

vip=10.77.0.100
nodes='1 2 3'

die() { echo "check-systemd: $*" >&2; exit 1; }

# until SECONDS COMMAND...: again and again, for so long at most.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.2
    done
}

# --- Machines -----------------------------------------------------------------------------------

# Process 1 of the machine as seen from here: the only child of its nspawn.
leader() {
    local keeper nspawn
    keeper=$(cat "$work/keeper$1")
    nspawn=$(pgrep -P "$keeper" -x systemd-nspawn) && pgrep -P "$nspawn" | head -n 1
}

# in_machine N COMMAND...
in_machine() {
    local pid
    pid=$(leader "$1") || return 1
    shift
    timeout 60 nsenter -t "$pid" -m -u -i -n -p -C -- env -i \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
        SYSTEMD_PAGER='' "$@"
}

is_booted() {
    case $(in_machine "$1" systemctl is-system-running 2>/dev/null) in
        running|degraded) return 0 ;;
    esac
    return 1
}

lay_cables() {
    ip link set lo up
    ip link add br0 type bridge
    ip link set br0 up
    ip link add client0 type veth peer name port0
    ip link set port0 master br0 up
    ip link set client0 up
    local n
    for n in $nodes; do
        ip netns add "n$n"
        ip link add "port$n" type veth peer name eth0 address "02:00:00:00:00:0$n" netns "n$n"
        ip link set "port$n" master br0 up
    done
}

# A machine's files: those of the common root, and over them its own.
lay_out() {
    local n=$1 files=$work/files$1
    mkdir -p "$work/upper$n" "$work/scratch$n" "$files"
    mount -t overlay overlay "$files" \
        -o "lowerdir=$root,upperdir=$work/upper$n,workdir=$work/scratch$n"
    echo "m$n" >"$files/etc/hostname"
    cat >"$files/etc/systemd/network/eth0.network" <<END
[Match]
Name=eth0
[Network]
Address=10.77.0.$n/24
END
}

# Each in control groups of its own, or one machine's systemd would take another's processes for its
# own. nspawn ends with 133 when the machine reboots.
boot() {
    local n=$1
    (
        for group in "${cgroups[@]}"; do
            mkdir -p "$group/$session-$n"
            echo "$BASHPID" >"$group/$session-$n/cgroup.procs"
        done
        status=133
        while [ "$status" = 133 ]; do
            status=0
            systemd-nspawn --quiet --boot --register=no --keep-unit --machine="m$n" \
                --directory="$work/files$n" --network-namespace-path="/run/netns/n$n" \
                --uuid="0000000000000000000000000000000$n" --resolv-conf=off --timezone=off \
                --capability=CAP_BPF,CAP_NET_ADMIN,CAP_NET_RAW,CAP_SYS_NICE,CAP_IPC_LOCK,CAP_SYS_RESOURCE \
                --system-call-filter='bpf @memlock @resources' \
                --console=read-only </dev/null >>"$work/console$n" 2>&1 || status=$?
        done
    ) &
    echo $! >"$work/keeper$n"
}

# --- komainu in them ----------------------------------------------------------------------------

configure() {
    local n=$1 n2 etc=$work/files$1/etc/komainu
    mkdir -p "$etc"
    {
        printf '[cluster]\nname = shrine\nkey_file = /etc/komainu/cluster.key\n'
        for n2 in $nodes; do printf '[node.%s]\naddress = 10.77.0.%s\n' "$n2" "$n2"; done
        printf '[heartbeat]\ninterval = 100ms\ndeadtime = 500ms\n'
        printf '[vip.main]\naddress = %s/24\ninterface = eth0\n' $vip
    } >"$etc/komainu.conf"
    printf '%064d\n' 7 >"$etc/cluster.key"
    in_machine "$n" chown komainu: /etc/komainu/cluster.key
    in_machine "$n" chmod 600 /etc/komainu/cluster.key
}

property() { in_machine "$1" systemctl show --value -p "$2" komainu 2>/dev/null; }
status_text() { property "$1" StatusText; }

# Who says to be active and is, as the client sees it; nobody when there is none.
active() {
    local n
    n=$(holder)
    case $(status_text "$n") in 'active, term'*) echo "$n" ;; *) return 1 ;; esac
}
is_active_other_than() { local now; now=$(active) && [ "$now" != "$1" ]; }

any_standby() {
    local n held
    held=$(holder)
    for n in $nodes; do
        [ "$n" = "$held" ] || { echo "$n"; return; }
    done
}

# One holds the VIP, as itself says and the client sees, and the two others follow it, with nothing
# wrong but what they may say.
is_whole() {
    local n held text
    held=$(active) || return 1
    for n in $nodes; do
        [ "$n" = "$held" ] && continue
        text=$(status_text "$n")
        case ${text%"${1:-}"} in
            *\;*) return 1 ;;
            "standby of node $held, "*) ;;
            *) return 1 ;;
        esac
    done
}

# From now on the kernel of the machine is listened to about its addresses.
watch_addresses() {
    ip netns exec "n$1" ip -o -ts monitor address >"$work/addresses" &
    watcher=$!
    sleep 0.3
}
# How often the VIP was taken away meanwhile, and the longest time until it was back, in ms.
absences() {
    kill "$watcher"
    wait "$watcher" 2>/dev/null
    awk -v vip="$vip/" 'index($0, vip) {
            split(substr($1, 13), t, /[:\]]/)
            now = (t[1] * 3600 + t[2] * 60 + t[3]) * 1000
            if (/Deleted/) { ++n; gone = now } else if (gone) { if (now - gone > most) most = now - gone; gone = 0 }
        }
        END { printf "%d %.1f\n", n, most }' "$work/addresses"
}

# --- The client ---------------------------------------------------------------------------------

start_prober() { "$prober" client0 $vip >"$work/answers" & }
# The number of the node that gave the newest answer.
holder() { tail -n 1 "$work/answers" | sed 's/.*://; s/^0//'; }
mark() { marked=$(wc -l <"$work/answers"); }

# gap FROM: the longest time without an answer since then, in ms, less the time between two
# questions. Counts to now when there is none.
gap() {
    tail -n "+$marked" "$work/answers" | awk -v now="$(awk '{ printf "%d", $1 * 1000 }' /proc/uptime)" '
        NR > 1 && $2 - last > most { most = $2 - last }
        { last = $2 }
        END { if (now - last > most && now - last > 100) most = now - last
              print (most > 10 ? most - 10 : 0) }'
}

# How often the VIP has come to another since the mark.
moves() {
    tail -n "+$marked" "$work/answers" | awk 'NR > 1 && $3 != last { ++n } { last = $3 } END { print n + 0 }'
}

# Questions that two have answered, since the very beginning.
doubles() {
    awk '$1 == question && $3 != who { ++n } { question = $1; who = $3 } END { print n + 0 }' \
        "$work/answers"
}
