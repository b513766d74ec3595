// The watchdog's parameters in a pgpool.conf, and which of them have been made use of: so that none
// is lost silently, what nobody has asked for is known in the end.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "conf/pgpool_conf.h"
#include "conf/value_text.h"

namespace komainu {

class PgpoolWatchdog {
public:
    explicit PgpoolWatchdog(std::vector<PgpoolParameter> parameters)
        : parameters_(std::move(parameters)) {}

    /// Counts as made use of from then on. nullptr when it is not given, or given as ''.
    const PgpoolParameter* take(std::string_view name);
    /// NAME0, NAME1 and so on by their numbers, those that have a value.
    std::map<int, const PgpoolParameter*> take_numbered(std::string_view name);
    /// The same without making use of it.
    const PgpoolParameter* find(std::string_view name) const;
    /// Whether it is in the file, with a number or without, be it given as ''.
    bool mentions(std::string_view name) const;
    bool has_numbered(std::string_view name) const;

    /// What stands in the file and nobody has taken, in the order of the file.
    std::vector<const PgpoolParameter*> untaken() const;
    /// Those that are given as '', which is as good as not given.
    std::vector<const PgpoolParameter*> empty() const;

private:
    std::vector<PgpoolParameter> parameters_;
    std::set<std::string, std::less<>> taken_;
};

/// Whether it is a parameter of the watchdog, by its name; also one of a version to come.
bool is_of_watchdog(std::string_view name);

/// Why komainu does without it; empty for one that it does not know.
std::string_view why_not(std::string_view name);

/// Whether its value is nobody else's business.
bool is_secret(std::string_view name);

/// The names of all the parameters of pgpool-II 3.4 to 4.7 that are the watchdog's, without
/// numbers.
std::vector<std::string_view> known_pgpool_names();

/// on, off, yes, no, true, false, 1 or 0.
Result<bool> read_pgpool_switch(std::string_view text);
/// Seconds, or a number with one of the units ms, s, min, h, d.
Result<Duration> read_pgpool_duration(std::string_view text, Range<Duration> range);
/// The items of a list, without blanks around them and without empty ones.
std::vector<std::string_view> items_of(std::string_view text, char separator);

}  // namespace komainu
