// The five acts: what is done to the active node, what the client saw of it, and the repair.
#pragma once

#include <vector>

#include "test/demo/screen.h"
#include "test/demo/stage.h"

namespace komainu::demo {

struct Outcome {
    std::string act;
    int from = 0;
    int to = 0;  ///< 0 when nobody took over
    lab::Outage outage;
    Duration overlap{};  ///< how long a virtual IP was on two nodes

    bool taken_over() const { return to != 0 && outage.over; }
};

/// Plays all of them, one after the other, on a whole cluster. Ends early when an act has not led
/// to a takeover, or the cluster was not whole again afterwards; fewer outcomes than acts then.
std::vector<Outcome> play_acts(Stage&, Screen&);

/// Whether all acts were played and each led to a takeover.
bool all_taken_over(const std::vector<Outcome>&);

void show_table(Screen&, const std::vector<Outcome>&);

}  // namespace komainu::demo
