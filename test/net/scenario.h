// What every scenario has: a cluster of real daemons, and three witnesses of what it does. The
// watcher hears the kernels, the capture sees the wire, the client feels the outage.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "packet/arp.h"
#include "packet/ndp.h"
#include "test/lab/capture.h"
#include "test/lab/client.h"
#include "test/lab/clock.h"
#include "test/lab/cluster.h"
#include "test/lab/watcher.h"

namespace komainu::lab {

/// The first place where that stands.
void replace_in_file(const std::string& file, const std::string& old, const std::string& with);

class Scenario : public testing::Test {
protected:
    /// The next node of three.
    static int after(int node) { return node % 3 + 1; }

    /// Waits for a line of the node's log that has the text.
    bool logs(int node, const std::string& text);

    /// Lays out the cluster, its services and the witnesses. No daemon runs yet.
    void lay_out(ClusterOptions options = {});

    /// Starts what is laid out and waits until a node is active and serves the client. Its number.
    int start();

    /// lay_out, then start.
    int begin(ClusterOptions options = {});

    void TearDown() override;

    Cluster& cluster() { return *cluster_; }
    AddressWatcher& watcher() { return *watcher_; }
    Client& client() { return *client_; }
    IpAddress vip(std::size_t i = 0) { return cluster_->vip(i); }

    /// Does something to the active and expects another node to take over. Returns that node.
    template <class Deed>
    int expect_takeover(int from, Deed deed) {
        mark();
        deed();
        return expect_takeover_since_mark(from);
    }

    /// Does something, waits a while, and expects that the VIP has not moved at all.
    template <class Deed>
    void expect_no_move(int active, Deed deed, Duration wait = 500ms) {
        mark();
        deed();
        sleep_for(wait);
        expect_unmoved(active);
    }

    /// From here on the witnesses' reports count.
    void mark();
    Instant marked_at() const { return mark_; }
    int expect_takeover_since_mark(int from);
    void expect_unmoved(int active);

    /// The frames of announcements of a VIP by a node since the mark, in order.
    std::vector<Frame> announcements(int node, const IpAddress& vip);
    /// The frames by which a node says that it has a VIP, in answer to a question or unasked, since
    /// the mark.
    std::vector<Frame> claims(int node, const IpAddress& vip);
    bool is_fenced(int node);
    /// What it has dropped, for the reader of a failure.
    std::string fence_of(int node);
    /// RFC 5227: the first announcement is out; both forms, every byte of them.
    void expect_announced(int node, const IpAddress& vip);
    MacAddress mac_of(int node);

    /// Main and guard were killed together: the kernel removes the address some time later, and
    /// until then it is on two interfaces. Where there is a fence, the old one is silent all the
    /// same.
    void allow_overlap() { overlap_allowed_ = true; }

private:
    void expect_no_claim_after_first_of(int next, int old);

    std::unique_ptr<Cluster> cluster_;
    std::unique_ptr<AddressWatcher> watcher_;
    std::unique_ptr<Capture> capture_;
    std::unique_ptr<Client> client_;
    std::size_t watcher_mark_ = 0;
    std::uint64_t client_mark_ = 0;
    Instant mark_;
    bool overlap_allowed_ = false;
};

}  // namespace komainu::lab
