#include "pgpool/pcp_client.h"

#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "conf/value_text.h"
#include "pgpool/password_file.h"

namespace komainu {

PcpClient::PcpClient(Loop& loop, const PgpoolConfig& pgpool, Answered answered)
    : loop_(loop),
      pgpool_(pgpool),
      answered_(std::move(answered)),
      stream_(loop, pgpool.pcp,
              {[this](std::string_view bytes) { receive(bytes); },
               [this](const Error& error) {
                   session_.reset();
                   if (is_busy()) answer(error);
               }}),
      timer_(loop, [this] { answer(Error::from_errno(to_string(pgpool_.pcp), ETIMEDOUT)); }),
      failed_(loop, [this] {
          if (failure_) answer(*std::exchange(failure_, {}));
      }) {}

void PcpClient::ask(const PcpRequest& request) {
    KOMAINU_ASSERT(!is_busy());
    timer_.set(loop_.now() + patience);
    if (session_ && loop_.now() - opened_ >= connection_age_max) close();
    if (!session_) {
        if (Status opened = open(); !opened) {
            failure_ = opened.error();
            return failed_.set(loop_.now());
        }
    }
    session_->ask(request);
    stream_.send(session_->take_unsent());
}

Status PcpClient::open() {
    auto password = read_password(pgpool_);
    if (!password) return password.error();
    session_.emplace(PcpLogin{pgpool_.user, std::move(*password)});
    opened_ = loop_.now();
    stream_.open();
    return Ok{};
}

void PcpClient::close() {
    if (session_) stream_.send(pcp_goodbye());
    session_.reset();
    stream_.close();
}

void PcpClient::receive(std::string_view bytes) {
    if (!session_) return;
    if (Status taken = session_->receive(bytes); !taken) {
        session_.reset();
        stream_.close();
        if (is_busy()) answer(Error{to_string(pgpool_.pcp) + ": " + taken.error().what});
        return;
    }
    stream_.send(session_->take_unsent());
    if (auto done = session_->take_answer()) answer(*done);
}

void PcpClient::answer(const Result<PcpAnswer>& answer) {
    timer_.clear();
    failed_.clear();
    if (!answer) {
        session_.reset();
        stream_.close();
    }
    answered_(answer);
}

}  // namespace komainu
