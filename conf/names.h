// How the choices of the configuration are spelled in the file.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/assert.h"
#include "conf/config.h"

namespace komainu {

template <class Choice>
struct Named {
    std::string_view name;
    Choice choice;
};

inline constexpr std::array<Named<QuorumRule>, 3> quorum_rules{{
    {"majority", QuorumRule::majority},
    {"half", QuorumRule::half},
    {"none", QuorumRule::none},
}};

inline constexpr std::array<Named<QuorumLoss>, 2> quorum_losses{{
    {"release", QuorumLoss::release},
    {"hold", QuorumLoss::hold},
}};

inline constexpr std::array<Named<ConflictRule>, 3> conflict_rules{{
    {"wait", ConflictRule::wait},
    {"refuse", ConflictRule::refuse},
    {"take-over", ConflictRule::take_over},
}};

inline constexpr std::array<Named<HeartbeatMode>, 2> heartbeat_modes{{
    {"unicast", HeartbeatMode::unicast},
    {"multicast", HeartbeatMode::multicast},
}};

inline constexpr std::array<Named<AddressScope>, 3> address_scopes{{
    {"global", AddressScope::global},
    {"site", AddressScope::site},
    {"link", AddressScope::link},
}};

inline constexpr std::array<Named<CheckKind>, 5> check_kinds{{
    {"process", CheckKind::process},
    {"tcp", CheckKind::tcp},
    {"http", CheckKind::http},
    {"query", CheckKind::query},
    {"command", CheckKind::command},
}};

inline constexpr std::array<Named<LifecheckMethod>, 3> lifecheck_methods{{
    {"heartbeat", LifecheckMethod::heartbeat},
    {"query", LifecheckMethod::query},
    {"external", LifecheckMethod::external},
}};

inline constexpr std::array<Named<Require>, 2> requirements{{
    {"all", Require::all},
    {"any", Require::any},
}};

inline constexpr std::array<Named<InitialState>, 3> initial_states{{
    {"unknown", InitialState::unknown},
    {"well", InitialState::well},
    {"ill", InitialState::ill},
}};

inline constexpr std::array<Named<ErrorAnswers>, 2> error_answers{{
    {"ill", ErrorAnswers::ill},
    {"well", ErrorAnswers::well},
}};

inline constexpr std::array<Named<HookEvent>, 6> hook_events{{
    {"active", HookEvent::active},
    {"standby", HookEvent::standby},
    {"fault", HookEvent::fault},
    {"peer_lost", HookEvent::peer_lost},
    {"conflict", HookEvent::conflict},
    {"backend", HookEvent::backend},
}};

inline constexpr std::array<Named<HookWhen>, 2> hook_moments{{
    {"before", HookWhen::before},
    {"after", HookWhen::after},
}};

inline constexpr std::array<Named<PgpoolMode>, 2> pgpool_modes{{
    {"mirror", PgpoolMode::mirror},
    {"consensus", PgpoolMode::consensus},
}};

inline constexpr std::array<Named<FenceMode>, 3> fence_modes{{
    {"auto", FenceMode::automatic},
    {"require", FenceMode::require},
    {"off", FenceMode::off},
}};

inline constexpr std::array<Named<bool>, 2> yes_or_no{{{"yes", true}, {"no", false}}};

/// The name of a choice that is in the table.
template <class Choice, std::size_t N>
std::string_view name_of(const std::array<Named<Choice>, N>& table, Choice choice) {
    for (const auto& entry : table)
        if (entry.choice == choice) return entry.name;
    assertion_failed("choice is in the table", __FILE__, __LINE__);
}

}  // namespace komainu
