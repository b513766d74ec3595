# Packages are made twice: here; and in another directory, by a user who may do nothing, from what
# the first build calls its source, without git and without a network, under another umask, another
# time zone and later. No byte differs. An RPM names the directory in which it was built, in its copy of
# the spec: its second build sees its own tree there, by a mount that nobody else sees.
# What is called $work, $here and $root is whose calls; what stands in single quotes runs elsewhere.
# shellcheck shell=bash disable=SC2154,SC2016

# The unpacked source belongs to nobody, who makes a package of it.
make_elsewhere() {
    local kind=$1 elsewhere=$work/elsewhere/a-directory-with-a-longer-name-than-the-first
    if [ ! -d "$elsewhere" ]; then
        mkdir -p "$elsewhere"
        tar -xJf build/deb/komainu_*.orig.tar.xz -C "$elsewhere" --strip-components=1 || return
        chown -R nobody: "$work/elsewhere"
    fi
    local place=$elsewhere
    [ "$kind" = deb ] || place=$PWD
    unshare --net --mount bash -c '
        [ "$1" = "$2" ] || mount --bind "$1" "$2" || exit
        cd "$2" && exec setpriv --reuid=nobody --regid=nogroup --clear-groups env -i PATH="$PATH" \
            CXX="${CXX:-}" HOME="$1/.." TZ=Asia/Tokyo LANG=C.UTF-8 \
            bash -c "umask 077; [ -n \"\$CXX\" ] || unset CXX; make \"\$1\"" bash "$3"
        ' bash "$elsewhere" "$place" "$kind" \
        >"$work/$kind.second.log" 2>&1 || { tail -n 30 "$work/$kind.second.log"; return 1; }
}

make_here() {
    make --no-print-directory "$1" >"$work/$1.log" 2>&1 || { tail -n 30 "$work/$1.log"; return 1; }
}

# Each file that came of the build, but the two that tell about the build itself.
same_bytes() {
    local kind=$1 there status=0 file
    there=$(echo "$work"/elsewhere/*/build/"$kind")
    for file in build/"$kind"/*; do
        case $file in *.buildinfo|*.changes) continue ;; esac
        cmp "$file" "$there/${file##*/}" || status=1
    done
    return $status
}

check_builds() {
    local kind
    for kind in deb rpm; do
        check "make $kind" make_here $kind &&
            check "make $kind elsewhere: a tree without git, no network, an ordinary user" \
                make_elsewhere $kind &&
            check "both have the same bytes" same_bytes $kind || return
    done
}
