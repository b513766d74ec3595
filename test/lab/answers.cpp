#include "test/lab/answers.h"

#include <cstdint>
#include <optional>

namespace komainu::lab {

std::string read_http_request(Conversation& client) {
    const std::string request = client.read_until("\r\n\r\n");
    return request.substr(0, request.find("\r\n"));
}

void answer_http(Conversation& client, int status, std::string_view body) {
    client.write("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\nLocation: /elsewhere\r\n\r\n");
    client.write(body);
}

namespace sql {

namespace {

enum class StartCode : std::uint32_t {
    cancel = 80877102,
    encrypt_by_tls = 80877103,
    encrypt_by_gss = 80877104,
};

std::string big_endian(std::uint64_t number, int bytes) {
    std::string text;
    while (bytes-- > 0) text += static_cast<char>(number >> 8 * bytes);
    return text;
}

std::uint32_t number_of(const std::string& bytes) {
    std::uint32_t number = 0;
    for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

std::string message(char type, const std::string& body) {
    return type + big_endian(body.size() + 4, 4) + body;
}

std::string c_string(std::string_view text) { return std::string(text) + '\0'; }

/// The code of the first message that asks for more than encryption, which there is none of.
std::optional<StartCode> read_start(Conversation& client) {
    while (true) {
        const std::string head = client.read(8);
        if (head.size() < 8) return {};
        const auto code = static_cast<StartCode>(number_of(head.substr(4)));
        client.read(number_of(head.substr(0, 4)) - 8);
        if (code != StartCode::encrypt_by_tls && code != StartCode::encrypt_by_gss) return code;
        client.write("N");
    }
}

std::string ready() { return message('Z', "I"); }

std::string error(std::string_view severity, std::string_view sqlstate, std::string_view text) {
    return message('E', "S" + c_string(severity) + "V" + c_string(severity) + "C" +
                            c_string(sqlstate) + "M" + c_string(text) + '\0');
}

/// One column of type text.
std::string description() {
    return message('T', big_endian(1, 2) + c_string("answer") + big_endian(0, 4) +
                            big_endian(0, 2) + big_endian(25, 4) + big_endian(0xffff, 2) +
                            big_endian(0xffffffff, 4) + big_endian(0, 2));
}

std::string complete() { return message('C', c_string("SELECT")) + ready(); }

}  // namespace

bool welcome(Conversation& client) {
    const auto start = read_start(client);
    if (!start || *start == StartCode::cancel) return false;
    const std::string key_of_cancellation = message('K', big_endian(1, 4) + big_endian(2, 4));
    client.write(message('R', big_endian(0, 4)) + key_of_cancellation + ready());
    return true;
}

void refuse(Conversation& client, std::string_view sqlstate, std::string_view text) {
    if (read_start(client)) client.write(error("FATAL", sqlstate, text));
}

std::string read_query(Conversation& client) {
    const std::string head = client.read(5);
    if (head.size() < 5 || head[0] != 'Q') return "";
    std::string text = client.read(number_of(head.substr(1)) - 4);
    if (!text.empty()) text.pop_back();
    return text;
}

void answer(Conversation& client, std::string_view value) {
    const std::string row = big_endian(1, 2) + big_endian(value.size(), 4) + std::string(value);
    client.write(description() + message('D', row) + complete());
}

void answer_null(Conversation& client) {
    client.write(description() + message('D', big_endian(1, 2) + big_endian(0xffffffff, 4)) +
                 complete());
}

void answer_without_row(Conversation& client) { client.write(description() + complete()); }

void answer_error(Conversation& client, std::string_view sqlstate, std::string_view text) {
    client.write(error("ERROR", sqlstate, text) + ready());
}

}  // namespace sql

}  // namespace komainu::lab
