#!/usr/bin/env bash
# Makes the Debian package (package.sh deb) or the RPM (package.sh rpm) of what is in this tree,
# without root and without the network, and puts what comes of it into build/deb or build/rpm.
# Whatever git does not ignore belongs to it, committed or not; a tree without git is taken as it is.
#
# Built twice from one tree, by whomever, at whatever time and with whatever umask, a package has the same
# bytes: all files are as old as the newest entry of the changelog. A Debian package does in whatever directory;
# an RPM names its own.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C
umask 022
# make's own are for make alone: what was said to it for this tree does not hold for the package's.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL

kind=${1:-}
out=$PWD/build/$kind
version=$(sed -n 's/^VERSION *:= *//p' Makefile)
SOURCE_DATE_EPOCH=$(date -d "$(sed -n '/^ -- /{s/.*>  //p;q}' packaging/debian/changelog)" +%s)
export SOURCE_DATE_EPOCH

die() { echo "make $kind: $*" >&2; exit 1; }

need() {
    command -v "$1" >/dev/null || die "$1 is missing; 'make deps TESTS=packages' installs it"
}

# As a list that ends each name with a NUL.
files_of_the_tree() {
    if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$PWD" ]; then
        git ls-files -z --cached --others --exclude-standard |
            while IFS= read -r -d '' file; do
                [ ! -e "$file" ] && [ ! -L "$file" ] || printf '%s\0' "$file"
            done
    else
        find . \( -path ./.git -o -path ./build \) -prune -o \
            \( -type f -o -type l \) ! -name compile_commands.json -printf '%P\0'
    fi
}

# source_archive FILE: as upstream would release it, and the same for everybody.
source_archive() {
    files_of_the_tree | sort -z -u |
        tar -c --no-recursion --format=gnu --hard-dereference --mode=a+rX,u+w,go-w \
            --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
            --transform "s,^,komainu-$version/,rSH" --null --files-from=- |
        xz -T1 >"$1"
}

make_deb() {
    need dpkg-buildpackage
    local tree=$out/komainu-$version
    source_archive "$out/komainu_$version.orig.tar.xz"
    tar -xJf "$out/komainu_$version.orig.tar.xz" -C "$out" --no-same-owner
    cp -R "$tree/packaging/debian" "$tree/debian"
    (cd "$tree" && dpkg-buildpackage --no-sign --jobs-try=auto)
    rm -r "$tree"
}

# What Red Hat's rpm-build knows and this one may not comes from a file. Packages are then not asked
# for either, since RPM knows of none.
make_rpm() {
    need rpmbuild
    local -a here=()
    [ -n "$(rpm --eval '%{?_unitdir}')" ] ||
        here=(--nodeps --load "$PWD/packaging/rpm/macros.debian")
    mkdir -p "$out/sources" "$out/tree/tmp"
    source_archive "$out/sources/komainu-$version.tar.xz"
    cp packaging/systemd/komainu.sysusers "$out/sources/"
    rpmbuild -ba "${here[@]}" --define "_topdir $out/tree" --define "_tmppath $out/tree/tmp" \
        --define "_sourcedir $out/sources" --define "_rpmdir $out" --define "_srcrpmdir $out" \
        --define '_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
        --define '_srcdefattr (-,root,root)' --define '_buildhost localhost' \
        --define 'use_source_date_epoch_as_buildtime 1' \
        --define 'clamp_mtime_to_source_date_epoch 1' --define 'source_date_epoch_from_changelog 0' \
        packaging/rpm/komainu.spec
    rm -r "$out/tree" "$out/sources"
}

case $kind in
    deb|rpm) ;;
    *) echo "usage: $0 deb|rpm" >&2; exit 2 ;;
esac
rm -rf "$out"
mkdir -p "$out"
make_"$kind"
ls "$out"/*."$kind"
