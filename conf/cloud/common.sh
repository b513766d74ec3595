# What the commands beside this file share; they source it, and komainu runs them as the up_command
# or down_command of a VIP. What holds for all of them, since here the cloud's API is the arbiter:
#
# - There is no fence, and nothing in the kernel expires. A node that is cut off from the API cannot
#   give the address back; the next active takes it away from it all the same.
# - A takeover lasts as long as the API needs: seconds, with Azure up to a minute.
# - No command touches the host's own addresses, which needs CAP_NET_ADMIN. Where the guest must
#   have the address by itself, it has it always, on every node, as one on lo:
#       ip address add 10.0.0.100/32 dev lo    # by the network's configuration, so that it lasts
#   Then a standby that connects to the VIP reaches itself. Where hosts see each other's ARP (not in
#   these clouds) net.ipv4.conf.all.arp_ignore = 1 keeps it from answering for the address.
#
# A command may be run again at any time. down gives up only what this node has. Exit status 0:
# done. Otherwise one line on stderr says why not.
# Variables that seem unused here are used there.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
shopt -s inherit_errexit

verb=${1:-}
vip=${KOMAINU_VIP_ADDRESS:-}
limit=20  # seconds, for one call of the cloud's CLI

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# begin CLI USAGE: whether there is all that is needed to begin.
begin() {
    local name
    [[ $verb == up || $verb == down ]] || fail "'$verb' is neither up nor down; usage: $2"
    for name in KOMAINU_VIP KOMAINU_VIP_ADDRESS KOMAINU_VIP_INTERFACE; do
        [[ ${!name:-} ]] || fail "no $name in the environment; komainu sets it for its commands"
    done
    [[ -r /sys/class/net/$KOMAINU_VIP_INTERFACE/address ]] ||
        fail "this host has no interface $KOMAINU_VIP_INTERFACE; name the VIP's in komainu.conf"
    mac=$(<"/sys/class/net/$KOMAINU_VIP_INTERFACE/address")
    for name in curl "$1"; do
        command -v "$name" >/dev/null || fail "$name is not installed, or not in PATH=$PATH"
    done
}

ipv4_only() {
    [[ $vip != *:* ]] || fail "$vip is an IPv6 address; this command moves IPv4 addresses only"
}

# Commands that read a list and write it back run one after another. CLIs do not inherit the lock:
# some leave a process behind.
take_turns() {
    exec 9<"${BASH_SOURCE[0]}"
    flock --wait "$limit" 9 || fail "another such command is still running after $limit s"
}

limited() {
    local status=0
    timeout --kill-after=2 "$limit" "$@" </dev/null 9<&- || status=$?
    [[ $status != 124 && $status != 137 ]] || echo "$1 did not end within $limit s" >&2
    return "$status"
}

one_line() {
    local -a words
    read -r -d '' -a words <<<"$1" || true
    local line=${words[*]}
    printf '%s' "${line:0:600}"
}

# Prints what a command answers, or fails with what it complains of.
ask() {
    local complaint
    { complaint=$(limited "$@" 2>&1 >&3) || fail "$(one_line "$complaint")"; } 3>&1
}

# Runs a command that changes something. When it fails, $complaint says why.
act() {
    local status=0
    complaint=$(limited "$@" 2>&1 >/dev/null) || status=$?
    complaint=$(one_line "$complaint")
    return "$status"
}

# metadata URL HEADER [OPTION...]: what the instance metadata has there.
metadata() {
    local answer
    answer=$(curl --silent --show-error --fail --noproxy '*' --connect-timeout 2 --max-time 5 \
        --header "$2" "${@:3}" "$1" 2>&1) ||
        fail "no instance metadata at $1 ($answer); this must be a host of that cloud, with it on"
    printf '%s\n' "$answer"
}

# On AWS: finds the network interface and the region, and prepares the CLI.
on_aws() {
    local imds=http://169.254.169.254/latest token
    token=$(metadata "$imds/api/token" 'X-aws-ec2-metadata-token-ttl-seconds: 60' --request PUT)
    token="X-aws-ec2-metadata-token: $token"
    eni=$(metadata "$imds/meta-data/network/interfaces/macs/$mac/interface-id" "$token")
    AWS_DEFAULT_REGION=$(metadata "$imds/meta-data/placement/region" "$token")
    export AWS_DEFAULT_REGION AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=2 AWS_PAGER=
    ec2=(aws --cli-connect-timeout 3 --cli-read-timeout 5 --output text ec2)
}
