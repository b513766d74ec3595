// A PostgreSQL server on a host of the lab: made once by initdb, copied for each server, and run by
// another user than root, whom PostgreSQL would refuse. Nothing that it writes has to survive.
#pragma once

#include <optional>
#include <string>

#include "base/address.h"
#include "test/lab/network.h"
#include "test/lab/process.h"

namespace komainu::lab {

inline constexpr std::uint16_t postgres_port = 5432;

/// Where a program of PostgreSQL's is; empty when it is not installed.
std::string postgres_program(const std::string& name);

class Postgres {
public:
    enum class Role { primary, standby };

    /// An empty primary, in a directory that does not exist yet.
    Postgres(const Host& host, std::string directory);
    /// A streaming standby of a running primary.
    Postgres(const Host& host, std::string directory, const Postgres& primary);

    const Host& host() const { return host_; }
    Endpoint endpoint() const { return {host_.ipv4, postgres_port}; }
    const std::string& directory() const { return directory_; }

    /// Waits until it answers.
    void start();
    void stop();  ///< fast, as `pg_ctl stop` is
    void kill();  ///< at once, with all its processes
    bool running();
    std::string log() const;

    /// The first value of the answer's first row; nothing when there is none.
    std::optional<std::string> ask(const std::string& query) const;
    std::optional<Role> role() const;

    /// The command that promotes it, for failover_command.
    std::string promote_command() const;

private:
    void write_settings(const std::string& more) const;

    const Host& host_;
    std::string directory_;
    std::optional<Process> process_;
};

}  // namespace komainu::lab
