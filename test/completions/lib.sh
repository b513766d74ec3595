# What is to be completed, on which command line. Sourced by the test of each shell, which defines
# `complete_line WORD...`: it prints what the shell offers for the last of the words, a line each, in
# any order.
# shellcheck shell=bash
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
export LC_ALL=C

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

# The programs that were built; but a daemon answers to komainuctl when $scratch/answers is there.
bin=$scratch/bin
mkdir "$bin"
[ -x "$BUILD/komainuctl" ] || { echo "komainuctl was not built"; exit 1; }
ln -s "$PWD/$BUILD/komainud" "$bin/komainud"
cat >"$bin/komainuctl" <<SCRIPT
#!/bin/sh
case "\$*" in *--json*) cat "$scratch/answers/\$1" && exit ;; esac
exec '$PWD/$BUILD/komainuctl' "\$@"
SCRIPT
# On a busy machine a second may be too short.
printf '#!/bin/sh\nshift\nexec "$@"\n' >"$bin/timeout"
chmod 755 "$bin/komainuctl" "$bin/timeout"
PATH=$bin:$PATH

# A configuration to be read where no daemon is.
mkdir -p "$scratch/files/etc"
printf '%s\n' '[control]' "socket = $scratch/none" '[node.1]' '[node.2] # second' '[node.33]' \
    '[backend.0]' '[backend.5]' '#[node.4]' >"$scratch/files/etc/shrine.conf"

# The candidates that are expected come from stdin, blanks or newlines between them.
expect() {
    local found expected
    expected=$(tr -s ' ' '\n' | sed '/^$/d' | sort)
    found=$(complete_line "$@" | sed '/^$/d' | sort)
    [ "$found" != "$expected" ] || return 0
    failures=$((failures + 1))
    printf 'after "%s"\n  expected: %s\n  offered:  %s\n' "$*" "${expected//$'\n'/ }" "${found//$'\n'/ }"
}

# The table of the code, "command options...", which the help is made of.
commands_of_the_code() {
    awk -F '"' '/^    \{"[a-z-]+",$/ { name = $2 }
        /^     \{("[a-z-]+"(, )?)*\},$/ {
            line = name
            for (i = 2; i <= NF; i += 2) line = line " --" $i
            print line
        }' src/ctl/commands.cpp
}
options_of_the_code() { sed -nE 's/^ +\("([a-z-]+)(,.)?".*/--\1/p' "$1"; }

completes_everything() {
    local command options conf=$scratch/files/etc/shrine.conf
    [ "$(commands_of_the_code | wc -l)" -ge 15 ] || { echo 'it finds no commands'; exit 1; }
    commands_of_the_code | sed 's/ .*//' | expect komainuctl ''
    while read -r command options; do
        expect komainuctl "$command" -- <<<"$options --help"
    done < <(commands_of_the_code)
    options_of_the_code src/ctl/command_line.cpp | expect komainuctl --
    options_of_the_code src/daemon/options.cpp | expect komainud --

    # What the help of a command names stands there as well.
    "$BUILD/komainuctl" --help | sed -nE '/^Commands:/,/^$/s/^  ([a-z-]+).*/\1/p' | expect komainuctl ''

    expect komainuctl sw <<<switchover
    expect komainuctl xyz <<<''
    expect komainuctl --config "$conf" swi <<<switchover
    expect komainuctl no-such-command '' <<<''
    expect komainuctl pause '' <<<''
    expect komainuctl --config "$scratch/files/" <<<"$scratch/files/etc"
    expect komainuctl check-config "$scratch/files/etc/s" <<<"$conf"
    expect komainuctl --config "$conf" switchover '' <<<'1 2 33'
    expect komainuctl switchover --config "$conf" 3 <<<33
    expect komainuctl switchover 1 '' <<<''
    expect komainuctl switchover --config /nowhere '' <<<''
    expect komainuctl --config "$conf" report 1 '' <<<'alive dead'
    expect komainuctl --config "$conf" report 1 dead '' <<<''
    expect komainuctl backend '' <<<'list history detach attach promote recovery-start recovery-end'
    expect komainuctl backend --wait 5 re <<<'recovery-start recovery-end'
    expect komainuctl backend --wait '' <<<''
    expect komainuctl --config "$conf" backend attach '' <<<'0 5'
    expect komainuctl --config "$conf" backend recovery-end '' <<<'0 5'
    expect komainuctl --config "$conf" backend list '' <<<''
    expect komainud --config "$conf" --node-id '' <<<'1 2 33'
    expect komainud --config "$scratch/files/etc/s" <<<"$conf"

    # A daemon knows better.
    mkdir "$scratch/answers"
    echo '{"backends":[{"id":0}],"nodes":[{"id":1,"links":[{"alive":true}]},{"id":7}],"term":4}' \
        >"$scratch/answers/status"
    echo '[{"id":3,"role":"primary","state":"up"},{"id":12}]' >"$scratch/answers/backend"
    expect komainuctl switchover --config "$conf" '' <<<'1 7'
    expect komainuctl backend detach --config "$conf" '' <<<'3 12'
    rm -r "$scratch/answers"
}

# What is typed, and becomes part of sed's commands, must not be one. The word is quoted as the shell
# needs it.
executes_nothing() {
    local quote=$1 word
    for word in "--x//;1e>$scratch/harm;#" "s//;1e>$scratch/harm;#"; do
        complete_line komainuctl "$quote$word$quote" '' >/dev/null
        complete_line komainuctl "$quote$word$quote" - >/dev/null
        [ ! -e "$scratch/harm" ] || { echo "$word was executed"; failures=$((failures + 1)); }
        rm -f "$scratch/harm"
    done
}

finish() { [ "$failures" = 0 ]; }
