// Brings a pgpool-II and the cluster's table of backends into line. Pure: the table and what pgpool
// says go in, PCP commands for pgpool and events for the cluster come out.
//
// It is a merge of three: what the table says, what pgpool says, and what the two last agreed on.
// Where table and pgpool differ, whoever has not moved since then is brought after the other. So no
// state goes to and fro, and what comes of a command of ours is not taken for pgpool's own
// decision. In mode consensus what pgpool has decided by itself is undone instead. When there is
// nothing that they have agreed on, since pgpool or this program has just started, the table is
// right.
//
// A command is given again only when its effect has not shown for a while: pgpool queues commands,
// and its answer says nothing.
//
// Which backend is the primary, pgpool finds out from PostgreSQL by itself, when one is detached or
// attached. So the cluster is told of it, and pgpool almost never: its promotion does not promote a
// PostgreSQL, and detaches all others. It is ordered only when the cluster has another primary, and
// pgpool, though both have the same backends attached, has gone on with the former one for long.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "conf/pgpool_config.h"
#include "pgpool/pcp.h"

namespace komainu {

/// What the table says of a backend.
struct WantedBackend {
    int id = 0;
    std::string address;  ///< "10.0.0.11:5432"
    bool up = true;
    bool primary = false;
    bool quarantined = false;  ///< this node's own check finds it down, while the cluster has it up
    bool operator==(const WantedBackend&) const = default;

    /// A standby that cannot be reached from here is of no use here. A primary is for the cluster
    /// to give up, and not for one node.
    bool attached_here() const { return up && !(quarantined && !primary); }
};

struct WantedBackends {
    bool agreed = false;  ///< else nothing may be done about them yet
    std::vector<WantedBackend> list;
    bool operator==(const WantedBackends&) const = default;
};

enum class PgpoolEvent : std::uint8_t { detach, attach, promote };

/// An event that pgpool has brought about, for the cluster.
struct Submission {
    std::uint64_t id = 0;  ///< the same for as long as it is submitted again
    PgpoolEvent event = PgpoolEvent::detach;
    int backend = 0;
    bool operator==(const Submission&) const = default;
};

struct Steps {
    std::vector<PcpRequest> commands;
    std::vector<Submission> submissions;  ///< each is to be answered by submitted()
};

class Reconciler {
public:
    /// How long the effect of a command may take to show before it is given again.
    static constexpr Duration command_patience = 10s;
    /// How long what it brings about may come late: pgpool searches for a primary up to
    /// search_primary_node_timeout, 300 s unless it is told otherwise, and does nothing else.
    static constexpr Duration command_lifetime = 310s;
    static constexpr Duration submission_pause = 2s;  ///< after one that was refused
    /// How long pgpool may have another primary.
    static constexpr Duration primary_patience = 30s;
    static constexpr Duration promotion_patience = 60s;

    explicit Reconciler(PgpoolMode mode) : mode_(mode) {}

    void want(const WantedBackends& wanted);
    /// pgpool has just started.
    void forget();
    /// Of servers between which there is no difference.
    Steps observe(Instant now, const std::vector<PcpNode>& nodes);
    /// Whether the cluster has the event, be it by this submission or not.
    void submitted(Instant now, const Submission& submission, bool accepted);

    /// Of the last observation: what keeps pgpool from being in line; empty: nothing.
    const std::string& trouble() const { return trouble_; }
    /// The same of its primary, after a while.
    const std::string& primary_trouble() const { return primary_trouble_; }

private:
    struct Command {
        bool attach = false;
        Instant given;
        Instant give_again_at_;  // moves each time that it is given
    };
    struct Event {
        Submission submission;
        bool under_way = false;
        bool accepted = false;
        /// Tables that came since then. The first may have been asked for before.
        int tables_since = 0;
        Instant submit_again_at_;
    };
    struct Track {
        std::optional<bool> agreed;  ///< attached or not, as table and pgpool last said both
        std::optional<Command> command;
        std::optional<Event> event;
    };
    struct Promotion {
        int to = 0;
        Instant ordered;
    };

    bool await_promotion(Instant now, std::optional<int> primary);
    void reconcile(Instant now, const WantedBackend& wanted, bool attached, Steps& steps);
    bool command_is_pending(Instant now, Track& track, int id, bool wanted, bool attached,
                            Steps& steps);
    bool event_is_pending(Instant now, std::optional<Event>& event, Steps& steps);
    void give(Instant now, Track& track, int id, bool attach, Steps& steps);
    Event submit(PgpoolEvent event, int backend, Steps& steps);
    void reconcile_primary(Instant now, std::optional<int> observed, Steps& steps);
    void settle_primary_difference(Instant now, std::optional<int> wanted, int observed,
                                   Steps& steps);
    std::optional<int> wanted_primary() const;
    Track& track(int id);

    PgpoolMode mode_;
    WantedBackends wanted_;
    std::vector<Track> tracks_;  ///< by backend
    std::optional<int> agreed_primary_;
    std::optional<Event> primary_event_;
    std::optional<Promotion> promotion_;
    std::optional<int> promoted_;  ///< for whom that was ordered; not again until another is wanted
    std::optional<Instant> primary_differs_since_;
    std::uint64_t submissions_ = 0;
    std::string trouble_;
    std::string primary_trouble_;
};

}  // namespace komainu
