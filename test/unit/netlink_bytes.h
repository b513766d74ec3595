// Builds netlink messages for the parser's tests, byte by byte and without any library, so that
// these tests do not share a misunderstanding with the code they test.
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace komainu {

class MessageBytes {
public:
    template <class Header>
    MessageBytes(std::uint16_t type, const Header& header) : bytes_(sizeof(nlmsghdr)) {
        type_ = type;
        append(&header, sizeof header);
    }

    template <class Value>
    MessageBytes& attribute(std::uint16_t type, const Value& value) {
        return attribute_bytes(type, &value, sizeof value);
    }
    /// With its terminating zero, as the kernel writes names.
    MessageBytes& text(std::uint16_t type, std::string_view value) {
        std::vector<char> terminated(value.begin(), value.end());
        terminated.push_back('\0');
        return attribute_bytes(type, terminated.data(), terminated.size());
    }
    MessageBytes& attribute_bytes(std::uint16_t type, const void* value, std::size_t size) {
        const nlattr header{static_cast<std::uint16_t>(sizeof(nlattr) + size), type};
        append(&header, sizeof header);
        append(value, size);
        bytes_.resize((bytes_.size() + 3) / 4 * 4);
        return *this;
    }

    MessageBytes& sequence(std::uint32_t sequence) {
        sequence_ = sequence;
        return *this;
    }

    std::vector<std::byte> message() const {
        nlmsghdr header{};
        header.nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
        header.nlmsg_type = type_;
        header.nlmsg_seq = sequence_;
        auto whole = bytes_;
        std::memcpy(whole.data(), &header, sizeof header);
        return whole;
    }

private:
    void append(const void* value, std::size_t size) {
        const auto* begin = static_cast<const std::byte*>(value);
        bytes_.insert(bytes_.end(), begin, begin + size);
    }

    std::uint16_t type_ = 0;
    std::uint32_t sequence_ = 0;
    std::vector<std::byte> bytes_;
};

}  // namespace komainu
