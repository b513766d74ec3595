// The komainu.conf that is made of a pgpool.conf: its text, as it grows line by line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/pgpool_conf.h"

namespace komainu {

class PgpoolDraft {
public:
    void section(std::string_view title);
    /// `key = value`, and a comment that says from which parameter it comes. The value can stand in
    /// a configuration: see can_stand().
    void key(std::string_view key, std::string_view value, std::string_view from);
    void paragraph();
    void comment(std::string_view sentence);
    /// A comment about the line after it, which the operator has to change. Counted.
    void change(std::string_view sentence);

    /// Named at the end, with the reason why it is not taken over.
    void leave_out(const PgpoolParameter& parameter, std::string_view why);
    /// The same for one that the operator has to do something about. Counted as well.
    void refuse(const PgpoolParameter& parameter, std::string_view why);

    /// The same for those that have no value, all in one line.
    void leave_out_empty(std::string_view names);

    int changes() const { return changes_; }
    /// The lines so far, with what was left out after them.
    std::string text() const;

private:
    void name_left_out(const PgpoolParameter& parameter, std::string_view mark,
                       std::string_view why);

    std::string lines_;
    std::string left_out_;
    int changes_ = 0;
};

/// A port on which several parameters agree, and their names. Empty where none of them is one.
struct AgreedPort {
    std::string number;
    std::string from;
};

/// That of the first; one that differs is left out for the reason.
AgreedPort agreed_port(const std::vector<const PgpoolParameter*>& given, std::string_view why_one,
                       PgpoolDraft& draft);

/// Whether the text can be a value of a komainu.conf, where a # always begins a comment.
bool can_stand(std::string_view text);

}  // namespace komainu
