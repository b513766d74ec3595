#include "pgpool/pcp_session.h"

#include <utility>

#include "base/assert.h"
#include "base/overload.h"

namespace komainu {

PcpSession::PcpSession(PcpLogin login) : login_(std::move(login)), unsent_(pcp_salt_request()) {}

void PcpSession::ask(const PcpRequest& request) {
    KOMAINU_ASSERT(!asked_);
    asked_ = request;
    nodes_announced_.reset();
    nodes_.clear();
    watchdog_.reset();
    if (logged_in_) unsent_ += pcp_request(request);
}

Status PcpSession::receive(std::string_view bytes) {
    unread_ += bytes;
    for (;;) {
        const auto frame = first_pcp_frame(unread_);
        if (!frame) return frame.error();
        if (!frame.value()) return Ok{};
        const auto message = read_pcp_message(*frame.value());
        if (!message) return message.error();
        if (Status taken = take(message.value()); !taken) return taken;
        unread_.erase(0, frame.value()->bytes);
    }
}

Status PcpSession::take(const PcpMessage& message) {
    return std::visit(Overload{[&](const PcpSalt& salt) -> Status {
                                   if (logged_in_) return misplaced();
                                   unsent_ += pcp_login(login_, salt);
                                   return Ok{};
                               },
                               [&](const PcpAuthenticated&) -> Status {
                                   logged_in_ = true;
                                   if (asked_) unsent_ += pcp_request(*asked_);
                                   return Ok{};
                               },
                               [&](const PcpArraySize& array) -> Status {
                                   nodes_announced_ = array.size;
                                   return Ok{};
                               },
                               [&](const PcpNode& node) -> Status {
                                   if (nodes_.size() >= nodes_announced_.value_or(0))
                                       return misplaced();
                                   nodes_.push_back(node);
                                   return Ok{};
                               },
                               [&](const PcpSetting& setting) -> Status {
                                   if (!asked_ || asked_->command != PcpCommand::settings)
                                       return misplaced();
                                   if (setting.name == "use_watchdog")
                                       watchdog_ = setting.value != "0";
                                   return Ok{};
                               },
                               [&](const PcpDone& done) -> Status {
                                   if (!asked_) return misplaced();
                                   if (asked_->command == PcpCommand::node_info &&
                                       nodes_announced_ != nodes_.size())
                                       return misplaced();
                                   answer_ = PcpAnswer{*std::exchange(asked_, {}), "",
                                                       std::move(nodes_), done.count, watchdog_};
                                   return Ok{};
                               },
                               [&](const PcpError& error) -> Status {
                                   if (!logged_in_) return Error{error.text};
                                   if (!asked_) return misplaced();
                                   answer_ = PcpAnswer{*std::exchange(asked_, {}), error.text};
                                   return Ok{};
                               },
                               [](const PcpNotice&) -> Status { return Ok{}; }},
                      message);
}

Status PcpSession::misplaced() const { return Error{"pgpool-II answers out of turn"}; }

std::string PcpSession::take_unsent() { return std::exchange(unsent_, {}); }

std::optional<PcpAnswer> PcpSession::take_answer() { return std::exchange(answer_, {}); }

}  // namespace komainu
