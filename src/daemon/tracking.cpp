#include "daemon/tracking.h"

#include <algorithm>

namespace komainu {

namespace {

std::string_view state_of(const Tracking::Interface& interface) {
    switch (interface.carrier) {
        case Carrier::down:
            return "is down";
        case Carrier::missing:
            return "does not exist";
        case Carrier::up:
            return "was down, and is not up for long enough yet";
    }
    return "";
}

}  // namespace

void Tracking::enter(const std::string& name, Carrier carrier, Instant now) {
    const auto [place, is_new] = interfaces_.try_emplace(name);
    Interface& interface = place->second;
    const bool came_up = carrier == Carrier::up && interface.carrier != Carrier::up;
    if (came_up && !is_new) interface.counts_at = now + delay_;
    if (carrier != Carrier::up) interface.counts_at.reset();
    interface.carrier = carrier;
}

void Tracking::take_over(const std::set<std::string>& names, Duration delay) {
    std::erase_if(interfaces_, [&](const auto& of) { return !names.contains(of.first); });
    delay_ = delay;
}

void Tracking::judge(Instant now) {
    for (auto& [name, interface] : interfaces_)
        if (interface.counts_at && *interface.counts_at <= now) interface.counts_at.reset();
}

std::optional<Instant> Tracking::deadline() const {
    std::optional<Instant> earliest;
    for (const auto& [name, interface] : interfaces_)
        if (interface.counts_at)
            earliest = std::min(earliest.value_or(*interface.counts_at), *interface.counts_at);
    return earliest;
}

bool Tracking::is_up(const std::string& name) const {
    const auto found = interfaces_.find(name);
    return found != interfaces_.end() && found->second.counts();
}

std::string Tracking::trouble() const {
    std::string text;
    for (const auto& [name, interface] : interfaces_)
        if (!interface.counts())
            text += (text.empty() ? "interface " : "; interface ") + name + " " +
                    std::string(state_of(interface));
    return text;
}

}  // namespace komainu
