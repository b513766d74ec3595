#include "guard/orders.h"

#include <string_view>

#include "base/overload.h"
#include "io/message_channel.h"
#include "packet/blocks.h"
#include "packet/ethernet.h"

namespace komainu {

namespace {

static_assert(guard_message_bytes_max <= channel_message_bytes_max);

enum class OrderKind : std::uint8_t { hold = 1, drop, announce, probe, deposit, reload };
enum class ReportKind : std::uint8_t {
    held = 1,
    dropped,
    hold_failed,
    carrier,
    restored,
    ready,
    start_failed,
    rival_seen,
    probed,
    fence,
    reloaded,
    reload_failed,
};

void write_text(Writer& writer, std::string_view text) {
    write_text(writer, text, guard_text_bytes_max);
}

std::string read_text(Reader& reader) { return read_text(reader, guard_text_bytes_max); }

void write_instant(Writer& writer, Instant t) {
    writer.u64(static_cast<std::uint64_t>(nanoseconds(t)));
}

Instant read_instant(Reader& reader) {
    return Instant(Duration(static_cast<std::int64_t>(reader.u64())));
}

// For enums of two values; any other byte fails the reader.
template <class Enum>
Enum read_one_of_two(Reader& reader, Enum zero, Enum one) {
    const auto value = reader.u8();
    if (value > 1) reader.fail();
    return value == 0 ? zero : one;
}

LastWillBytes read_last_will(Reader& reader) {
    LastWillBytes will;
    for (const std::byte b : read_block(reader, last_will_bytes_max)) will.push_back(b);
    return will;
}

std::optional<GuardOrder> read_order(Reader& reader) {
    switch (OrderKind{reader.u8()}) {
        case OrderKind::hold: {
            HoldOrder hold;
            hold.round = reader.u64();
            hold.last_will = read_last_will(reader);
            return hold;
        }
        case OrderKind::drop:
            return DropOrder{reader.u64()};
        case OrderKind::announce:
            return AnnounceOrder{};
        case OrderKind::probe:
            return ProbeOrder{reader.u64()};
        case OrderKind::deposit: {
            DepositOrder deposit;
            deposit.round = reader.u64();
            deposit.last_will = read_last_will(reader);
            return deposit;
        }
        case OrderKind::reload: {
            ReloadOrder reload;
            reload.id = reader.u64();
            for (std::byte& b : reload.text) b = std::byte{reader.u8()};
            return reload;
        }
    }
    return {};
}

HeldReport read_held(Reader& reader) {
    HeldReport held;
    held.round = reader.u64();
    held.acknowledged_at = read_instant(reader);
    held.announced_at = read_instant(reader);
    return held;
}

DroppedReport read_dropped(Reader& reader) {
    DroppedReport dropped;
    dropped.round = reader.u64();
    dropped.why = read_one_of_two(reader, DropReason::ordered, DropReason::lease_expired);
    return dropped;
}

HoldFailedReport read_hold_failed(Reader& reader) {
    HoldFailedReport failed;
    failed.round = reader.u64();
    failed.text = read_text(reader);
    return failed;
}

CarrierReport read_carrier(Reader& reader) {
    CarrierReport report;
    report.carrier = Carrier{reader.u8()};
    if (report.carrier > Carrier::missing) reader.fail();
    report.interface = read_text(reader);
    return report;
}

RivalSeenReport read_rival_seen(Reader& reader) {
    RivalSeenReport seen;
    seen.vip = reader.u16();
    seen.mac = read_mac(reader);
    seen.times = reader.u32();
    return seen;
}

void write_rivals(Writer& writer, const ProbeReport& probed) {
    writer.u8(static_cast<std::uint8_t>(probed.rivals.size()));
    for (const auto& rival : probed.rivals) {
        writer.u16(rival.vip);
        writer.bytes(wire_bytes(rival.mac));
    }
}

ProbeReport read_probed(Reader& reader) {
    ProbeReport probed;
    probed.id = reader.u64();
    probed.not_probed = reader.u16();
    const std::size_t rivals = reader.u8();
    if (rivals > ProbeReport::rivals_max) reader.fail();
    for (std::size_t i = 0; i < rivals && reader.ok(); ++i) {
        const auto vip = reader.u16();
        probed.rivals.push_back({vip, read_mac(reader)});
    }
    return probed;
}

std::optional<GuardReport> read_report(Reader& reader) {
    switch (ReportKind{reader.u8()}) {
        case ReportKind::held:
            return read_held(reader);
        case ReportKind::dropped:
            return read_dropped(reader);
        case ReportKind::hold_failed:
            return read_hold_failed(reader);
        case ReportKind::carrier:
            return read_carrier(reader);
        case ReportKind::restored:
            return RestoredReport{read_text(reader)};
        case ReportKind::ready:
            return ReadyReport{};
        case ReportKind::start_failed:
            return StartFailedReport{read_text(reader)};
        case ReportKind::rival_seen:
            return read_rival_seen(reader);
        case ReportKind::probed:
            return read_probed(reader);
        case ReportKind::fence:
            return FenceReport{read_text(reader)};
        case ReportKind::reloaded:
            return ReloadedReport{reader.u64()};
        case ReportKind::reload_failed: {
            const auto id = reader.u64();
            return ReloadFailedReport{id, read_text(reader)};
        }
    }
    return {};
}

}  // namespace

Bytes encode(const GuardOrder& order, std::span<std::byte> room) {
    Writer writer(room);
    std::visit(
        Overload{[&](const HoldOrder& hold) {
                     write_enum(writer, OrderKind::hold);
                     writer.u64(hold.round);
                     write_block(writer, {hold.last_will.begin(), hold.last_will.size()});
                 },
                 [&](const DropOrder& drop) {
                     write_enum(writer, OrderKind::drop);
                     writer.u64(drop.round);
                 },
                 [&](const AnnounceOrder&) { write_enum(writer, OrderKind::announce); },
                 [&](const ProbeOrder& probe) {
                     write_enum(writer, OrderKind::probe);
                     writer.u64(probe.id);
                 },
                 [&](const DepositOrder& deposit) {
                     write_enum(writer, OrderKind::deposit);
                     writer.u64(deposit.round);
                     write_block(writer, {deposit.last_will.begin(), deposit.last_will.size()});
                 },
                 [&](const ReloadOrder& reload) {
                     write_enum(writer, OrderKind::reload);
                     writer.u64(reload.id);
                     writer.bytes(reload.text);
                 }},
        order);
    return finished(writer);
}

Bytes encode(const GuardReport& report, std::span<std::byte> room) {
    Writer writer(room);
    std::visit(Overload{[&](const HeldReport& held) {
                            write_enum(writer, ReportKind::held);
                            writer.u64(held.round);
                            write_instant(writer, held.acknowledged_at);
                            write_instant(writer, held.announced_at);
                        },
                        [&](const DroppedReport& dropped) {
                            write_enum(writer, ReportKind::dropped);
                            writer.u64(dropped.round);
                            write_enum(writer, dropped.why);
                        },
                        [&](const HoldFailedReport& failed) {
                            write_enum(writer, ReportKind::hold_failed);
                            writer.u64(failed.round);
                            write_text(writer, failed.text);
                        },
                        [&](const CarrierReport& carrier) {
                            write_enum(writer, ReportKind::carrier);
                            write_enum(writer, carrier.carrier);
                            write_text(writer, carrier.interface);
                        },
                        [&](const RestoredReport& restored) {
                            write_enum(writer, ReportKind::restored);
                            write_text(writer, restored.vip);
                        },
                        [&](const FenceReport& fence) {
                            write_enum(writer, ReportKind::fence);
                            write_text(writer, fence.trouble);
                        },
                        [&](const ReadyReport&) { write_enum(writer, ReportKind::ready); },
                        [&](const StartFailedReport& failed) {
                            write_enum(writer, ReportKind::start_failed);
                            write_text(writer, failed.text);
                        },
                        [&](const RivalSeenReport& seen) {
                            write_enum(writer, ReportKind::rival_seen);
                            writer.u16(seen.vip);
                            writer.bytes(wire_bytes(seen.mac));
                            writer.u32(seen.times);
                        },
                        [&](const ProbeReport& probed) {
                            write_enum(writer, ReportKind::probed);
                            writer.u64(probed.id);
                            writer.u16(probed.not_probed);
                            write_rivals(writer, probed);
                        },
                        [&](const ReloadedReport& reloaded) {
                            write_enum(writer, ReportKind::reloaded);
                            writer.u64(reloaded.id);
                        },
                        [&](const ReloadFailedReport& failed) {
                            write_enum(writer, ReportKind::reload_failed);
                            writer.u64(failed.id);
                            write_text(writer, failed.text);
                        }},
               report);
    return finished(writer);
}

std::optional<GuardOrder> decode_order(Bytes bytes) { return read_whole(bytes, read_order); }

std::optional<GuardReport> decode_report(Bytes bytes) { return read_whole(bytes, read_report); }

}  // namespace komainu
