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

std::optional<std::uint64_t> generation_of(std::string_view name) {
    if (!name.starts_with(prefix)) return {};
    name.remove_prefix(prefix.size());
    std::uint64_t generation = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), generation);
    if (error != std::errc{} || end != name.data() + name.size() || generation == 0) return {};
    return generation;
}

Result<std::vector<std::uint64_t>> generations_in(const std::string& state_dir) {
    std::vector<std::uint64_t> generations;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(state_dir.c_str()), ::closedir);
    if (!directory && errno == ENOENT) return generations;
    if (!directory) return Error::from_errno("cannot look into " + state_dir, errno);
    errno = 0;
    while (const dirent* const entry = ::readdir(directory.get()))
        if (const auto generation = generation_of(entry->d_name))
            generations.push_back(*generation);
    if (errno != 0) return Error::from_errno("cannot look into " + state_dir, errno);
    return generations;
}

}  // namespace

Result<LedgerFile> read_ledger_file(const std::string& state_dir) {
    auto generations = generations_in(state_dir);
    if (!generations) return generations.error();
    LedgerFile file;
    std::uint64_t newest = 0;
    for (const std::uint64_t generation : *generations) newest = std::max(newest, generation);
    file.generation = newest + 1;
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
    if (auto generations = generations_in(state_dir))
        for (const std::uint64_t earlier : *generations)
            if (earlier < generation) ::unlink(path_of(state_dir, earlier).c_str());
    return Ok{};
}

}  // namespace komainu
