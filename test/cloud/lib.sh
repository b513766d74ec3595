# What the checks of the cloud commands share; they source it. Each runs its command with the
# environment that komainu gives it, and with nothing in its PATH but the few tools that it may use
# and the fakes. The fakes tell recorded stories: recordings/SUBJECT/*, and what is in recordings/
# itself where several begin alike. What aws and gcloud say was recorded from themselves (aws 1.45,
# gcloud 528), while they talked to a stand-in for the cloud's API, except a few failures that it
# could not make; what az and curl say was written by hand. No network, no root, no CLI is needed.
# Variables that seem unused here are used there.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

subject=${0##*/}
vip=10.0.0.100  # the VIP's address, unless a check sets another
interface=lo    # its interface: everybody has lo, so its MAC address is the one in the recordings
without=        # a program that is not installed
failures=0
played=' '
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mkdir "$scratch/bin"
for tool in bash env flock sed timeout; do ln -s "$(command -v $tool)" "$scratch/bin"; done
ln -s "$PWD"/fakes/* "$scratch/bin"

# play RECORDINGS ARGUMENT...: what the command says is in $scratch afterwards.
play() {
    local recording
    local -a files=()
    for recording in $1; do
        played+="$recording "
        [[ -e recordings/$recording ]] || recording=$subject/$recording
        files+=("recordings/$recording")
    done
    cat /dev/null "${files[@]}" >"$scratch/story"
    rm -f "$scratch/story.unexpected"
    [[ ! $without ]] || mv "$scratch/bin/$without" "$scratch/taken-away"
    local status=0
    env -i PATH="$scratch/bin" KOMAINU_CLUSTER=shrine KOMAINU_NODE=1 KOMAINU_VIP=main \
        KOMAINU_VIP_ADDRESS="$vip" KOMAINU_VIP_PREFIX=24 \
        KOMAINU_VIP_INTERFACE="$interface" STORY="$scratch/story" \
        "../../conf/cloud/$subject" "${@:2}" \
        </dev/null >"$scratch/stdout" 2>"$scratch/stderr" || status=$?
    [[ ! $without ]] || mv "$scratch/taken-away" "$scratch/bin/$without"
    return "$status"
}

# complain TITLE WHY: what went wrong, and all that was seen.
complain() {
    failures=$((failures + 1))
    echo "$1: $2"
    sed 's/^/  stderr: /' "$scratch/stderr"
    sed 's/^/  stdout: /' "$scratch/stdout"
    sed 's/^/  never called: /' "$scratch/story"
    [[ ! -e $scratch/story.unexpected ]] || sed 's/^/  /' "$scratch/story.unexpected"
}

told_whole_story() { [[ ! -s $scratch/story && ! -e $scratch/story.unexpected ]]; }

# works TITLE RECORDINGS ARGUMENT...: it makes just these calls, says nothing, and ends well.
works() {
    local status=0
    play "${@:2}" || status=$?
    if [[ $status != 0 ]]; then
        complain "$1" "exit status $status"
    elif ! told_whole_story; then
        complain "$1" 'it did not make the calls recorded'
    elif [[ -s $scratch/stderr || -s $scratch/stdout ]]; then
        complain "$1" 'it said something'
    fi
}

# fails TITLE PATTERN RECORDINGS ARGUMENT...: it makes just these calls, says why not in one line
# that has its name and the pattern in it, and ends badly.
fails() {
    local status=0
    local -a lines
    play "${@:3}" || status=$?
    mapfile -t lines <"$scratch/stderr"
    # The pattern is a pattern.
    # shellcheck disable=SC2053
    if [[ $status != 1 ]]; then
        complain "$1" "exit status $status, and not 1"
    elif ! told_whole_story; then
        complain "$1" 'it did not make the calls recorded'
    elif [[ ${#lines[@]} != 1 || -s $scratch/stdout ]]; then
        complain "$1" 'it did not say one line'
    elif [[ ${lines[0]} != "$subject: "*$2* ]]; then
        complain "$1" "it did not say: $2"
    fi
}

# To be called at the end.
finish() {
    local recording
    for recording in "recordings/$subject"/*; do
        [[ $played == *" ${recording##*/} "* ]] || complain "$recording" 'no check plays it'
    done
    ((failures == 0))
}
