#include "guard/route_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/assert.h"
#include "conf/title.h"
#include "conf/value_text.h"
#include "netlink/route_messages.h"

namespace komainu {

namespace {

std::vector<std::string> interfaces_of(const Config& config) {
    std::vector<std::string> names;
    for (const RouteConfig& route : config.routes)
        if (std::ranges::find(names, route.interface) == names.end())
            names.push_back(route.interface);
    return names;
}

RouteRecord record_of(const RouteConfig& route, InterfaceIndex interface) {
    return {.destination = route.network(),
            .gateway = route.via,
            .interface = interface,
            .source = route.source,
            .table = route.table,
            .metric = route.effective_metric()};
}

RuleRecord record_of(const RuleConfig& rule) {
    return {.family = rule.family(),
            .from = rule.from,
            .to = rule.to,
            .interface = rule.interface,
            .table = rule.table,
            .priority = rule.priority};
}

std::string_view hint(const RouteConfig& route, int error) {
    const bool is_about_hosts = error == EINVAL || error == ENETUNREACH || error == EHOSTUNREACH;
    if (!is_about_hosts) return "";
    if (route.source && route.via)
        return " (has this host the source, and its interface a network with the gateway?)";
    return route.source ? " (has this host the source?)"
                        : " (has its interface a network with the gateway?)";
}

std::string_view hint(const RuleConfig&, int) { return ""; }

Error not_ours(const RouteConfig& route) {
    return {fmt::format("{}: there is a route to {} in table {} with metric {} already, which was "
                        "not put there by komainu; remove it, or write another metric",
                        title_of(route), to_string(route.network()), table_name(route.table),
                        route.effective_metric()),
            EEXIST};
}

Error not_ours(const RuleConfig& rule) {
    return {fmt::format("{}: there is such a rule with priority {} already, which was not put "
                        "there by komainu; remove it, or write another priority",
                        title_of(rule), rule.priority),
            EEXIST};
}

template <class Section>
Error refusal(const Section& section, int error) {
    if (error == EEXIST) return not_ours(section);
    auto reason = Error::from_errno(title_of(section) + ": cannot be put on", error);
    reason.what += hint(section, error);
    return reason;
}

}  // namespace

RouteSet::RouteSet(const Config& config, RouteKernel kernel)
    : interfaces_(interfaces_of(config)), kernel_(std::move(kernel)) {
    for (const RouteConfig& route : config.routes)
        items_.push_back({.title = title_of(route),
                          .route = &route,
                          .interface = interfaces_.position(route.interface)});
    for (const RuleConfig& rule : config.rules)
        items_.push_back({.title = title_of(rule), .rule = &rule});
    for (Item& item : items_) make_messages(item);
    requests_.reserve(items_.size());
}

void RouteSet::make_messages(Item& item) {
    if (item.rule != nullptr) {
        const RuleRecord rule = record_of(*item.rule);
        item.add = build_rule_message(RouteVerb::add, rule);
        item.removal = build_rule_message(RouteVerb::remove, rule);
        return;
    }
    const auto& link = interfaces_[item.interface].link;
    const RouteRecord route = record_of(*item.route, link ? link->interface : no_interface);
    item.removal = build_route_message(RouteVerb::remove, route);
    item.add = link ? build_route_message(RouteVerb::add, route) : RouteMessage();
}

Status RouteSet::hold() {
    KOMAINU_ASSERT(!held_);
    if (Status fit = refuse_unfit(); !fit) return fit;
    requests_.clear();
    for (const Item& item : items_) requests_.push_back({RouteVerb::add, item.add});
    Status added = kernel_.apply(requests_);
    if (added) added = replace_existing();
    if (added) added = first_refusal();
    held_ = static_cast<bool>(added);
    // What is not ours stays. Nobody can do more about an error here: the next start sweeps.
    if (!added) {
        [[maybe_unused]] const Status removed = drop();
    }
    return added;
}

Status RouteSet::refuse_unfit() const {
    for (const Item& item : items_)
        if (item.add.empty())
            return Error{
                fmt::format("{}: there is no interface {} now", item.title, item.route->interface)};
    return Ok{};
}

// EEXIST: one of an earlier run of ours makes room for the new one, which may go another way. One
// that is not ours stays, for the kernel compares the mark, and has the place still.
Status RouteSet::replace_existing() {
    for (std::size_t i = 0; i < items_.size(); ++i) {
        if (requests_[i].error != EEXIST) continue;
        RouteRequest again[] = {{RouteVerb::remove, items_[i].removal},
                                {RouteVerb::add, items_[i].add}};
        if (Status applied = kernel_.apply(again); !applied) return applied;
        requests_[i].error = again[1].error;
    }
    return Ok{};
}

Status RouteSet::first_refusal() const {
    for (std::size_t i = 0; i < items_.size(); ++i) {
        if (requests_[i].fulfilled()) continue;
        const auto& [route, rule] = std::pair{items_[i].route, items_[i].rule};
        return route ? refusal(*route, requests_[i].error) : refusal(*rule, requests_[i].error);
    }
    return Ok{};
}

Status RouteSet::drop() {
    held_ = false;
    return remove_all_of([](const Item&) { return true; });
}

// Rules before routes, so that no packet is sent to a table that is empty already.
Status RouteSet::remove_all_of(const std::function<bool(const Item&)>& is_wanted) {
    requests_.clear();
    for (auto item = items_.rbegin(); item != items_.rend(); ++item)
        if (is_wanted(*item)) requests_.push_back({RouteVerb::remove, item->removal});
    if (Status removed = kernel_.apply(requests_); !removed) return removed;
    for (const RouteRequest& request : requests_)
        if (!request.fulfilled())
            return Error::from_errno("cannot remove a route or a rule", request.error);
    return Ok{};
}

RouteSet::PutBack RouteSet::put_back() {
    PutBack result;
    if (!held_) return result;
    requests_.clear();
    for (const Item& item : items_)
        if (!item.add.empty()) requests_.push_back({RouteVerb::add, item.add});
    result.done = kernel_.apply(requests_);
    auto request = requests_.begin();
    for (const Item& item : items_) {
        if (item.add.empty()) continue;
        const int error = request++->error;
        if (error == 0)
            result.back.push_back(item.title);
        else if (error != EEXIST && result.done)
            result.done = Error::from_errno(item.title + ": cannot be put back", error);
    }
    return result;
}

void RouteSet::source_was_gone(const IpAddress& source) {
    const auto forgot_it = [&](const Item& item) {
        return item.route && item.route->source == source && !source.is_ipv4();
    };
    if (!held_) return;
    [[maybe_unused]] const Status removed = remove_all_of(forgot_it);
}

// Routes leave with their interface, but for one that has only been renamed.
bool RouteSet::settle() {
    bool is_changed = false;
    for (std::size_t i = 0; i < interfaces_.size(); ++i) {
        is_changed |= interfaces_.take_news(i);
        if (!interfaces_.take_replaced(i)) continue;
        const auto is_on_it = [i](const Item& item) { return item.route && item.interface == i; };
        if (held_) {
            [[maybe_unused]] const Status removed = remove_all_of(is_on_it);
        }
        for (Item& item : items_)
            if (is_on_it(item)) make_messages(item);
        is_changed = true;
    }
    return held_ && is_changed;
}

Result<RouteSet::Swept> RouteSet::sweep() {
    const auto removals = kernel_.list_marked();
    if (!removals) return removals.error();
    std::vector<RouteRequest> requests;
    for (const RouteMessage& removal : removals.value())
        requests.push_back({RouteVerb::remove, removal});
    if (Status removed = kernel_.apply(requests); !removed) return removed.error();
    Swept swept;
    for (const RouteRequest& request : requests) {
        if (!request.fulfilled())
            return Error::from_errno("cannot remove a route or a rule of an earlier run",
                                     request.error);
        ++(is_about_rule(request.message) ? swept.rules : swept.routes);
    }
    return swept;
}

}  // namespace komainu
