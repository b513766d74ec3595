// tshark with the dissector, asked about a capture file.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "test/pcap/told.h"

namespace komainu::test {

/// What the dissector shows of one packet.
struct Shown {
    Told fields;                    ///< less those that only explain others
    std::set<std::string> experts;  ///< "malformed"
};

/// Empty: it can be asked. Else what is missing.
std::string why_no_dissector();

/// Packet by packet. Fails the test when tshark fails, or has something to say about the dissector.
std::vector<Shown> dissect(const std::string& capture_file,
                           const std::vector<std::string>& options = {});

/// What stands in the column that people read, packet by packet.
std::vector<std::string> info_columns(const std::string& capture_file);

}  // namespace komainu::test
