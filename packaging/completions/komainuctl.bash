# Completes the command lines of komainuctl(8) and komainud(8) in bash. Needs nothing of the package
# bash-completion, which loads it by the names of the programs.
#
# There is no table here of what can be said: commands, options and arguments are what the installed
# program tells with --help. So a command that is new is completed by itself, if its arguments have
# names as below.
# shellcheck shell=bash

# What a program says, within a second; nothing when it cannot be asked.
_komainu_ask() { timeout 1 "$@" </dev/null 2>/dev/null; }

# The options of the first page of the help. Of one that takes a value, its name in capitals. What is
# typed becomes part of a pattern, so it must not be more than a name.
_komainu_options() {
    _komainu_ask "$program" --help | sed -nE '/^Options:/,/^$/s/^  (-. \[ )?(--[a-z-]+).*/\2/p'
}
_komainu_value_of() {
    [[ $1 =~ ^--[a-z-]+$ ]] && _komainu_ask "$program" --help | sed -nE "s/^  (-. \[ )?$1( \])? ([A-Z]+)( .*)?$/\3/p"
}

_komainuctl_commands() {
    _komainu_ask "$program" --help | sed -nE '/^Commands:/,/^$/s/^  ([a-z-]+).*/\1/p'
}
# The words of a command's usage behind its name: options in brackets, then arguments.
_komainuctl_usage() {
    [[ $1 =~ ^[a-z-]+$ ]] && _komainu_ask "$program" "$1" --help | sed -n "s/^Usage: komainuctl $1 \{0,1\}//p"
}
# What a command can be told to do with a backend, a line each, with ID where it takes one.
_komainuctl_actions() {
    _komainu_ask "$program" "$1" --help | sed -nE 's/^  ([a-z-]+( ID)?(, [a-z-]+( ID)?)*)(  .*)?$/\1/p' |
        sed 's/, /\n/g'
}

# The configuration that is meant, for when no daemon answers.
_komainuctl_config() {
    local i
    for ((i = 0; i + 1 < ${#where[@]}; ++i)); do
        [ "${where[i]}" != --config ] || { printf '%s\n' "${where[i + 1]}"; return; }
    done
    echo /etc/komainu/komainu.conf
}
_komainuctl_sections() {
    sed -nE "s/^ *\[$1\.([0-9]+)\].*/\1/p" "$(_komainuctl_config)" 2>/dev/null
}
_komainuctl_nodes() {
    _komainu_ask "$program" status --json "${where[@]}" |
        sed 's/.*"nodes"://; s/"backends":.*//' | grep -oE '"id":[0-9]+' | cut -d: -f2 |
        grep . || _komainuctl_sections node
}
_komainuctl_backends() {
    _komainu_ask "$program" backend list --json "${where[@]}" | grep -oE '"id":[0-9]+' |
        cut -d: -f2 | grep . || _komainuctl_sections backend
}

# Offers those of the lines that are read that begin with what is typed.
_komainu_offer() {
    local word
    while IFS= read -r word; do
        [[ $word != "$typed"* ]] || COMPREPLY+=("$word")
    done
}
_komainu_offer_files() {
    _komainu_offer < <(compgen -f -- "$typed")
    compopt -o filenames 2>/dev/null  # fails where a test calls this, outside of a completion
}

# By the name that the usage gives to an argument, or the help to an option's value.
_komainu_offer_for() {
    case $1 in
        *FILE|*PATH|*CONF) _komainu_offer_files ;;
        NODE) _komainu_offer < <(_komainuctl_nodes) ;;
        ACTION) _komainu_offer < <(_komainuctl_actions "$command" | sed 's/ .*//') ;;
        ID) ! _komainuctl_actions "$command" | grep -qxF "$last ID" ||
                _komainu_offer < <(_komainuctl_backends) ;;
        *'|'*) _komainu_offer < <(tr '|' '\n' <<<"$1") ;;
    esac
}

# Sets typed, and words: those before it, as the program is given them. Bash takes --config=FILE for
# three words.
_komainu_read_words() {
    local i
    typed=${COMP_WORDS[COMP_CWORD]-} words=()
    for ((i = 1; i < COMP_CWORD; ++i)); do
        [ "${COMP_WORDS[i]}" = = ] || words+=("${COMP_WORDS[i]/#\~/$HOME}")
    done
    [ "$typed" != = ] || typed=
    program=${COMP_WORDS[0]/#\~/$HOME}
}

_komainuctl() {
    local program typed command='' last='' option usage i count=0
    local -a words where=() arguments=()
    COMPREPLY=()
    _komainu_read_words
    for ((i = 0; i < ${#words[@]}; ++i)); do
        option=
        case ${words[i]} in
            --config|--socket) option=${words[i]} where+=("${words[@]:i:2}"); ((++i)) ;;
            --*) option=${words[i]}; [ -z "$(_komainu_value_of "${words[i]}")" ] || ((++i)) ;;
            -*) ;;
            *) if [ -z "$command" ]; then command=${words[i]}; else ((++count)); fi
               last=${words[i]} ;;
        esac
    done
    if [ -n "$option" ] && [ "$i" -gt ${#words[@]} ]; then  # its value is missing
        _komainu_offer_for "$(_komainu_value_of "$option")"
    elif [ -z "$command" ]; then
        case $typed in
            -*) _komainu_offer < <(_komainu_options) ;;
            *) _komainu_offer < <(_komainuctl_commands) ;;
        esac
    else
        usage=$(_komainuctl_usage "$command")
        case $typed in
            -*) _komainu_offer < <(grep -oE -- '--[a-z-]+' <<<"$usage"; echo --help) ;;
            *) read -ra arguments < <(sed -E 's/\[--[^]]*\]//g; s/[][]//g' <<<"$usage")
               _komainu_offer_for "${arguments[count]-}" ;;
        esac
    fi
}

_komainud() {
    local program typed option=''
    local -a words where
    COMPREPLY=()
    _komainu_read_words
    where=("${words[@]}")
    [ ${#words[@]} = 0 ] || option=${words[${#words[@]} - 1]}
    case $option in
        --config) _komainu_offer_files ;;
        --node-id) _komainu_offer < <(_komainuctl_sections node) ;;
        *) _komainu_offer < <(_komainu_options) ;;
    esac
}

complete -F _komainuctl komainuctl
complete -F _komainud komainud
