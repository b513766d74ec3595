#include "runner/orders.h"

#include <algorithm>

#include "base/overload.h"
#include "io/message_channel.h"
#include "packet/blocks.h"
#include "packet/ledger_record.h"

namespace komainu {

namespace {

static_assert(runner_message_bytes_max == channel_message_bytes_max);

enum class OrderKind : std::uint8_t {
    check = 1,
    hook,
    stop,
    farewell,
    read_config,
    take_over,
    move_vip,
    command,
    store,
};
enum class ReportKind : std::uint8_t { run = 1, ready, failed, config };

template <class Enum>
Enum read_enum(Reader& reader, Enum last) {
    const auto value = reader.u8();
    if (value > static_cast<std::uint8_t>(last)) reader.fail();
    return reader.ok() ? static_cast<Enum>(value) : Enum{};
}

// The environment of a program: a zero would end the value, and a newline would confuse its reader.
std::string read_fact(Reader& reader) {
    std::string fact = read_text(reader, fact_bytes_max);
    if (std::ranges::any_of(fact, [](unsigned char c) { return c < ' '; })) reader.fail();
    return fact;
}

void write_facts(Writer& writer, const HookFacts& facts) {
    write_enum(writer, facts.event);
    writer.u64(facts.term);
    write_enum(writer, facts.active);
    write_enum(writer, facts.peer);
    for (const auto* text : {&facts.role, &facts.old_role, &facts.cause, &facts.reason,
                             &facts.backend, &facts.backend_event})
        write_text(writer, *text, fact_bytes_max);
}

HookFacts read_facts(Reader& reader) {
    HookFacts facts;
    facts.event = read_enum(reader, HookEvent::backend);
    facts.term = reader.u64();
    facts.active = NodeId{reader.u8()};
    facts.peer = NodeId{reader.u8()};
    for (auto* text : {&facts.role, &facts.old_role, &facts.cause, &facts.reason, &facts.backend,
                       &facts.backend_event})
        *text = read_fact(reader);
    return facts;
}

constexpr std::uint8_t no_backend = 255;

void write_backend(Writer& writer, std::optional<int> id) {
    writer.u8(id ? static_cast<std::uint8_t>(*id) : no_backend);
}

std::optional<int> read_backend(Reader& reader) {
    const int id = reader.u8();
    if (id == no_backend) return {};
    if (id >= static_cast<int>(backends_max)) reader.fail();
    return id;
}

CommandOrder read_command_order(Reader& reader) {
    CommandOrder order;
    order.run = reader.u64();
    order.command = read_enum(reader, ClusterCommand::follow_primary);
    const auto backend = read_backend(reader);
    if (!backend) reader.fail();
    order.change.backend = backend.value_or(0);
    order.change.main = read_backend(reader);
    order.change.old_main = read_backend(reader);
    order.change.old_primary = read_backend(reader);
    return order;
}

StoreOrder read_store_order(Reader& reader) {
    StoreOrder order{.run = reader.u64(), .generation = reader.u64(), .record = {}};
    if (reader.left() > ledger_record_bytes_max) reader.fail();
    const Bytes record = reader.bytes(reader.left());
    order.record.assign(record.begin(), record.end());
    return order;
}

std::optional<RunnerOrder> read_order(Reader& reader) {
    switch (OrderKind{reader.u8()}) {
        case OrderKind::check: {
            const auto run = reader.u64();
            const auto service = reader.u16();
            return CheckOrder{run, service, NodeId{reader.u8()}};
        }
        case OrderKind::hook: {
            const auto run = reader.u64();
            const auto hook = reader.u16();
            return HookOrder{run, hook, read_facts(reader)};
        }
        case OrderKind::stop:
            return StopOrder{reader.u64()};
        case OrderKind::farewell:
            return FarewellOrder{};
        case OrderKind::read_config:
            return ReadConfigOrder{reader.u64()};
        case OrderKind::take_over:
            return TakeOverOrder{reader.u64()};
        case OrderKind::move_vip: {
            const auto run = reader.u64();
            const auto vip = reader.u16();
            const auto up = reader.u8();
            if (up > 1) reader.fail();
            return MoveVipOrder{run, vip, up == 1};
        }
        case OrderKind::command:
            return read_command_order(reader);
        case OrderKind::store:
            return read_store_order(reader);
    }
    return {};
}

RunReport read_run(Reader& reader) {
    RunReport report;
    report.run = reader.u64();
    report.end.ending = read_enum(reader, Ending::not_started);
    report.end.status = static_cast<int>(reader.u32());
    report.end.line = read_text(reader, run_line_bytes_max);
    return report;
}

ConfigReport read_config_report(Reader& reader) {
    ConfigReport report;
    report.run = reader.u64();
    report.outcome = read_enum(reader, ConfigOutcome::failed);
    report.text = read_text(reader, runner_text_bytes_max);
    return report;
}

std::optional<RunnerReport> read_report(Reader& reader) {
    switch (ReportKind{reader.u8()}) {
        case ReportKind::run:
            return read_run(reader);
        case ReportKind::ready:
            return RunnerReadyReport{};
        case ReportKind::failed:
            return RunnerFailedReport{read_text(reader, runner_text_bytes_max)};
        case ReportKind::config:
            return read_config_report(reader);
    }
    return {};
}

}  // namespace

Bytes encode(const RunnerOrder& order, std::span<std::byte> room) {
    Writer writer(room);
    std::visit(Overload{[&](const CheckOrder& check) {
                            write_enum(writer, OrderKind::check);
                            writer.u64(check.run);
                            writer.u16(check.service);
                            write_enum(writer, check.node);
                        },
                        [&](const HookOrder& hook) {
                            write_enum(writer, OrderKind::hook);
                            writer.u64(hook.run);
                            writer.u16(hook.hook);
                            write_facts(writer, hook.facts);
                        },
                        [&](const MoveVipOrder& move) {
                            write_enum(writer, OrderKind::move_vip);
                            writer.u64(move.run);
                            writer.u16(move.vip);
                            writer.u8(move.up ? 1 : 0);
                        },
                        [&](const CommandOrder& command) {
                            write_enum(writer, OrderKind::command);
                            writer.u64(command.run);
                            write_enum(writer, command.command);
                            write_backend(writer, command.change.backend);
                            write_backend(writer, command.change.main);
                            write_backend(writer, command.change.old_main);
                            write_backend(writer, command.change.old_primary);
                        },
                        [&](const StoreOrder& store) {
                            write_enum(writer, OrderKind::store);
                            writer.u64(store.run);
                            writer.u64(store.generation);
                            writer.bytes(store.record);
                        },
                        [&](const StopOrder& stop) {
                            write_enum(writer, OrderKind::stop);
                            writer.u64(stop.run);
                        },
                        [&](const FarewellOrder&) { write_enum(writer, OrderKind::farewell); },
                        [&](const ReadConfigOrder& read) {
                            write_enum(writer, OrderKind::read_config);
                            writer.u64(read.run);
                        },
                        [&](const TakeOverOrder& taken) {
                            write_enum(writer, OrderKind::take_over);
                            writer.u64(taken.run);
                        }},
               order);
    return finished(writer);
}

Bytes encode(const RunnerReport& report, std::span<std::byte> room) {
    Writer writer(room);
    std::visit(Overload{[&](const RunReport& run) {
                            write_enum(writer, ReportKind::run);
                            writer.u64(run.run);
                            write_enum(writer, run.end.ending);
                            writer.u32(static_cast<std::uint32_t>(run.end.status));
                            write_text(writer, run.end.line, run_line_bytes_max);
                        },
                        [&](const RunnerReadyReport&) { write_enum(writer, ReportKind::ready); },
                        [&](const RunnerFailedReport& failed) {
                            write_enum(writer, ReportKind::failed);
                            write_text(writer, failed.text, runner_text_bytes_max);
                        },
                        [&](const ConfigReport& config) {
                            write_enum(writer, ReportKind::config);
                            writer.u64(config.run);
                            write_enum(writer, config.outcome);
                            write_text(writer, config.text, runner_text_bytes_max);
                        }},
               report);
    return finished(writer);
}

std::optional<RunnerOrder> decode_runner_order(Bytes bytes) {
    return read_whole(bytes, read_order);
}

std::optional<RunnerReport> decode_runner_report(Bytes bytes) {
    return read_whole(bytes, read_report);
}

}  // namespace komainu
