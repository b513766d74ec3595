// What this node knows of the nodes' services from outside: by asking for them (`[lifecheck] method
// = query`), or by what the operator's program reports (`external`).
#pragma once

#include <functional>
#include <list>
#include <string>
#include <string_view>

#include "check/service_set.h"
#include "conf/config.h"
#include "daemon/runner_link.h"

namespace komainu {

class Outside {
public:
    /// Called when a node's service has gone out of reach, or is reached again. Of this node itself
    /// only what is reported counts.
    using Changed = std::function<void(NodeId, bool reached, const std::string& why)>;

    /// The configuration may be another one at take_over().
    Outside(Loop& loop, RunnerLink& runner, const Config& config, Changed changed);

    void start();
    void take_over();

    /// The operator's program says so, for as long as it does not say otherwise, or the method
    /// changes.
    void report(NodeId node, bool alive);

    /// Why the node's service is not reached; empty: it is.
    std::string trouble(NodeId node) const;

private:
    /// The runner, for the checks of one node.
    class NodeCommands final : public Commands {
    public:
        NodeCommands(RunnerLink& runner, NodeId node) : runner_(runner), node_(node) {}
        std::optional<RunId> start(std::size_t service, Ended ended) override {
            return runner_.check(node_, service, std::move(ended));
        }
        void stop(RunId run) override { runner_.stop(run); }
        std::string_view trouble() const override { return runner_.trouble(); }

    private:
        RunnerLink& runner_;
        NodeId node_;
    };
    struct View {
        View(Loop& loop, RunnerLink& runner, const Config& config, const NodeConfig& node,
             std::function<void()> changed);

        NodeId id;
        NodeCommands commands;
        ServiceSet services;
        bool reported_dead = false;
        bool reached = true;  ///< as was told
    };

    void judge(View& view);
    View* find(NodeId node);

    const Config& config_;
    Changed changed_;
    LifecheckMethod method_;
    std::list<View> views_;  ///< by node; they are referred to
};

}  // namespace komainu
