# What the checks of packages share: how they count, and a Debian root of its own to install things in.
# Variables that seem unused here are used there.
# shellcheck shell=bash disable=SC2034,SC2016

passed=0 failed=0 skipped=0

pass() { passed=$((passed + 1)); printf '  ok    %s\n' "$1"; }
fail() { failed=$((failed + 1)); printf '  FAIL  %s\n' "$1"; }
skip() { skipped=$((skipped + 1)); printf '  skip  %s: %s\n' "$1" "$2"; }

# check NAME COMMAND...: passes when the command succeeds, and shows what it printed when not.
check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        pass "$name"
    else
        fail "$name"
        tail -n 40 <<<"$output"
        return 1
    fi
}

# Whether two texts are the same; the difference is shown.
same() { diff --label "$1" --label "$2" -u "${3:-$1}" "${4:-$2}"; }

# make_root DIRECTORY: the system that runs here, at its least, from where this machine gets its packages.
make_root() {
    local root=$1 mirror codename file
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m 1 -v security)
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release; echo "$VERSION_CODENAME")
    # With mounts of its own, which end with it, also when it is interrupted.
    unshare --mount debootstrap --variant=minbase --include=ca-certificates,iproute2 "$codename" "$root" "$mirror" || return
    rm -rf "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
    for file in sources.list sources.list.d apt.conf.d; do
        [ ! -e "/etc/apt/$file" ] || cp -a "/etc/apt/$file" "$root/etc/apt/"
    done
    # Nothing is started: there is nobody who could.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    for file in resolv.conf hosts; do cp -L "/etc/$file" "$root/etc/$file"; done
    inside "$root" apt-get -q update
}

# inside ROOT COMMAND...: with the network of who calls, and mounts and processes that end with it.
inside() {
    root=$1 unshare --mount --pid --fork --kill-child bash -c '
        mount --make-rprivate / && mount -t proc proc "$root/proc" && mount -t sysfs sysfs "$root/sys" &&
            exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
                LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"' inside "${@:2}"
}

# Each file of a root with its rights, owner and content, but for what any package's coming and
# going changes, and the copies that useradd and userdel leave of the files before.
tree_of() {
    (cd "$1" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./packages -o -path ./run/systemd \
        -o -path ./var/cache -o -path ./var/log -o -path './var/lib/apt' -o -path './var/lib/dpkg/*-old' \
        -o -path ./var/lib/dpkg/available -o -path './var/lib/dpkg/triggers' \
        -o -path './etc/passwd-' -o -path './etc/group-' -o -path './etc/shadow-' \
        -o -path './etc/gshadow-' -o -path ./var/lib/dpkg/status \) -prune -o -printf '%M %u:%g %p %l\n' |
        LC_ALL=C sort -k 3)
    (cd "$1" && find etc usr var/lib/dpkg/diversions var/lib/systemd -xdev -type f \
        ! -path 'etc/*-' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
}
