// What the hosts of one simulated cluster share.
#pragma once

#include <functional>

#include "packet/datagram.h"
#include "test/sim/agenda.h"
#include "test/sim/invariants.h"
#include "test/sim/network.h"
#include "test/sim/options.h"
#include "test/sim/story.h"

namespace komainu::sim {

struct World {
    const Options& options;
    Agenda& agenda;
    Network& network;
    const Datagrams& datagrams;
    Invariants& invariants;
    Story& story;
    std::vector<AnswerSwitchover>& answers;  ///< in the order in which they were given
    /// Whether nobody whom this host is not cut from answers for the VIP.
    std::function<bool(const Host&)> lan_is_silent;
};

}  // namespace komainu::sim
