// What nodes say to one another about the table of backends. It travels on the peer streams,
// between the active and each of the others: in order, each once, until a stream breaks, with which
// everything under way is lost. See core/ledger.h.
#pragma once

#include <cstdint>
#include <variant>

#include "core/backend_table.h"

namespace komainu {

/// "What have you? And take nothing of a lower ballot any more." Over the same stream it may be
/// asked again.
struct Prepare {
    Ballot ballot;
    bool operator==(const Prepare&) const = default;
};

/// The answer, when that is on the disk.
struct Promised {
    Ballot ballot;
    BackendTable table;
    bool operator==(const Promised&) const = default;
};

/// "I have promised more than that": to Prepare and to Accept.
struct Outbid {
    Ballot promised;
    bool operator==(const Outbid&) const = default;
};

/// The table is to be this; entries up to that index are committed.
struct Accept {
    BackendTable table;
    std::uint64_t committed = 0;
    bool recovers = false;  ///< it was made out after the receiver had said RecordLost
    bool operator==(const Accept&) const = default;
};

/// The answer, when that is on the disk, or when the disk has refused it.
struct Accepted {
    Ballot ballot;
    std::uint64_t index = 0;
    bool on_disk = false;
    bool operator==(const Accepted&) const = default;
};

/// A quorum has it on its disks up to here, with a table of that ballot.
struct Committed {
    Ballot ballot;
    std::uint64_t index = 0;
    bool operator==(const Committed&) const = default;
};

/// "My disk could not be read, and what it had promised must be made out anew."
struct RecordLost {
    bool operator==(const RecordLost&) const = default;
};

/// Enter this event, if it has not been.
struct EventSubmitted {
    BackendEvent event;
    bool operator==(const EventSubmitted&) const = default;
};

/// It was not entered. That it was, shows in the table.
struct EventRefused {
    EventId id;
    EventOutcome why = EventOutcome::busy;
    bool operator==(const EventRefused&) const = default;
};

/// Among those that are seen down: bit 0 is backend 0.
constexpr std::uint64_t backend_bit(std::uint8_t backend) { return std::uint64_t{1} << backend; }

/// Which backends the sender's own checks find down. With every stream, and with every change.
struct BackendsSeen {
    std::uint64_t down = 0;
    bool operator==(const BackendsSeen&) const = default;
};

using LedgerMessage = std::variant<Prepare, Promised, Outbid, Accept, Accepted, Committed,
                                   RecordLost, EventSubmitted, EventRefused, BackendsSeen>;

}  // namespace komainu
