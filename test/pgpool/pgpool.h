// A pgpool-II on a host of the lab, in a directory of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "test/lab/network.h"
#include "test/lab/process.h"

namespace komainu::lab {

inline constexpr std::uint16_t pgpool_port = 9999;
inline constexpr std::uint16_t pcp_port = 9898;
inline constexpr std::uint16_t watchdog_port = 9000;

/// Where a program of pgpool-II's is; empty when it is not installed.
std::string pgpool_program(const std::string& name);

class Pgpool {
public:
    /// Its configuration is pcp, the backends and where its files are; `more` is the rest. Its
    /// pgpool_node_id is one less than the host's number.
    Pgpool(const Host& host, std::string directory, const std::vector<Endpoint>& backends,
           const std::string& more);

    const Host& host() const { return host_; }
    const std::string& directory() const { return directory_; }
    std::string configuration_file() const { return directory_ + "/pgpool.conf"; }

    void start();         ///< does not wait
    bool serves() const;  ///< whether it answers a query
    bool wait_until_serves() const;
    void stop();       ///< fast
    void kill();       ///< all its processes at once
    void kill_main();  ///< the first process alone
    bool running();
    std::string log() const;

    /// Of a backend, as pgpool has it: "up", "down", …; and "primary" or "standby".
    std::optional<std::string> backend_status(std::size_t backend) const;
    std::optional<std::string> backend_role(std::size_t backend) const;
    /// What a command of PCP prints: pcp("node_info", "-n 0").
    std::string pcp(const std::string& command, const std::string& arguments = "") const;

private:
    std::string node_info(std::size_t backend, int field) const;

    const Host& host_;
    std::string directory_;
    std::optional<Process> process_;
};

}  // namespace komainu::lab
