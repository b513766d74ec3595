#include "daemon/reload.h"

#include <sodium.h>

#include <cstring>
#include <utility>

#include "conf/load.h"
#include "conf/reader.h"
#include "conf/reload.h"
#include "io/memory_file.h"

namespace komainu {

namespace {

constexpr Duration patience = 10s;
constexpr Duration guards_time = 3s;
constexpr const char* nothing_changed = "the configuration is not taken over, nothing has changed";

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return lines;
}

/// The runner's process has written them from memory of the same layout.
Result<std::unique_ptr<const KeyRing>> read_keys(int fd) {
    auto text = read_memory_file(fd);
    if (!text) return text.error();
    ClusterKeys keys;
    for (std::size_t at = 0; at + sizeof(Key) <= text->size() && !keys.is_full();
         at += sizeof(Key)) {
        Key key;
        std::memcpy(&key, text->data() + at, sizeof key);
        keys.add(key);
        sodium_memzero(&key, sizeof key);
    }
    sodium_memzero(text->data(), text->size());
    if (keys.keys().empty()) return Error{"the keys did not arrive"};
    return std::unique_ptr<const KeyRing>(std::make_unique<const KeyRing>(keys.keys()));
}

}  // namespace

Reload::Reload(Loop& loop, RunnerLink& runner, const Config& running, Handlers handlers)
    : runner_(runner),
      running_(running),
      handlers_(std::move(handlers)),
      loop_(loop),
      limit_(loop, [this] { give_up(); }) {}

std::string_view Reload::under_way() const {
    if (run_) return "the configuration is being read already";
    return asked_ ? "the guard has not answered yet whether it takes over what was read before"
                  : "";
}

void Reload::begin() {
    run_ = runner_.read_config(
        [this](const ConfigReport& report, Descriptors& files) { on_answer(report, files); });
    if (!run_) return handlers_.refused(std::string(runner_.trouble()), {});
    limit_.set(loop_.now() + patience);
}

void Reload::on_answer(const ConfigReport& report, Descriptors& files) {
    limit_.clear();
    if (report.outcome == ConfigOutcome::accepted) return accept(files);
    run_.reset();
    if (report.outcome == ConfigOutcome::failed)
        return handlers_.refused(fmt::format("{}: {}", nothing_changed, report.text), {});
    const auto text = read_memory_file(files[0].get());
    handlers_.refused(nothing_changed, lines_of(text ? text.value() : text.error().what));
}

/// Whoever has read it has found nothing wrong with it. Only what changes is asked again: by the
/// text that came, not by what the runner thought of it.
void Reload::accept(const Descriptors& files) {
    const RunId run = *std::exchange(run_, {});
    const auto text = read_memory_file(files[0].get());
    auto keys = read_keys(files[1].get());
    if (!text || !keys)
        return handlers_.refused(
            fmt::format("{}: {}", nothing_changed, (text ? keys.error() : text.error()).what), {});
    auto [config, lines, problems] = read_config(text.value());
    config.self = running_.self;
    auto changes = plan_reload(running_, config, lines, problems);
    if (problems.has_errors())
        return handlers_.refused(nothing_changed, lines_of(report("the configuration", problems)));
    ask_guard(
        {run, std::move(config), std::move(*keys), std::move(changes), digest_of(text.value())});
}

void Reload::ask_guard(NewConfig wanted) {
    switch (handlers_.ask_guard(wanted)) {
        case GuardAsked::not_needed:
            return handlers_.accepted(std::move(wanted));
        case GuardAsked::cannot_be:
            return handlers_.refused(fmt::format("{}: the guard does not answer", nothing_changed),
                                     {});
        case GuardAsked::yes:
            asked_ = std::move(wanted);
            limit_.set(loop_.now() + guards_time);
    }
}

void Reload::guard_answered(std::uint64_t id, const std::string& why_not) {
    if (!asked_ || static_cast<std::uint64_t>(asked_->run) != id) return;
    limit_.clear();
    NewConfig wanted = *std::exchange(asked_, {});
    if (!why_not.empty()) return handlers_.refused(nothing_changed, lines_of(why_not));
    wanted.guard_has_it = true;
    handlers_.accepted(std::move(wanted));
}

void Reload::give_up() {
    if (asked_)
        return handlers_.refused(
            fmt::format("the guard does not answer within {} s: everything goes on as before until "
                        "it does, and may change then",
                        guards_time / 1s),
            {});
    runner_.stop(*std::exchange(run_, {}));
    handlers_.refused(
        fmt::format("{}: it could not be read within {} s", nothing_changed, patience / 1s), {});
}

}  // namespace komainu
