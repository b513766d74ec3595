# What is in the packages, with rights and owners, and what the linters say.
# What is called $work, $here and $root is whose calls; what stands in single quotes runs elsewhere.
# shellcheck shell=bash disable=SC2154,SC2016

deb_of() { echo build/deb/komainu_*.deb; }
rpm_of() { echo build/rpm/komainu-[0-9]*[!c].rpm; }

contents_of_deb() {
    dpkg-deb --fsys-tarfile "$(deb_of)" | tar -tv | awk '{ print $1, $2, substr($6, 2) }' |
        sed -E 's#([^ ])/$#\1#' | LC_ALL=C sort -k 3
}

contents_of_rpm() {
    rpm -qp --qf '[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\n]' "$(rpm_of)" |
        grep -v /usr/lib/.build-id | LC_ALL=C sort -k 3
}

scripts_of_rpm() { rpm -qp --scripts "$(rpm_of)"; }

deb_has_its_files() { same "$here/deb-files" "$(deb_of)" "$here/deb-files" <(contents_of_deb); }
rpm_has_its_files() { same "$here/rpm-files" "$(rpm_of)" "$here/rpm-files" <(contents_of_rpm); }
rpm_has_its_scripts() { same "$here/rpm-scripts" "$(rpm_of)" "$here/rpm-scripts" <(scripts_of_rpm); }

# One version, wherever it is said.
versions_agree() {
    local version
    version=$(sed -n 's/^VERSION *:= *//p' Makefile)
    case $(deb_of) in */komainu_"$version"-*) ;; *) echo "not $version: $(deb_of)"; return 1 ;; esac
    case $(rpm_of) in */komainu-"$version"-*) ;; *) echo "not $version: $(rpm_of)"; return 1 ;; esac
}

# Position, relocations and symbols that nothing can change once they run, and calls that look first.
programs_are_hardened() {
    local programs=$work/programs program status=0
    dpkg-deb -x "$(deb_of)" "$programs"
    for program in "$programs"/usr/sbin/* "$programs"/usr/libexec/komainu/komainu-*; do
        has() { grep -q "$2" <<<"$(readelf -W "$1" "$program")" || { echo "$program: no $2"; status=1; }; }
        has -h 'DYN (Position-Independent'
        has -l GNU_RELRO
        has -d 'FLAGS.*NOW'
        has --dyn-syms __stack_chk_fail
        has --dyn-syms '_chk@'
    done
    return $status
}

flags_are_honoured() { blhc --all "$work/deb.log"; }

# A service needs no compiler; the root that it is installed in is looked at as well.
needs_no_compiler() {
    ! { dpkg-deb -f "$(deb_of)" Depends Recommends; rpm -qp --requires "$(rpm_of)"; } |
        grep -E '(^|[ ,(])(gcc|g\+\+|clang|llvm|cpp|make|binutils|bpftool)([ ,-]|$)|-dev(el)?\b'
}

lintian_is_content() {
    # As root, unpacking is what it warns of.
    lintian --allow-root --fail-on error,warning --tag-display-limit 0 build/deb/*.changes
}

rpmlint_is_content() {
    rpmlint --rpmlintrc packaging/rpm/komainu.rpmlintrc build/rpm/*.rpm | tee "$work/rpmlint"
    grep -q ' 0 errors, 0 warnings' "$work/rpmlint"
}

check_contents() {
    check 'they have the version of the tree' versions_agree
    check 'the deb holds its files, with their rights' deb_has_its_files
    check 'the rpm holds its files, with their rights' rpm_has_its_files
    check 'the rpm has its scriptlets' rpm_has_its_scripts
    check 'the programs are hardened (PIE, RELRO, BIND_NOW, stack protector, FORTIFY)' programs_are_hardened
    check 'every command of the build has the flags of dpkg-buildflags (blhc)' flags_are_honoured
    check 'neither depends on a compiler' needs_no_compiler
    check 'lintian has no errors and no warnings' lintian_is_content
    check 'rpmlint has no errors and no warnings' rpmlint_is_content
}
