// What each link has brought of each peer. The core does not know of links: it hears the first copy
// of each message, whichever link that came by, and a peer is alive while any link brings it. The
// book tells the copies apart, and keeps what the operator wants to know of each link.
//
// A link is silent to a peer when others have heard the peer for a deadtime that it has not: when
// all are cut at once none is silent, the peer is. So with one link there is nothing to tell.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <vector>

#include "conf/config.h"
#include "core/message.h"
#include "core/send_log.h"
#include "daemon/histogram.h"

namespace komainu {

enum class LinkState : std::uint8_t { silent, works };

struct LinkNews {
    std::size_t link = 0;
    LinkState state = LinkState::silent;
};

class LinkBook {
public:
    /// Messages of a peer over which the loss is counted. What it sent to others alone counts as
    /// lost, which is nothing but votes and the asking for a switchover.
    static constexpr std::size_t window = 100;
    /// After a link was told to be silent: not again before this, so that a bad cable does not fill
    /// the log. That it works again is told at once.
    static constexpr Duration quiet_for = 60s;

    struct Self {
        NodeId node;
        Incarnation incarnation;
    };
    struct Times {
        Duration interval;
        Duration deadtime;
    };
    LinkBook(Self self, std::size_t links, std::size_t peers, Times times);

    /// A heartbeat of ours, on all links.
    void sent(std::uint64_t sequence, Instant at) { sent_.record({sequence, at}); }
    void set_times(Times times) { times_ = times; }

    /// Whether another link has brought this very message of the peer already.
    bool is_copy(std::size_t peer, const Envelope& envelope) const;

    /// A message that its own link has brought. To be called only when the sender's incarnation is
    /// proven, or a recording would wipe what is known of the links. What that changes about one of
    /// the peer's links, if it is worth a line.
    std::optional<LinkNews> enter(std::size_t peer, const Envelope& envelope,
                                  const Message& message, Instant now);

    bool works(std::size_t peer, std::size_t link) const;
    /// There by the fastest link, since that copy is what a peer echoes; back by this one.
    /// Smoothed.
    std::optional<Duration> round_trip(std::size_t peer, std::size_t link) const;
    /// Of the newest messages; nothing before the first.
    std::optional<int> loss_percent(std::size_t peer, std::size_t link) const;

    /// What a link has brought of a peer since this daemon started, whichever incarnation that was.
    struct Traffic {
        std::uint64_t received = 0;  ///< messages, each once
        std::uint64_t late = 0;      ///< of them, more than one and a half intervals after another
        std::uint64_t lost = 0;      ///< numbers that were not among the window's when they left it
        Histogram round_trips;
        Histogram jitter;  ///< by how much two in a row were closer, or farther, than an interval
    };
    const Traffic& traffic(std::size_t peer, std::size_t link) const {
        return peers_[peer].of_link[link].traffic;
    }

private:
    struct Path {
        std::bitset<window> heard;  ///< the i-th: what is i older than the peer's newest message
        Instant heard_at;           ///< or when the peer was first heard, by whichever link
        std::optional<Duration> round_trip;
        bool told_silent = false;
        std::optional<Instant> told_at;  ///< that it is silent
        std::uint64_t newest = 0;        ///< that this link has brought; 0: none yet
        Instant newest_at;               ///< when it came
        Traffic traffic;
    };
    struct Paths {
        Incarnation incarnation = no_incarnation;
        std::uint64_t newest = 0;  ///< the sequence, by whichever link
        std::size_t counted = 0;   ///< messages so far, up to the window
        Instant heard_at;          ///< by whichever link
        std::array<Path, links_max> of_link;
    };

    static void begin(Paths& paths, const Envelope& envelope, Instant now);
    static void advance(Paths& paths, std::uint64_t sequence);
    void spare(Paths& paths, Instant now) const;
    void time(Path& path, std::uint64_t sequence, Instant now) const;
    void measure(Path& path, const Message& message, Instant now) const;
    bool is_silent(const Paths& paths, const Path& path) const {
        return paths.heard_at - path.heard_at >= times_.deadtime;
    }
    std::optional<LinkNews> news_of(Paths& paths, Instant now) const;

    Self self_;
    std::size_t links_;
    Times times_;
    SendLog sent_;
    std::vector<Paths> peers_;
};

}  // namespace komainu
