// This node's links: one socket each. A link whose address or interface is not there is waited for,
// and one whose interface was replaced is opened on the new one; the others go on meanwhile.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/config.h"
#include "io/datagram_link.h"
#include "io/loop.h"
#include "packet/bytes.h"

namespace komainu {

/// Of the link with that index: from this node's address to the other nodes'.
DatagramLinkOptions options_of(const Config& config, std::size_t link);

/// One for each link of the configuration. Those that may come later are closed; what cannot be
/// right is an error.
Result<std::vector<DatagramLink>> open_links(const Config& config);

class Links {
public:
    using Hear = std::function<void(std::size_t link, Bytes datagram, const Endpoint& source)>;

    Links(Loop& loop, std::vector<DatagramLink> links, Hear hear);

    /// Begins to look after the links, and says which of them are not there yet.
    void start() { follow_all(); }

    std::size_t size() const { return paths_.size(); }
    const DatagramLink& operator[](std::size_t link) const { return paths_[link].socket; }
    DatagramCounters counters() const;  ///< of all together

    void send_all(std::size_t link, Bytes datagram) { paths_[link].socket.send_all(datagram); }
    /// The peer's place among the nodes of the configuration, this one left out.
    void send_to(std::size_t link, std::size_t peer, Bytes datagram) {
        paths_[link].socket.send_to(peer, datagram);
    }

private:
    static constexpr Duration follow_every = 500ms;

    struct Path {
        DatagramLink socket;
        std::string trouble = {};  ///< why it is not open, as it was told
        Loop::Watch watch = {};    ///< dies before the socket
    };

    void watch(std::size_t link);
    void follow_all();
    void follow(std::size_t link);

    Loop& loop_;
    Hear hear_;
    std::vector<Path> paths_;
    Loop::Timer following_;
};

}  // namespace komainu
