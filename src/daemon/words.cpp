#include "daemon/words.h"

namespace komainu {

std::string_view word(Role role) {
    switch (role) {
        case Role::standby:
            return "standby";
        case Role::active:
            return "active";
        case Role::witness:
            return "witness";
        case Role::down:
            return "down";
    }
    return "";
}

std::string_view word(Cause cause) {
    switch (cause) {
        case Cause::elected:
            return "elected";
        case Cause::lease_lapsed:
            return "lease_lapsed";
        case Cause::guard_dropped:
            return "guard_dropped";
        case Cause::hold_failed:
            return "hold_failed";
        case Cause::switchover:
            return "switchover";
        case Cause::unhealthy:
            return "unhealthy";
        case Cause::out_of_reach:
            return "out_of_reach";
        case Cause::put_on_standby:
            return "standby";
        case Cause::stopping:
            return "stopping";
        case Cause::rival:
            return "rival";
        case Cause::quorum_back:
            return "quorum_back";
        case Cause::other_active:
            return "other_active";
        case Cause::rival_seen:
            return "rival_seen";
    }
    return "";
}

std::string_view sentence(Cause cause) {
    switch (cause) {
        case Cause::elected:
            return "elected";
        case Cause::lease_lapsed:
            return "the lease lapsed: too few nodes acknowledged in time";
        case Cause::guard_dropped:
            return "the guard found the lease expired and removed the VIPs";
        case Cause::hold_failed:
            return "the VIPs could not be added";
        case Cause::switchover:
            return "switchover";
        case Cause::unhealthy:
            return "the life check failed";
        case Cause::out_of_reach:
            return "most nodes cannot reach its service, and they reach another's";
        case Cause::put_on_standby:
            return "the operator put this node on standby";
        case Cause::stopping:
            return "komainud stops";
        case Cause::rival:
            return "another active started earlier";
        case Cause::quorum_back:
            return "enough nodes are free to vote again, an election follows";
        case Cause::other_active:
            return "another active was heard";
        case Cause::rival_seen:
            return "somebody else answers for a VIP";
    }
    return "";
}

std::string_view sentence(PeerNews news) {
    switch (news) {
        case PeerNews::up:
            return "is alive";
        case PeerNews::down:
            return "is down: no heartbeat for the deadtime";
        case PeerNews::restarted:
            return "was restarted";
        case PeerNews::left:
            return "has left: its komainud was stopped";
    }
    return "";
}

std::string_view word(Refusal refusal) {
    switch (refusal) {
        case Refusal::malformed:
            return "malformed";
        case Refusal::unknown_version:
            return "unknown_version";
        case Refusal::foreign_cluster:
            return "foreign_cluster";
        case Refusal::unknown_key:
            return "unknown_key";
        case Refusal::bad_tag:
            return "bad_tag";
    }
    return "";
}

std::string_view sentence(Refusal refusal) {
    switch (refusal) {
        case Refusal::malformed:
            return "no datagram of komainu's, or a damaged one";
        case Refusal::unknown_version:
            return "another version of the protocol";
        case Refusal::foreign_cluster:
            return "another cluster's name";
        case Refusal::unknown_key:
            return "signed with a key that is not in our key file";
        case Refusal::bad_tag:
            return "forged, or damaged on the way";
    }
    return "";
}

std::string_view word(StreamRefusal refusal) {
    switch (refusal) {
        case StreamRefusal::malformed:
            return "malformed";
        case StreamRefusal::unknown_version:
            return "unknown_version";
        case StreamRefusal::foreign_cluster:
            return "foreign_cluster";
        case StreamRefusal::unknown_key:
            return "unknown_key";
        case StreamRefusal::bad_tag:
            return "bad_tag";
        case StreamRefusal::own_id:
            return "own_id";
        case StreamRefusal::unknown_node:
            return "unknown_node";
        case StreamRefusal::other_node:
            return "other_node";
        case StreamRefusal::old_incarnation:
            return "old_incarnation";
        case StreamRefusal::too_long:
            return "too_long";
        case StreamRefusal::silent:
            return "silent";
    }
    return "";
}

std::string_view sentence(StreamRefusal refusal) {
    switch (refusal) {
        case StreamRefusal::malformed:
            return "not the peer protocol of komainu";
        case StreamRefusal::unknown_version:
            return "no version of the peer protocol that both speak";
        case StreamRefusal::foreign_cluster:
            return "another cluster's name";
        case StreamRefusal::unknown_key:
            return "begun with a key that is not in the key file";
        case StreamRefusal::bad_tag:
            return "forged, or damaged on the way";
        case StreamRefusal::own_id:
            return "it says that it is this very node: give every node its own node_id";
        case StreamRefusal::unknown_node:
            return "of a node that is not in the configuration";
        case StreamRefusal::other_node:
            return "it says that it is another node than its address is that of";
        case StreamRefusal::old_incarnation:
            return "of a run of komainud that has ended";
        case StreamRefusal::too_long:
            return "a frame that is too long";
        case StreamRefusal::silent:
            return "nothing came for too long";
    }
    return "";
}

std::string sentence(SwitchoverOutcome outcome, NodeId target) {
    const std::string node = "node " + std::to_string(number(target));
    switch (outcome) {
        case SwitchoverOutcome::done:
            return "done";
        case SwitchoverOutcome::already_active:
            return node + " is active already";
        case SwitchoverOutcome::no_active:
            return "no node is active, so nothing can be handed over";
        case SwitchoverOutcome::no_such_target:
            return node + " is not in the configuration, or is a witness";
        case SwitchoverOutcome::target_unfit:
            return node +
                   " is down, has just started, its life check fails, or most nodes cannot reach "
                   "its "
                   "service, so it cannot become active";
        case SwitchoverOutcome::no_standby:
            return "no other node is alive and healthy";
        case SwitchoverOutcome::busy:
            return "another switchover is under way";
        case SwitchoverOutcome::paused:
            return "paused for maintenance; first: komainuctl resume";
        case SwitchoverOutcome::timed_out:
            return "the active did not hand over in time; see its log";
    }
    return "";
}

}  // namespace komainu
