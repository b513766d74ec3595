#include "conf/pgpool_conf.h"

#include <algorithm>
#include <map>
#include <utility>

#include "conf/scanner.h"

namespace komainu {

namespace {

constexpr std::string_view blanks = " \t\r";

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

bool is_name_letter(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

class Reader {
public:
    void take_line(std::string_view line) {
        ++number_;
        left_ = line;
        while (skip_blanks() && take_parameter()) continue;
    }

    PgpoolConf result() && { return std::move(conf_); }

private:
    /// Whether there is something before the end of the line, or its comment.
    bool skip_blanks() {
        left_.remove_prefix(std::min(left_.find_first_not_of(blanks), left_.size()));
        return !left_.empty() && left_.front() != '#';
    }

    std::string_view take(std::size_t letters) {
        const auto taken = left_.substr(0, letters);
        left_.remove_prefix(taken.size());
        return taken;
    }

    // Several may stand on one line. The rest of a line with a mistake is left alone.
    bool take_parameter() {
        if (!is_letter(left_.front())) {
            if (has_control_character(left_))
                return refuse("line", "has a control character; remove it");
            return refuse("line", "there is something else than a parameter; write name = 'value'");
        }
        const auto end = std::ranges::find_if_not(left_, is_name_letter);
        const std::string name(take(static_cast<std::size_t>(end - left_.begin())));
        if (skip_blanks() && left_.front() == '=') take(1);
        if (!skip_blanks()) return refuse(name, "has no value; write one, or '' for none");
        PgpoolParameter parameter{name, {}, number_};
        const bool read = left_.front() == '\'' ? take_quoted(parameter) : take_plain(parameter);
        if (!read) return false;
        if (has_control_character(parameter.value))
            return refuse(name, "has a control character; remove it");
        return store(std::move(parameter));
    }

    bool take_plain(PgpoolParameter& parameter) {
        parameter.value = take(std::min(left_.find_first_of(" \t\r#'="), left_.size()));
        if (!parameter.value.empty()) return true;
        return refuse(parameter.name, "has no value that can be read; write one in quotes");
    }

    // pgpool-II keeps a \ as it stands. One before a quote makes it no end, where there is another.
    bool take_quoted(PgpoolParameter& parameter) {
        take(1);
        for (;;) {
            const auto end = left_.find('\'');
            if (end == left_.npos)
                return refuse(parameter.name, "its quote is not closed; write another '");
            parameter.value += take(end);
            take(1);
            const bool doubled = left_.starts_with('\'');
            const bool escaped = parameter.value.ends_with('\\') && left_.find('\'') != left_.npos;
            if (!doubled && !escaped) return true;
            parameter.value += '\'';
            if (!escaped) take(1);
        }
    }

    bool store(PgpoolParameter parameter) {
        if (parameter.name == "include") return add(conf_.includes, std::move(parameter));
        const auto [known, is_new] = places_.try_emplace(parameter.name, conf_.parameters.size());
        if (is_new) return add(conf_.parameters, std::move(parameter));
        if (known->second < conf_.parameters.size())
            conf_.parameters[known->second] = std::move(parameter);
        return true;
    }

    bool add(std::vector<PgpoolParameter>& list, PgpoolParameter parameter) {
        if (list.size() < pgpool_parameters_max) {
            list.push_back(std::move(parameter));
            return true;
        }
        if (std::exchange(said_too_many_, true)) return false;
        return refuse(parameter.name,
                      fmt::format("one too many, there may be at most {}; remove what is not used",
                                  pgpool_parameters_max));
    }

    bool refuse(std::string place, std::string text) {
        conf_.problems.add(Severity::error, {number_, std::move(place)}, std::move(text));
        return false;
    }

    PgpoolConf conf_;
    std::map<std::string, std::size_t> places_;  ///< of the parameters in their list
    std::string_view left_;                      ///< of the line
    int number_ = 0;
    bool said_too_many_ = false;
};

}  // namespace

PgpoolConf read_pgpool_conf(std::string_view text) {
    Reader reader;
    while (!text.empty()) {
        const auto end = text.find('\n');
        reader.take_line(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return std::move(reader).result();
}

}  // namespace komainu
