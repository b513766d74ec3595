#include "conf/pgpool_draft.h"

#include "conf/pgpool_watchdog.h"
#include "conf/scanner.h"

namespace komainu {

namespace {

constexpr std::string_view change_mark = "CHANGE: ";

}  // namespace

void PgpoolDraft::section(std::string_view title) { lines_ += fmt::format("\n[{}]\n", title); }

void PgpoolDraft::key(std::string_view key, std::string_view value, std::string_view from) {
    lines_ += fmt::format("{} = {}", key, value);
    if (!from.empty()) lines_ += fmt::format("  # {}", from);
    lines_ += "\n";
}

void PgpoolDraft::paragraph() { lines_ += "\n"; }

void PgpoolDraft::comment(std::string_view sentence) {
    lines_ += sentence.empty() ? "#\n" : fmt::format("# {}\n", sentence);
}

void PgpoolDraft::change(std::string_view sentence) {
    ++changes_;
    lines_ += fmt::format("# {}{}\n", change_mark, sentence);
}

void PgpoolDraft::leave_out(const PgpoolParameter& parameter, std::string_view why) {
    name_left_out(parameter, "", why);
}

void PgpoolDraft::refuse(const PgpoolParameter& parameter, std::string_view why) {
    ++changes_;
    name_left_out(parameter, change_mark, why);
}

void PgpoolDraft::leave_out_empty(std::string_view names) {
    left_out_ += fmt::format("# {}: given without a value\n", names);
}

void PgpoolDraft::name_left_out(const PgpoolParameter& parameter, std::string_view mark,
                                std::string_view why) {
    const std::string value = is_secret(parameter.name) ? "" : " = " + parameter.value;
    left_out_ += fmt::format("# {}{}{}: {}\n", mark, parameter.name, value, why);
}

std::string PgpoolDraft::text() const {
    if (left_out_.empty()) return lines_;
    return lines_ + "\n# What stands in pgpool.conf and is not taken over:\n#\n" + left_out_;
}

AgreedPort agreed_port(const std::vector<const PgpoolParameter*>& given, std::string_view why_one,
                       PgpoolDraft& draft) {
    AgreedPort port;
    for (const auto* one : given) {
        const auto number = read_number(one->value, {1, 65535});
        if (!number) {
            draft.refuse(*one, number.error().what);
        } else if (port.number.empty() || port.number == std::to_string(number.value())) {
            port.number = std::to_string(number.value());
            port.from += (port.from.empty() ? "" : ", ") + one->name;
        } else {
            draft.leave_out(*one, why_one);
        }
    }
    return port;
}

bool can_stand(std::string_view text) {
    return !trim(text).empty() && text == trim(text) && text.find('#') == text.npos &&
           !has_control_character(text);
}

}  // namespace komainu
