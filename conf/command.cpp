#include "conf/command.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "conf/value_text.h"

namespace komainu {

namespace {

constexpr std::string_view blanks = " \t";

class Splitter {
public:
    explicit Splitter(std::string_view text) : left_(text) {}

    Result<Argv> run() {
        while (skip_blanks()) {
            if (words_.size() == command_words_max)
                return Error{"more than " + std::to_string(command_words_max) +
                             " words; put the command into a script"};
            if (Status read = read_word(); !read) return read.error();
        }
        return std::move(words_);
    }

private:
    bool skip_blanks() {
        left_.remove_prefix(std::min(left_.find_first_not_of(blanks), left_.size()));
        return !left_.empty();
    }

    char take() {
        const char c = left_.front();
        left_.remove_prefix(1);
        return c;
    }

    // A quote is one where a word begins or another quote has ended; else it is a letter as any.
    Status read_word() {
        std::string word;
        bool may_quote = true;
        while (!left_.empty() && blanks.find(left_.front()) == blanks.npos) {
            const char c = take();
            const bool opens = may_quote && (c == '"' || c == '\'');
            const Status read = opens ? read_quoted(c, word) : read_letter(c, word);
            if (!read) return read;
            may_quote = opens;
        }
        words_.push_back(std::move(word));
        return Ok{};
    }

    Status read_quoted(char quote, std::string& word) {
        while (!left_.empty()) {
            const char c = take();
            if (c == quote) return Ok{};
            if (Status read = read_letter(c, word); !read) return read;
        }
        return Error{std::string("a quote is not closed; write another ") + quote + ", or \\" +
                     quote + " for the letter itself"};
    }

    Status read_letter(char c, std::string& word) {
        if (c != '\\') return word += c, Ok{};
        const auto escaped = left_.empty() ? std::nullopt : read_escape(take());
        if (!escaped)
            return Error{
                "has a \\ before something else than \\ \" ' s t n or xHH; write \\\\ for the "
                "letter itself"};
        word += *escaped;
        return Ok{};
    }

    std::optional<char> read_escape(char c) {
        switch (c) {
            case '\\':
            case '"':
            case '\'':
                return c;
            case 's':
                return ' ';
            case 't':
                return '\t';
            case 'n':
                return '\n';
            case 'x':
                return read_hex();
        }
        return {};
    }

    // Not of zero, which would end the word for the kernel.
    std::optional<char> read_hex() {
        constexpr std::size_t digits = 2;
        unsigned char value = 0;
        const auto text = left_.substr(0, digits);
        const auto end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data(), end, value, 16);
        if (text.size() != digits || rest != end || error != std::errc{} || value == 0) return {};
        left_.remove_prefix(digits);
        return static_cast<char>(value);
    }

    std::string_view left_;
    Argv words_;
};

bool is_plain(char c) { return c > ' ' && c <= '~' && c != '\\' && c != '"' && c != '\''; }

std::string written(const std::string& word) {
    if (!word.empty() && std::ranges::all_of(word, is_plain)) return word;
    std::string text = "'";
    for (const char c : word) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

}  // namespace

Result<Argv> read_command(std::string_view text) {
    if (text.size() > command_bytes_max)
        return Error{"has more than " + std::to_string(command_bytes_max) +
                     " letters; put the command into a script"};
    auto command = Splitter(text).run();
    if (!command) return command;
    if (command->empty() || !command->front().starts_with('/'))
        return Error{quoted(text) +
                     " does not begin with the absolute path of a program; there is no shell and "
                     "no search path, write it such as /usr/bin/test -e /run/ready"};
    return command;
}

std::string to_string(const Argv& command) {
    std::string text;
    for (const std::string& word : command) text += (text.empty() ? "" : " ") + written(word);
    return text;
}

}  // namespace komainu
