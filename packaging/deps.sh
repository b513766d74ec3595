#!/usr/bin/env bash
# Installs what building and testing komainu needs, on Debian or Ubuntu (apt-get) and on RHEL 9 and
# its rebuilds (dnf). Says nothing and changes nothing when all of it is there. Uses sudo only when
# not root. Whoever installs things another way never needs this script: `make all tests` does
# not call it.
#
# TESTS=basic leaves out the servers that the tests in test/pgpool run, and Prometheus, whose promtool
# checks the metrics. They are installed without being started, now or at the next boot, and without a
# database. TESTS=packages has what packages are built and checked with in their place.
set -euo pipefail

debian_packages="g++ make pkg-config
    libmnl-dev libnl-3-dev libnl-route-3-dev libboost-program-options-dev libsodium-dev
    libcap-ng-dev libseccomp-dev libfmt-dev nlohmann-json3-dev
    libcurl4-openssl-dev libpq-dev libmd-dev
    libbpf-dev clang bpftool
    libgtest-dev libpcap-dev tshark iproute2 nftables spin shellcheck mandoc libclang-rt-dev zsh
    systemd"

# From CRB come the -devel packages of libbpf, libmnl, libnl3 and libpcap; from EPEL those of
# libsodium, libmd, fmt, json and gtest, and ShellCheck. Neither has spin, so that `make check` skips
# the model there.
el_packages="gcc-c++ make pkgconf-pkg-config
    libmnl-devel libnl3-devel boost-devel libsodium-devel
    libcap-ng-devel libseccomp-devel fmt-devel json-devel
    libcurl-devel libpq-devel libmd-devel
    libbpf-devel clang bpftool
    gtest-devel libpcap-devel wireshark-cli iproute nftables ShellCheck zsh
    libasan libubsan compiler-rt systemd"

# With what pgpool-II's own watchdog calls. EL has no pgpool-II; those tests are skipped there unless it
# comes from the repositories of PostgreSQL. Nor has it promtool; what that checks is skipped as well.
debian_servers="pgpool2 postgresql iputils-ping iputils-arping prometheus"
el_servers=

debian_packagers="dpkg-dev debhelper fakeroot lintian blhc rpm rpmlint debootstrap xz-utils"
el_packagers="rpm-build rpmlint systemd-rpm-macros xz"

die() { echo "make deps: $*" >&2; exit 1; }

# Runs a command as root and shows what it printed only when it failed.
quietly() {
    local output
    output=$($sudo "$@" 2>&1) && return
    printf '%s\n' "$output" | tail -n 20 >&2
    die "failed: $*"
}

missing_on_debian() {
    local installed package
    # dpkg-query fails when it does not know one of the names; the others are listed all the same.
    installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null || true)
    installed=$(sed -n 's/^ii *//p' <<<"$installed")
    for package; do
        grep -qxF "$package" <<<"$installed" || printf '%s ' "$package"
    done
}

missing_on_el() {
    local package
    for package; do
        rpm -q --quiet --whatprovides "$package" || printf '%s ' "$package"
    done
}

# Debian starts a service when its package is installed, and makes a database of PostgreSQL's, unless
# it is told before. What stands there already is left as it is.
keep_servers_down() {
    policy=/usr/sbin/policy-rc.d
    [ -e $policy ] || {
        trap '$sudo rm -f $policy' EXIT
        printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
        $sudo chmod 755 $policy
    }
    local settings=/etc/postgresql-common/createcluster.conf
    [ -e $settings ] || {
        $sudo mkdir -p ${settings%/*}
        echo 'create_main_cluster = false' | $sudo tee $settings >/dev/null
    }
}

install_on_debian() {
    quietly apt-get -q update
    case " $* " in *' pgpool2 '*|*' postgresql '*|*' prometheus '*) keep_servers_down ;; esac
    # Else tshark would ask whether ordinary users may capture.
    quietly env DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends install "$@"
    local server
    for server in pgpool2 prometheus; do
        case " $* " in *" $server "*)
            ! command -v systemctl >/dev/null || quietly systemctl disable "$server" ;;
        esac
    done
}

install_on_el() {
    local epel=https://dl.fedoraproject.org/pub/epel/epel-release-latest-9.noarch.rpm
    quietly dnf -qy install 'dnf-command(config-manager)'
    if grep -q '^ID="\?rhel' /etc/os-release; then
        quietly subscription-manager repos --enable "codeready-builder-for-rhel-9-$(uname -m)-rpms"
    else
        quietly dnf -qy config-manager --set-enabled crb
    fi
    rpm -q --quiet epel-release || quietly dnf -qy install "$epel"
    quietly dnf -qy --setopt=install_weak_deps=False install "$@"
}

if command -v apt-get >/dev/null; then
    system=debian packages=$debian_packages servers=$debian_servers packagers=$debian_packagers
elif command -v dnf >/dev/null; then
    system=el packages=$el_packages servers=$el_servers packagers=$el_packagers
else
    die "neither apt-get nor dnf here; install by hand: $debian_packages"
fi

case ${TESTS:-full} in
    basic) servers= ;;
    packages) servers=$packagers ;;
esac
# The lists are split into words on purpose, here and below.
# shellcheck disable=SC2086
missing=$(missing_on_$system $packages $servers)
[ -n "$missing" ] || exit 0
sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "not root and no sudo; as root, install: $missing"
    sudo=sudo
fi
echo "make deps: installing $missing"
# shellcheck disable=SC2086
install_on_$system $missing
