// What a node has agreed to about the backends (core/ledger.h), in the state directory.
//
// Each run of the daemon has a file of its own, backends.1, backends.2 and so on, and the newest
// counts: what an earlier run was still writing when it was killed may get to its file at any later
// time, and must not take the place of what this run has promised since.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "packet/ledger_record.h"

namespace komainu {

struct LedgerFile {
    StoredLedger stored;
    std::uint64_t generation = 1;  ///< the number for this run's own file
    std::string trouble;           ///< why the record is lost, naming the file
};

/// A file that is damaged is lost, and one that is missing is new: to begin anew, remove them all.
/// The error is one that another start may not have, such as a lack of rights.
Result<LedgerFile> read_ledger_file(const std::string& state_dir);

/// Blocks until it is on the disk. Makes the directory if it is missing, and removes the files of
/// earlier runs.
Status write_ledger_file(const std::string& state_dir, std::uint64_t generation, Bytes record);

}  // namespace komainu
