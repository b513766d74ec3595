// A file that is nowhere but in memory (memfd_create(2)): how one process hands another a text that
// is too long for a message. To read one never waits for a disk.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace komainu {

/// Empty; to be written by this process or a child of it.
Result<Fd> make_memory_file();

/// From now on nobody can change it: all who are handed it read the same.
Status seal_memory_file(int fd);

/// All of it, wherever others who share the descriptor read just now. Refuses what is not such a
/// file, not sealed, or longer than a megabyte.
Result<std::string> read_memory_file(int fd);

}  // namespace komainu
