// Reading and writing big-endian bytes within bounds. Both have a sticky failure: read or write
// everything first, then ask once whether all of it fitted. A Reader never reads past its end, it
// gives zeros instead.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace komainu {

using Bytes = std::span<const std::byte>;

class Reader {
public:
    explicit Reader(Bytes bytes) : left_(bytes) {}

    std::uint8_t u8() { return take<std::uint8_t>(); }
    std::uint16_t u16() { return take<std::uint16_t>(); }
    std::uint32_t u24() {
        const std::uint32_t high = u8();
        return high << 16 | u16();
    }
    std::uint32_t u32() { return take<std::uint32_t>(); }
    std::uint64_t u64() { return take<std::uint64_t>(); }

    /// The next n bytes; empty, and failed, when fewer are left.
    Bytes bytes(std::size_t n) {
        if (n > left_.size()) {
            fail();
            return {};
        }
        const Bytes taken = left_.first(n);
        left_ = left_.subspan(n);
        return taken;
    }

    /// For values that fit in their bytes and still mean nothing.
    void fail() {
        failed_ = true;
        left_ = {};
    }

    bool ok() const { return !failed_; }
    bool at_end() const { return left_.empty(); }
    std::size_t left() const { return left_.size(); }

private:
    template <std::unsigned_integral Number>
    Number take() {
        std::uint64_t value = 0;
        for (const std::byte b : bytes(sizeof(Number)))
            value = value << 8 | std::to_integer<std::uint64_t>(b);
        return static_cast<Number>(value);
    }

    Bytes left_;
    bool failed_ = false;
};

class Writer {
public:
    explicit Writer(std::span<std::byte> room) : room_(room) {}

    void u8(std::uint8_t v) { put(v); }
    void u16(std::uint16_t v) { put(v); }
    void u24(std::uint32_t v) {
        u8(static_cast<std::uint8_t>(v >> 16));
        u16(static_cast<std::uint16_t>(v));
    }
    void u32(std::uint32_t v) { put(v); }
    void u64(std::uint64_t v) { put(v); }

    void bytes(Bytes bytes) {
        if (const auto place = claim(bytes.size()); !place.empty())
            std::ranges::copy(bytes, place.begin());
    }

    /// The next n bytes, to be filled in by the caller; empty, and failed, when there is no room.
    std::span<std::byte> claim(std::size_t n) {
        if (n > room_.size() - used_) {
            failed_ = true;
            return {};
        }
        const auto place = room_.subspan(used_, n);
        used_ += n;
        return place;
    }

    bool ok() const { return !failed_; }
    Bytes written() const { return room_.first(used_); }

private:
    template <std::unsigned_integral Number>
    void put(Number value) {
        std::size_t shift = 8 * sizeof(Number);
        for (std::byte& b : claim(sizeof(Number))) {
            shift -= 8;
            b = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> shift);
        }
    }

    std::span<std::byte> room_;
    std::size_t used_ = 0;
    bool failed_ = false;
};

}  // namespace komainu
