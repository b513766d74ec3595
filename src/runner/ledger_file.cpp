#include "runner/ledger_file.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "io/files.h"

namespace komainu {

namespace {

constexpr std::string_view prefix = "backends.";

std::string path_of(const std::string& state_dir, std::uint64_t generation) {
    return state_dir + "/" + std::string(prefix) + std::to_string(generation);
}

struct Found {
    std::uint64_t generation = 0;
    bool is_whole = true;  ///< else a run was killed while it wrote it
    std::string path;
};

std::optional<Found> file_named(const std::string& state_dir, std::string_view name) {
    Found found{.path = state_dir + "/" + std::string(name)};
    if (!name.starts_with(prefix)) return {};
    name.remove_prefix(prefix.size());
    found.is_whole = !name.ends_with(unfinished_suffix);
    if (!found.is_whole) name.remove_suffix(unfinished_suffix.size());
    const char* const past = name.data() + name.size();
    const auto [end, error] = std::from_chars(name.data(), past, found.generation);
    if (error != std::errc{} || end != past || found.generation == 0) return {};
    return found;
}

Result<std::vector<Found>> files_in(const std::string& state_dir) {
    std::vector<Found> files;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(state_dir.c_str()), ::closedir);
    if (!directory && errno == ENOENT) return files;
    if (!directory) return Error::from_errno("cannot look into " + state_dir, errno);
    errno = 0;
    while (const dirent* const entry = ::readdir(directory.get()))
        if (const auto found = file_named(state_dir, entry->d_name)) files.push_back(*found);
    if (errno != 0) return Error::from_errno("cannot look into " + state_dir, errno);
    return files;
}

}  // namespace

Result<LedgerFile> read_ledger_file(const std::string& state_dir) {
    auto files = files_in(state_dir);
    if (!files) return files.error();
    LedgerFile file;
    std::uint64_t newest = 0;
    for (const Found& found : *files) {
        if (found.is_whole) newest = std::max(newest, found.generation);
        file.generation = std::max(file.generation, found.generation + 1);
    }
    if (newest == 0) return file;
    const std::string path = path_of(state_dir, newest);
    auto content = read_file(path, ledger_record_bytes_max);
    if (!content && content.error().code == EACCES) return content.error();
    const auto record =
        content ? decode_ledger_record(std::as_bytes(std::span(*content))) : std::nullopt;
    file.stored.is_lost = !record;
    if (record) file.stored.record = *record;
    if (!record) file.trouble = content ? path + " is damaged" : content.error().what;
    return file;
}

Status write_ledger_file(const std::string& state_dir, std::uint64_t generation, Bytes record) {
    if (::mkdir(state_dir.c_str(), 0700) != 0 && errno != EEXIST)
        return Error::from_errno("cannot write " + state_dir, errno);
    const std::string_view content(reinterpret_cast<const char*>(record.data()), record.size());
    if (Status written = replace_file(path_of(state_dir, generation), content); !written)
        return written;
    if (auto files = files_in(state_dir))
        for (const Found& found : *files)
            if (found.generation < generation) ::unlink(found.path.c_str());
    return Ok{};
}

}  // namespace komainu
