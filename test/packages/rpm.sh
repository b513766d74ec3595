# The RPM in an empty root: this system has no packages that RPM knows of, so nothing that it requires is
# looked for, and no scriptlet runs.
# What is called $work, $here and $root is whose calls; what stands in single quotes runs elsewhere.
# shellcheck shell=bash disable=SC2154,SC2016

in_rpm_root() { rpm --root "$work/rpm-root" --dbpath /var/lib/rpm --nodeps --noscripts --nodigest "$@"; }

rpm_tree() { (cd "$work/rpm-root" && find . -path ./var/lib/rpm -prune -o -printf '%M /%P\n' | LC_ALL=C sort -k 2); }

check_rpm() {
    mkdir -p "$work/rpm-root/var/lib/rpm"
    check 'it is installed' in_rpm_root --install "$(realpath "$(rpm_of)")" || return
    check 'each of its files is there' rpm_files_are_there
    check 'its files are what was packed' in_rpm_root --verify --nouser --nogroup komainu
    check 'it is erased' in_rpm_root --erase komainu
    check 'nothing is left of it' rpm_left_nothing
}

rpm_files_are_there() {
    same packed installed <(awk '{ print $1, $3 }' "$here/rpm-files") \
        <(rpm_tree | grep -xFf <(awk '{ print $1, $3 }' "$here/rpm-files"))
}

# But the directories that other packages own.
rpm_left_nothing() {
    local left
    left=$(rpm_tree | grep -v '^d' || true; rpm_tree | grep komainu || true)
    [ -z "$left" ] || { echo "$left"; return 1; }
}
