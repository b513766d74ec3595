#include "pgpool/line_client.h"

#include <cerrno>
#include <utility>

#include "base/assert.h"

namespace komainu {

LineClient::LineClient(Loop& loop, const std::string& socket_path, Answered answered)
    : loop_(loop),
      answered_(std::move(answered)),
      stream_(loop, PcpAddress{{}, socket_path},
              {[this](std::string_view bytes) { receive(bytes); },
               [this](const Error& error) { answer(error); }}),
      timer_(loop, [this] { answer(Error::from_errno("the control socket", ETIMEDOUT)); }) {}

void LineClient::ask(std::string_view line, Duration patience) {
    KOMAINU_ASSERT(!is_busy());
    if (!stream_.is_open()) {
        unread_.clear();
        stream_.open();
    }
    busy_ = true;
    timer_.set(loop_.now() + patience);
    stream_.send(std::string(line) + "\n");
}

void LineClient::receive(std::string_view bytes) {
    unread_ += bytes;
    const auto end = unread_.find('\n');
    if (unread_.size() > answer_bytes_max || (end != unread_.npos && !is_busy()))
        return answer(Error{"the control socket: answers out of turn"});
    if (end == unread_.npos) return;
    const std::string line = unread_.substr(0, end);
    unread_.erase(0, end + 1);
    answer(line);
}

void LineClient::answer(const Result<std::string>& line) {
    timer_.clear();
    if (!line) stream_.close();
    if (std::exchange(busy_, false)) answered_(line);
}

}  // namespace komainu
