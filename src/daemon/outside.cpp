#include "daemon/outside.h"

#include <algorithm>
#include <utility>

#include "conf/outside.h"

namespace komainu {

Outside::View::View(Loop& loop, RunnerLink& runner, const Config& config, const NodeConfig& node,
                    std::function<void()> changed)
    : id(node.id),
      commands(runner, node.id),
      services(loop, commands, services_from_outside(config, node), config.lifecheck.require,
               std::move(changed)) {}

Outside::Outside(Loop& loop, RunnerLink& runner, const Config& config, Changed changed)
    : config_(config), changed_(std::move(changed)), method_(config.lifecheck.method) {
    for (const NodeConfig& node : config.nodes)
        views_.emplace_back(loop, runner, config, node, [this, id = node.id] { judge(*find(id)); });
}

void Outside::start() {
    for (View& view : views_) view.services.start();
}

void Outside::take_over() {
    const bool forget = std::exchange(method_, config_.lifecheck.method) != method_;
    for (View& view : views_) {
        if (forget) view.reported_dead = false;
        view.services.take_over(services_from_outside(config_, config_.node(view.id)),
                                config_.lifecheck.require);
        judge(view);
    }
}

void Outside::report(NodeId node, bool alive) {
    View* const view = find(node);
    if (!view) return;
    view->reported_dead = !alive;
    judge(*view);
}

void Outside::judge(View& view) {
    const std::string why = trouble(view.id);
    if (view.reached == why.empty()) return;
    view.reached = why.empty();
    changed_(view.id, view.reached, why);
}

std::string Outside::trouble(NodeId node) const {
    const View* const view = const_cast<Outside*>(this)->find(node);
    if (!view) return "";
    if (view->reported_dead) return "reported dead by komainuctl report";
    return view->services.healthy() ? "" : view->services.reason();
}

Outside::View* Outside::find(NodeId node) {
    const auto found = std::ranges::find(views_, node, &View::id);
    return found == views_.end() ? nullptr : &*found;
}

}  // namespace komainu
