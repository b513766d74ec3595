// The guard's end of the runner, who hands over each configuration that he has read anew and
// accepted: the very text that main is handed as well. What main says of the network's doing must
// not decide which addresses the guard puts on; so the guard takes the text from him who reads the
// file, and main only says when.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "conf/config.h"
#include "conf/text_digest.h"

namespace komainu {

class ConfigInbox {
public:
    explicit ConfigInbox(Fd from_runner) : from_runner_(std::move(from_runner)) {}

    /// To be watched for EPOLLIN; -1 when there is no runner any more.
    int fd() const { return from_runner_.get(); }

    enum class Runner : bool { gone, there };
    /// Takes what has come. The newest is kept.
    Runner read();

    /// The configuration in the newest text, if that is the one that is meant, is in order, and has
    /// nothing else than what may change in a running daemon.
    Result<Config> configuration(const TextDigest& meant, const Config& running) const;

private:
    Fd from_runner_;
    Fd newest_;  ///< a sealed file in memory
};

}  // namespace komainu
