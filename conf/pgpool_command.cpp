#include "conf/pgpool_command.h"

#include <algorithm>
#include <array>
#include <bit>

#include <fmt/core.h>

#include "base/address.h"
#include "conf/command.h"
#include "conf/value_text.h"

namespace komainu {

namespace {

constexpr std::string_view vip_mark = "$_IP_$";

std::string replaced(std::string text, std::string_view piece, std::string_view other) {
    for (auto at = text.find(piece); at != text.npos; at = text.find(piece, at + other.size()))
        text.replace(at, piece.size(), other);
    return text;
}

std::string_view program_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// The words without sudo and its options in front.
std::vector<std::string_view> without_sudo(std::vector<std::string_view> words) {
    if (words.empty() || program_name(words.front()) != "sudo") return words;
    words.erase(words.begin());
    const auto is_option = [](std::string_view word) { return word.starts_with('-'); };
    words.erase(words.begin(), std::ranges::find_if_not(words, is_option));
    return words;
}

/// 24 for 255.255.255.0.
std::optional<int> length_of_netmask(std::string_view text) {
    const auto mask = parse_address(text);
    if (!mask || !mask->is_ipv4()) return {};
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 4; ++i) bits = bits << 8 | mask->bytes[i];
    const int length = std::countl_one(bits);
    return std::popcount(bits) == length ? std::optional(length) : std::nullopt;
}

class AddressCommandReader {
public:
    AddressCommandReader(std::vector<std::string_view> words, std::string_view vip)
        : words_(std::move(words)), vip_(vip) {}

    std::optional<PgpoolAddressCommand> run() {
        if (words_.empty()) return {};
        const auto program = program_name(next());
        if (program == "ip") {
            read_ip();
        } else if (program == "ifconfig") {
            read_ifconfig();
        } else {
            return {};
        }
        return std::move(read_);
    }

private:
    /// Empty at the end.
    std::string_view next() { return at_ < words_.size() ? words_[at_++] : std::string_view(); }

    void read_ip() {
        for (auto word = next(); !word.empty(); word = next()) {
            if (word == "dev")
                read_.interface = next();
            else if (word == "label")
                read_.label = next();
            else if (!is_usual_of_ip(word) && !take_address(word))
                read_.rest.emplace_back(word);
        }
    }

    static bool is_usual_of_ip(std::string_view word) {
        constexpr std::array<std::string_view, 9> usual{
            "a", "addr", "address", "add", "del", "delete", "replace", "-4", "-6"};
        return std::ranges::find(usual, word) != usual.end();
    }

    // eth0:0 is the label of an address on eth0.
    void read_ifconfig() {
        const auto name = next();
        read_.interface = name.substr(0, name.find(':'));
        if (name.find(':') != name.npos) read_.label = name;
        for (auto word = next(); !word.empty(); word = next()) {
            if (word == "netmask")
                take_netmask(next());
            else if (word != "inet" && word != "up" && word != "down" && !take_address(word))
                read_.rest.emplace_back(word);
        }
    }

    void take_netmask(std::string_view word) {
        read_.length = length_of_netmask(word);
        if (!read_.length) read_.rest.push_back("netmask " + std::string(word));
    }

    /// The VIP by its mark or by itself, with or without a prefix length.
    bool take_address(std::string_view word) {
        const auto slash = word.find('/');
        const auto address = word.substr(0, slash);
        if (address != vip_mark && address != vip_) return false;
        if (slash == word.npos) return true;
        const auto length = read_number(word.substr(slash + 1), {1, 128});
        if (!length) return false;
        read_.length = length.value();
        return true;
    }

    std::vector<std::string_view> words_;
    std::string_view vip_;
    std::size_t at_ = 0;
    PgpoolAddressCommand read_;
};

/// A # would begin a comment, also in quotes.
Result<std::string> written(const Argv& words) {
    const std::string text = replaced(to_string(words), "#", "\\x23");
    if (auto read = read_command(text); !read) return read.error();
    return text;
}

bool is_plain_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-=:,@%+ ").find(c) != std::string_view::npos;
}

}  // namespace

std::optional<PgpoolAddressCommand> read_address_command(std::string_view text,
                                                         std::string_view vip) {
    return AddressCommandReader(without_sudo(words_of(text)), vip).run();
}

std::string interface_of_command(std::string_view text) {
    const auto words = words_of(text);
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
        if (words[i] == "-I" || words[i] == "dev") return std::string(words[i + 1]);
    return {};
}

Result<std::string> command_of_program(std::string_view text, std::string_view vip,
                                       std::string_view directory) {
    Argv words;
    for (const auto word : words_of(text))
        words.push_back(replaced(std::string(word), vip_mark, vip));
    if (!words.empty() && !words.front().starts_with('/'))
        words.front() = fmt::format("{}/{}", directory, words.front());
    return written(words);
}

Result<std::string> command_of_shell(std::string_view text) {
    Argv words;
    if (text.starts_with('/') && std::ranges::all_of(text, is_plain_letter))
        for (const auto word : words_of(text)) words.emplace_back(word);
    else
        words = {"/bin/sh", "-c", std::string(text)};
    return written(words);
}

}  // namespace komainu
