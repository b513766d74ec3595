# The life of the Debian package on one host: what it needs is installed, then a lower version, which is
# configured, used, and upgraded; its daemon is killed, it is removed and purged, and the host is as it
# was before.
# What is called $work, $here and $root is whose calls; what stands in single quotes runs elsewhere.
# shellcheck shell=bash disable=SC2154,SC2016

# step NAME SCRIPT: in the root, as root.
step() { check "$1" inside "$root" sh -euc "$2"; }

# The package that is to be upgraded: the same with a lower version, a file that the later one has no
# more, and another sample.
make_lower_version() {
    local tree=$work/lower
    dpkg-deb -R "$(deb_of)" "$tree"
    sed -i 's/^Version: .*/&~lower/' "$tree/DEBIAN/control"
    echo >"$tree/usr/share/komainu/of-the-lower-version"
    sed -i '1s/$/ (lower)/' "$tree/etc/komainu/komainu.conf.sample"
    dpkg-deb --root-owner-group -b "$tree" "$root/packages/lower.deb"
}

# Debian's own word for what is to be installed; komainu itself is not yet.
install_what_it_needs() {
    local -a needed
    mapfile -t needed < <(inside "$root" apt-get -s --no-install-recommends install \
        /packages/komainu.deb | awk '/^Inst/ && $2 != "komainu" { print $2 }')
    [ ${#needed[@]} -gt 5 ] || { echo 'it seems to need nothing'; return 1; }
    inside "$root" apt-get -qy --no-install-recommends install "${needed[@]}"
}

# What dpkg's scripts ask of systemd is written down, with the version whose files were there.
watch_systemd() {
    cat >"$root/usr/local/bin/deb-systemd-invoke" <<'SHIM'
#!/bin/sh
[ -e /usr/share/komainu/of-the-lower-version ] && files=lower || files=new
echo "$* ($files files)" >>/packages/asked
SHIM
    printf '#!/bin/sh\n' >"$root/usr/local/bin/systemctl"
    chmod 755 "$root"/usr/local/bin/*
    mkdir -p "$root/run/systemd/system"
}

unwatch_systemd() {
    rm -f "$root"/usr/local/bin/*
    rmdir "$root/run/systemd/system" "$root/run/systemd" 2>/dev/null || true
}

tree_is_as_before() { same before after "$work/before" <(tree_of "$root"); }

# A node that is the only one, and so is active at once, started as the unit would start it; it is killed so that nothing can be cleared.
killed_daemon_leaves_nothing() {
    unshare --net bash -euc '. "$1"; inside "$2" sh -euc "$3"' bash "$here/lib.sh" "$root" '
        fences() { tc filter show dev wan ingress; tc filter show dev wan egress; }
        daemons() {
            for exe in /proc/[0-9]*/exe; do
                [ "$(readlink $exe)" != /usr/sbin/komainud ] || { exe=${exe%/exe}; echo ${exe##*/}; }
            done
        }
        ip link set lo up
        ip link add wan type veth peer name lan
        ip link set lan up
        ip address add 10.77.0.1/24 dev wan
        ip link set wan up
        install -d -o komainu -m 755 /run/komainu
        install -d -o komainu -m 700 /var/lib/komainu
        caps=+net_admin,+net_raw,+bpf
        setpriv --reuid=komainu --regid=komainu --clear-groups --inh-caps=$caps --ambient-caps=$caps \
            komainud >/packages/daemon.log 2>&1 &
        for i in $(seq 100); do
            ip address show dev wan | grep -q 10.77.0.100 && break
            sleep 0.1
        done
        komainuctl status || { cat /packages/daemon.log; exit 1; }
        ip address show dev wan | grep -q 10.77.0.100
        fences | grep -q " komainu-fence " || { echo "no fence to look at"; cat /packages/daemon.log; exit 1; }
        ip route add 10.88.0.0/16 dev wan proto 107
        ip rule add from 10.88.0.0/16 table 88 protocol 107
        ip rule add from 10.99.0.0/16 table 99
        ! /usr/libexec/komainu/clear-leftovers || { echo "cleared under a running daemon"; exit 1; }
        kill -STOP $(daemons)
        kill -KILL $(daemons)
        sleep 0.2
        fences | grep -q " komainu-fence "
        dpkg --remove komainu
        left=$(fences; ip route show table all proto 107; ip rule show | grep 10.88 || true)
        [ -z "$left" ] || { echo "left: $left"; exit 1; }
        ip rule show | grep -q 10.99 || { echo "a rule of others is gone"; exit 1; }'
}

check_debian() {
    local root=$work/root
    command -v debootstrap >/dev/null ||
        { skip 'the life of the Debian package' 'debootstrap is not installed'; return; }
    check 'a root of this Debian is made' make_root "$root" || return
    mkdir "$root/packages"
    cp "$(deb_of)" "$root/packages/komainu.deb"
    check 'what it needs is installed' install_what_it_needs || return
    step 'that brought no compiler' '
        ! { dpkg-query -W -f "\${Package}\n" | grep -E "^(gcc|g\+\+|clang|llvm|cpp|binutils|make|bpftool)(-[0-9]+)?$|-dev$"; }
        for tool in cc gcc clang cpp ld make; do ! command -v $tool || exit 1; done'
    tree_of "$root" >"$work/before"
    make_lower_version >/dev/null

    step 'it is installed' 'dpkg -i /packages/lower.deb'
    step 'the user is a system user who cannot log in' '
        IFS=: read -r name _ uid gid _ home shell <<USER
$(getent passwd komainu)
USER
        [ "$uid" -lt 1000 ] && [ "$home" = / ] && [ "${shell##*/}" = nologin ]
        [ "$(getent group komainu | cut -d: -f3)" = "$gid" ]'
    step '/etc/komainu is for root and the group komainu alone' '
        [ "$(stat -c "%A %U:%G" /etc/komainu)" = "drwxr-x--- root:komainu" ]'
    step 'the unit is enabled, and waits for a configuration' '
        [ -e /etc/systemd/system/multi-user.target.wants/komainu.service ]
        grep -qx ConditionPathExists=/etc/komainu/komainu.conf /lib/systemd/system/komainu.service
        [ ! -e /etc/komainu/komainu.conf ]
        systemd-analyze --man=no verify komainu.service'
    step 'it is configured as the manual says, and komainud --check is content as user komainu' '
        cat >/etc/komainu/komainu.conf <<CONF
[cluster]
name = check
quorum = none
[node.1]
address = 10.77.0.1
[vip.main]
address = 10.77.0.100/24
interface = wan
CONF
        (umask 077; komainuctl keygen >/etc/komainu/cluster.key)
        chown komainu: /etc/komainu/cluster.key
        for_user() { setpriv --reuid=komainu --regid=komainu --clear-groups "$@"; }
        for_user komainud --node-id 1 --check
        [ -n "$(for_user komainuctl version)" ]
        [ "$(for_user komainuctl keygen | wc -c)" -ge 64 ]
        for_user komainuctl check-config /etc/komainu/komainu.conf'
    step 'nobody else can read the configuration or the key' '
        for_nobody() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }
        ! for_nobody cat /etc/komainu/cluster.key
        ! for_nobody cat /etc/komainu/komainu.conf'
    step 'installed again, it keeps a conffile that was changed' '
        echo "# changed here" >>/etc/komainu/komainu.conf.sample
        dpkg -i /packages/lower.deb
        grep -q "changed here" /etc/komainu/komainu.conf.sample'
    watch_systemd
    step 'an upgrade keeps configuration, key and changed conffiles' '
        sum() { sha256sum /etc/komainu/komainu.conf /etc/komainu/cluster.key; }
        before=$(sum)
        dpkg --force-confdef --force-confold -i /packages/komainu.deb
        [ "$before" = "$(sum)" ]
        grep -q "changed here" /etc/komainu/komainu.conf.sample
        [ "$(stat -c "%A %U" /etc/komainu/cluster.key)" = "-rw------- komainu" ]
        [ ! -e /usr/share/komainu/of-the-lower-version ]'
    step 'it restarts the daemon once, after the new files are there' '
        cat /packages/asked
        ! grep -F "(lower files)" /packages/asked
        [ "$(grep -c "^restart komainu.service (new" /packages/asked)" = 1 ]'
    check 'a daemon that was killed has left nothing once the package is removed' \
        killed_daemon_leaves_nothing
    step 'removing it stops the daemon while its files are there, and keeps the configuration' '
        cat /packages/asked
        grep -qx "stop komainu.service (new files)" /packages/asked
        [ ! -e /usr/sbin/komainud ] && [ ! -e /usr/libexec/komainu ]
        [ -e /etc/komainu/komainu.conf ] && [ -e /etc/komainu/cluster.key ]'
    step 'it is purged' '
        dpkg --purge komainu
        [ "$(dpkg-query -W -f "\${db:Status-Abbrev}" komainu 2>/dev/null)" != "ii " ]
        ! ls /var/lib/dpkg/info/komainu.* 2>/dev/null'
    unwatch_systemd
    check 'every file and account is as it was before' tree_is_as_before
    step 'purged, it leaves what is not its own in /etc/komainu, to root' '
        dpkg -i /packages/komainu.deb
        install -o komainu -m 700 /dev/null /etc/komainu/my-hook
        touch /etc/komainu/komainu.conf~ /etc/komainu/cluster.key.old
        dpkg --purge komainu
        [ "$(ls /etc/komainu)" = my-hook ]
        [ "$(stat -c %U:%G /etc/komainu/my-hook)" = root:root ]
        ! getent passwd komainu'
}
