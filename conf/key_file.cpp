#include "conf/key_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <pwd.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/fd.h"

namespace komainu {

namespace {

constexpr std::size_t key_digits = 2 * key_bytes;
constexpr std::size_t file_bytes_max = 8192;
/// The reading below and libsodium's hashing use less of the stack.
constexpr std::size_t stack_bytes_used_max = 32 * 1024;

/// Text with keys in it, which does not outlive its use.
struct Secret {
    std::array<char, file_bytes_max + 1> bytes{};
    std::size_t size = 0;

    Secret() = default;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { sodium_memzero(bytes.data(), bytes.size()); }
    std::string_view text() const { return {bytes.data(), size}; }
};

Status start_sodium() {
    if (sodium_init() < 0) return Error{"libsodium cannot be started"};
    return Ok{};
}

std::string advice_to_make_one(const std::string& path) {
    return fmt::format(
        "copy that of another node, or on the first make one with (umask 077; komainuctl keygen > "
        "{})",
        path);
}

// NONBLOCK: opening a pipe would wait for its writer.
Result<Fd> open_key_file(const std::string& path) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    if (fd) return fd;
    const int code = errno;
    if (code == ENOENT)
        return Error{fmt::format("{} is missing; {}", path, advice_to_make_one(path)), code};
    if (code == ELOOP)
        return Error{fmt::format("{} is a symbolic link; name the file itself", path), code};
    if (code == EACCES)
        return Error{fmt::format("{} must not be read by this user; start as its owner, or chown "
                                 "it to the user of komainud",
                                 path),
                     code};
    return Error::from_errno(path + " cannot be opened", code);
}

/// As whom komainud runs when it was started as root.
bool is_service_user(uid_t user) {
    const passwd* const service = ::getpwnam("komainu");
    return service && service->pw_uid == user;
}

// Asked of the descriptor, not of the path, which could be another file by now.
Status check_protection(const Fd& fd, const std::string& path) {
    struct stat status {};
    if (fstat(fd.get(), &status) != 0) return Error::from_errno(path, errno);
    if (!S_ISREG(status.st_mode)) return Error{path + " is not a regular file; name one that is"};
    if (status.st_uid != 0 && status.st_uid != geteuid() && !is_service_user(status.st_uid))
        return Error{
            fmt::format("{} belongs to the user with id {}, who could change it; chown it "
                        "to root, or to the user of komainud",
                        path, status.st_uid)};
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return Error{
            fmt::format("{} is open to others (mode {:04o}); chmod 600 {}, and if they "
                        "may have read it, make a new key",
                        path, status.st_mode & 07777, path)};
    return Ok{};
}

Status read_all(const Fd& fd, const std::string& path, Secret& secret) {
    while (secret.size < secret.bytes.size()) {
        const auto n =
            ::read(fd.get(), secret.bytes.data() + secret.size, secret.bytes.size() - secret.size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Error::from_errno(path + " cannot be read", errno);
        if (n == 0) return Ok{};
        secret.size += static_cast<std::size_t>(n);
    }
    return Error{
        fmt::format("{} is longer than {} bytes; keep only keys in it", path, file_bytes_max)};
}

std::string_view without_comment(std::string_view line) {
    constexpr std::string_view blanks = " \t\r";
    line = line.substr(0, line.find('#'));
    const auto first = line.find_first_not_of(blanks);
    if (first == line.npos) return {};
    return line.substr(first, line.find_last_not_of(blanks) - first + 1);
}

Status add_key(std::string_view digits, ClusterKeys& into) {
    Key key;
    auto* const bytes = reinterpret_cast<unsigned char*>(key.bytes.data());
    if (digits.size() != key_digits)
        return Error{
            fmt::format("the key has {} letters, it must have {} hexadecimal digits; "
                        "komainuctl keygen prints such a key",
                        digits.size(), key_digits)};
    std::size_t written = 0;
    const bool is_hex = sodium_hex2bin(bytes, key.bytes.size(), digits.data(), digits.size(),
                                       nullptr, &written, nullptr) == 0;
    if (!is_hex || written != key_bytes)
        return Error{
            fmt::format("the key is not made of {} hexadecimal digits; komainuctl keygen "
                        "prints such a key",
                        key_digits)};
    if (into.is_full())
        return Error{
            fmt::format("one key too many, there may be {}; remove the old ones", keys_max)};
    key.id = id_of(key.bytes);
    if (into.contains(key.id)) return Error{"the key is there twice; remove this line"};
    into.add(key);
    sodium_memzero(bytes, key.bytes.size());
    return Ok{};
}

Result<ClusterKeys> read_keys(const std::string& path) {
    if (const auto started = start_sodium(); !started) return started.error();
    auto fd = open_key_file(path);
    if (!fd) return fd.error();
    if (const auto is_safe = check_protection(*fd, path); !is_safe) return is_safe.error();
    Secret secret;
    if (const auto done = read_all(*fd, path, secret); !done) return done.error();
    return read_key_text(secret.text(), path);
}

}  // namespace

ClusterKeys::ClusterKeys(ClusterKeys&& other) noexcept : keys_(other.keys_) { other.wipe(); }

ClusterKeys& ClusterKeys::operator=(ClusterKeys&& other) noexcept {
    if (this != &other) {
        wipe();
        keys_ = other.keys_;
        other.wipe();
    }
    return *this;
}

ClusterKeys::~ClusterKeys() { wipe(); }

bool ClusterKeys::contains(std::uint32_t id) const {
    return std::ranges::any_of(keys(), [id](const Key& key) { return key.id == id; });
}

void ClusterKeys::wipe() {
    for (Key& key : keys_) sodium_memzero(&key, sizeof key);
    keys_.clear();
}

std::uint32_t id_of(std::span<const std::byte, key_bytes> key) {
    std::array<unsigned char, crypto_generichash_BYTES> hash{};
    crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(key.data()),
                       key.size(), nullptr, 0);
    std::uint32_t id = 0;
    for (std::size_t i = 0; i < sizeof id; ++i) id = id << 8 | hash[i];
    return id;
}

Result<ClusterKeys> read_key_text(std::string_view text, const std::string& path) {
    ClusterKeys into;
    for (int line = 1; !text.empty(); ++line) {
        const auto end = text.find('\n');
        const auto digits = without_comment(text.substr(0, end));
        if (!digits.empty())
            if (const auto added = add_key(digits, into); !added)
                return Error{fmt::format("{}:{}: {}", path, line, added.error().what)};
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    if (into.keys().empty())
        return Error{fmt::format("{} has no key in it; {}", path, advice_to_make_one(path))};
    return into;
}

Result<ClusterKeys> read_key_file(const std::string& path) {
    auto keys = read_keys(path);
    // The hash that names a key leaves copies of it on the stack.
    sodium_stackzero(stack_bytes_used_max);
    return keys;
}

Result<std::string> make_key_text() {
    if (const auto started = start_sodium(); !started) return started.error();
    std::array<unsigned char, key_bytes> key{};
    std::array<char, key_digits + 1> digits{};
    randombytes_buf(key.data(), key.size());
    sodium_bin2hex(digits.data(), digits.size(), key.data(), key.size());
    std::string text(digits.data(), key_digits);
    sodium_memzero(key.data(), key.size());
    sodium_memzero(digits.data(), digits.size());
    return text;
}

}  // namespace komainu
