// The backends of a real cluster: what one node is told all know, in one order, and the commands
// run on one node alone. The servers behind the service are not there; only their names are.
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "test/lab/answers.h"
#include "test/lab/control.h"
#include "test/lab/temporary_directory.h"
#include "test/net/scenario.h"

namespace komainu::lab {
namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;

class BackendScenario : public Scenario {
protected:
    /// Two backends, of which the first is the primary.
    static std::string two_backends(const std::string& commands = "") {
        return "\n[backends]\n" + (commands.empty() ? "command_timeout = 5s\n" : commands) +
               "[backend.0]\naddress = 10.77.0.50:5432\ndata_directory = /data\nprimary = yes\n"
               "[backend.1]\naddress = 10.77.0.51:5433\n";
    }
    /// A command that writes down what it is told. Of all nodes into one file: it runs on one.
    std::string scribe(const std::string& key, const std::string& text) {
        return key + " = /bin/sh -c \"echo $KOMAINU_NODE: " + text + " >> " + file("commands") +
               "\"\n";
    }
    std::string file(const std::string& name) { return directory_.path(name); }
    Lines lines_of(const std::string& name) {
        std::istringstream text(read_file(file(name)));
        Lines lines;
        for (std::string line; std::getline(text, line);) lines.push_back(line);
        return lines;
    }
    bool wait_for_lines(const std::string& name, const Lines& lines) {
        return wait_until([&] { return lines_of(name) == lines; }, patience);
    }

    json submit(int asked, const std::string& event, int id, json more = json::object()) {
        more.update({{"command", "backend"}, {"event", event}, {"id", id}});
        if (!more.contains("wait_ms")) more["wait_ms"] = 8000;
        return ask(cluster().control_socket(asked), more, 2 * patience).value_or(json::object());
    }
    json listed(int asked) {
        return ask(cluster().control_socket(asked), {{"command", "backends"}}, patience)
            .value_or(json::object());
    }
    std::string state(int asked, int id) {
        const json answer = listed(asked);
        if (!answer.contains("backends")) return "";
        const json& backend = answer["backends"].at(static_cast<std::size_t>(id));
        return backend["state"].get<std::string>() + " " + backend["role"].get<std::string>();
    }
    bool all_say(int id, const std::string& what) {
        return wait_until(
            [&] {
                for (int node = 1; node <= cluster().size(); ++node)
                    if (cluster().running(node) && state(node, id) != what) return false;
                return true;
            },
            patience);
    }
    bool wait_until_agreed(int node) {
        return wait_until([&] { return listed(node).value("agreed", json()) == true; }, patience);
    }
    static void write_file(const std::string& path, const std::string& content) {
        std::ofstream(path, std::ios::trunc | std::ios::binary) << content;
    }

private:
    TemporaryDirectory directory_;
};

TEST_F(BackendScenario, AnEventIsKnownToAllAndItsCommandsRunOnTheActiveAlone) {
    const int active =
        begin({.more = two_backends(
                   scribe("failover_command", "failover %d %h %p %D %m %H %M %P %r %R. %N %S %%") +
                   scribe("failback_command", "failback %d %h %p") +
                   scribe("follow_primary_command", "follow %d %h %m %H %r"))});
    ASSERT_TRUE(cluster().wait_until_whole());
    const json done = submit(after(active), "detach", 0);
    EXPECT_EQ(done.value("outcome", ""), "done") << done;
    EXPECT_TRUE(all_say(0, "down standby"));
    EXPECT_TRUE(all_say(1, "up primary"));
    const std::string node = std::to_string(active) + ": ";
    Lines lines{node + "failover 0 10.77.0.50 5432 /data 1 10.77.0.51 0 0 5433 . 10.77.0.50 5432 %",
                node + "follow 0 10.77.0.50 1 10.77.0.51 5433"};
    EXPECT_TRUE(wait_for_lines("commands", lines));
    EXPECT_EQ(submit(active, "attach", 0).value("outcome", ""), "done");
    lines.push_back(node + "failback 0 10.77.0.50 5432");
    EXPECT_TRUE(wait_for_lines("commands", lines));
    EXPECT_EQ(submit(active, "attach", 0).value("outcome", ""), "already");
}

TEST_F(BackendScenario, EachNodeSaysThatACommandHasFailedUntilAnotherDoesItsWork) {
    begin({.more = two_backends("failover_command = /bin/sh -c \"sleep 0.3; exit 3\"\n"
                                "failback_command = /bin/true\n")});
    const auto all_show = [&](const std::string& key, const json& value) {
        return wait_until(
            [&] {
                for (int node = 1; node <= 3; ++node) {
                    const auto said = cluster().status(node);
                    if (!said || (*said)["backend_table"][key] != value) return false;
                }
                return true;
            },
            patience);
    };
    EXPECT_EQ(submit(1, "detach", 1).value("outcome", ""), "done");
    // While it runs it is no trouble yet: for how long it has is told.
    EXPECT_TRUE(wait_until(
        [&] {
            const auto said = cluster().status(1);
            return said && (*said)["backend_table"]["command_ms"].is_number();
        },
        patience));
    EXPECT_TRUE(all_show("command_failed", "the command of event 1, for backend 1, ended with 3"));
    EXPECT_TRUE(all_show("command_ms", nullptr));
    EXPECT_EQ(submit(1, "attach", 1).value("outcome", ""), "done");
    EXPECT_TRUE(all_show("command_failed", ""));
}

TEST_F(BackendScenario, EachNodeRunsItsHookOnceForEachEvent) {
    const std::string hook = "[hook.h]\non = backend\ncommand = /bin/sh -c \"echo $KOMAINU_EVENT " +
                             std::string("$KOMAINU_BACKEND $KOMAINU_BACKEND_EVENT >> ") +
                             file("hook$KOMAINU_NODE") + "\"\n";
    const int active = begin({.more = two_backends() + hook});
    ASSERT_TRUE(cluster().wait_until_whole());
    for (const char* event : {"detach", "recovery-start", "recovery-end", "attach"})
        ASSERT_EQ(submit(after(active), event, 1).value("outcome", ""), "done") << event;
    const Lines lines{"backend 1 detach", "backend 1 recovery-start", "backend 1 recovery-end",
                      "backend 1 attach"};
    for (int node = 1; node <= 3; ++node)
        EXPECT_TRUE(wait_for_lines("hook" + std::to_string(node), lines)) << "node " << node;
}

TEST_F(BackendScenario, ARetryWithTheSameKeyIsTheSameEvent) {
    const int active = begin({.more = two_backends()});
    ASSERT_TRUE(cluster().wait_until_whole());
    const json first = submit(after(active), "detach", 1, {{"key", "c0ffee"}});
    const json again = submit(after(active), "detach", 1, {{"key", "c0ffee"}});
    EXPECT_EQ(first, again);
    EXPECT_EQ(first.value("outcome", ""), "done");
}

TEST_F(BackendScenario, WhatDoesNotFitIsRefusedWithAReason) {
    const int active = begin({.more = two_backends()});
    ASSERT_TRUE(cluster().wait_until_whole());
    const auto why = [&](const char* event, int id) {
        return submit(active, event, id).value("error", "");
    };
    EXPECT_EQ(why("recovery-start", 1),
              "backend 1 is attached, and online recovery is for one that is not; detach it first");
    EXPECT_EQ(why("recovery-end", 1), "backend 1 is not in online recovery");
    EXPECT_EQ(why("detach", 7), "backend 7 is not in the configuration");
    EXPECT_EQ(why("explode", 1),
              "\"event\" is none of detach, attach, promote, recovery-start and recovery-end");
}

// Who waits for news, and has asked again already.
TEST_F(BackendScenario, AreToldToAClientWhoWaitsTwiceAtOnce) {
    const int active = begin({.more = two_backends()});
    expect_no_move(active, [&] {
        for (int i = 0; i < 3; ++i) {
            const std::string wait =
                json{{"command", "backends"}, {"after", listed(active)["revision"]}}.dump();
            const auto answer = ask_line(cluster().control_socket(active),
                                         wait + "\n" + wait + "\n" + wait, patience);
            ASSERT_TRUE(answer);
            EXPECT_EQ((*answer)["ok"], true);
        }
    });
}

TEST_F(BackendScenario, OutliveTheEndOfAllDaemons) {
    const int active = begin({.more = two_backends()});
    ASSERT_TRUE(cluster().wait_until_whole());
    ASSERT_EQ(submit(active, "detach", 1).value("outcome", ""), "done");
    for (int node = 1; node <= 3; ++node) cluster().signal_both(node, SIGKILL);
    allow_overlap();
    cluster().start_all();
    const auto next = cluster().wait_for_active();
    ASSERT_TRUE(next);
    EXPECT_TRUE(wait_until_agreed(*next));
    EXPECT_TRUE(all_say(1, "down standby"));
}

TEST_F(BackendScenario, AreKnownToWhoTakesOverAndToWhoComesBack) {
    const int active = begin({.more = two_backends()});
    ASSERT_TRUE(cluster().wait_until_whole());
    const int away = after(active);
    cluster().kill_main(away);
    ASSERT_EQ(submit(active, "detach", 1).value("outcome", ""), "done");
    cluster().start(away);
    EXPECT_TRUE(wait_until_agreed(away));
    EXPECT_EQ(state(away, 1), "down standby");
    ASSERT_TRUE(cluster().wait_until_whole());
    const int next = expect_takeover(active, [&] { cluster().kill_main(active); });
    EXPECT_EQ(submit(next, "attach", 1).value("outcome", ""), "done");
    EXPECT_TRUE(all_say(1, "up standby"));
}

TEST_F(BackendScenario, WithoutAQuorumNothingIsChangedOrItIsQueued) {
    const int active = begin({.more = two_backends()});
    ASSERT_TRUE(cluster().wait_until_whole());
    const int lost = after(active), other = after(lost);
    cluster().kill_main(lost);
    cluster().kill_main(other);
    ASSERT_TRUE(wait_until([&] { return !cluster().active(); }, patience));
    const json refused = submit(active, "detach", 1, {{"wait_ms", 300}});
    EXPECT_EQ(refused.value("error", "").substr(0, 19), "nothing was changed") << refused;
    EXPECT_EQ(state(active, 1), "up standby");
    cluster().start(lost);
    EXPECT_EQ(submit(active, "detach", 1, {{"wait_ms", 9000}}).value("outcome", ""), "done");
}

TEST_F(BackendScenario, ACommandThatItsNodeDoesNotLiveToFinishIsRunByTheNext) {
    const std::string command = "failover_command = /bin/sh -c \"echo $KOMAINU_NODE >> " +
                                file("commands") + "; test -e " + file("go") + " || sleep 60\"\n";
    const int active = begin({.more = two_backends("command_timeout = 20s\n" + command)});
    ASSERT_TRUE(cluster().wait_until_whole());
    ASSERT_EQ(submit(active, "detach", 0).value("outcome", ""), "done");
    ASSERT_TRUE(wait_for_lines("commands", {std::to_string(active)}));
    write_file(file("go"), "");
    const int next = expect_takeover(active, [&] { cluster().kill_main(active); });
    EXPECT_TRUE(wait_for_lines("commands", {std::to_string(active), std::to_string(next)}));
    EXPECT_TRUE(all_say(1, "up primary"));
}

TEST_F(BackendScenario, ARecoveryOfANodeThatDiesIsOver) {
    const int active = begin({.more = two_backends()});
    ASSERT_TRUE(cluster().wait_until_whole());
    const int dying = after(active);
    ASSERT_EQ(submit(active, "detach", 1).value("outcome", ""), "done");
    ASSERT_EQ(submit(dying, "recovery-start", 1).value("outcome", ""), "done");
    EXPECT_EQ(listed(active)["backends"][1].value("recovered_by", 0), dying);
    cluster().kill_main(dying);
    EXPECT_TRUE(wait_until([&] { return !listed(active)["backends"][1].contains("recovered_by"); },
                           patience));
}

TEST_F(BackendScenario, IsDetachedWhenAMajorityFindsItDownAndQuarantinedBefore) {
    const std::string check =
        "[service.db1]\ncheck = tcp\naddress = 10.77.0.200:5433\nbackend = 1\n"
        "interval = 100ms\ntimeout = 300ms\n";
    lay_out({.more = two_backends() + check});
    const Endpoint there{parse_address("10.77.0.200").value(), 5433};
    auto server = std::make_unique<Server>(cluster().client_host().space, there,
                                           [](Conversation& client) { client.await_end(); });
    const int active = start();
    ASSERT_TRUE(cluster().wait_until_whole());
    const int alone = after(active);
    cluster().network().keep_apart(cluster().host(alone));
    cluster().network().keep_apart(cluster().client_host());
    EXPECT_TRUE(wait_until([&] { return state(alone, 1) == "quarantined standby"; }, patience));
    EXPECT_EQ(state(active, 1), "up standby");
    cluster().network().heal(cluster().host(alone));
    cluster().network().heal(cluster().client_host());
    EXPECT_TRUE(wait_until([&] { return state(alone, 1) == "up standby"; }, patience));
    server.reset();
    EXPECT_TRUE(all_say(1, "down standby"));
    EXPECT_TRUE(logs(active, "find it down"));
}

TEST_F(BackendScenario, ANodeWhoseFileIsDamagedSaysSoAndGetsTheTableAnew) {
    const int active = begin({.more = two_backends()});
    ASSERT_TRUE(cluster().wait_until_whole());
    ASSERT_EQ(submit(active, "detach", 1).value("outcome", ""), "done");
    const int victim = after(active);
    ASSERT_TRUE(wait_until([&] { return state(victim, 1) == "down standby"; }, patience));
    const std::string path = cluster().directory(victim) + "/state/backends.1";
    ASSERT_TRUE(wait_until([&] { return !read_file(path).empty(); }, patience));
    sleep_for(500ms);  // a file that is being written would take the place of the damaged one
    cluster().kill_main(victim);
    std::string bytes = read_file(path);
    bytes[bytes.size() / 2] ^= 1;
    write_file(path, bytes);
    cluster().start(victim);
    EXPECT_TRUE(logs(victim, "backends.1 is damaged"));
    EXPECT_TRUE(wait_until([&] { return state(victim, 1) == "down standby"; }, patience));
    EXPECT_TRUE(wait_until(
        [&] {
            const auto status = cluster().status(victim);
            return status && (*status)["backend_table"]["lost"] == false;
        },
        2 * patience));
    EXPECT_TRUE(logs(victim, "made out anew"));
}

TEST_F(BackendScenario, ANodeWhoseDiskIsFullSaysSoAndKnowsAllTheSame) {
    const int active = begin({.more = two_backends(), .disk_kib = 512});
    ASSERT_TRUE(cluster().wait_until_whole());
    const int full = after(active);
    const std::string filling = cluster().directory(full) + "/filling";
    {
        std::ofstream file(filling);
        const std::string block(4096, 'x');
        while (file << block << std::flush) {
        }
    }
    EXPECT_EQ(submit(full, "detach", 1).value("outcome", ""), "done");
    EXPECT_TRUE(all_say(1, "down standby"));
    const auto disk_trouble = [&] {
        const auto status = cluster().status(full);
        return status ? status->at("backend_table").at("disk").get<std::string>() : "";
    };
    EXPECT_TRUE(wait_until(
        [&] { return disk_trouble().find("No space left") != std::string::npos; }, patience));
    ::unlink(filling.c_str());
    EXPECT_TRUE(wait_until([&] { return disk_trouble().empty(); }, patience));
}

TEST_F(BackendScenario, ANodeThatMeansAnotherServerIsRefused) {
    lay_out({.more = two_backends()});
    replace_in_file(cluster().configuration_file(3), "10.77.0.51:5433", "10.77.0.52:5433");
    for (const int node : {1, 2}) cluster().start(node);
    ASSERT_TRUE(cluster().wait_for_active());
    cluster().start(3);
    EXPECT_TRUE(logs(3, "backend.1.address: 10.77.0.52:5433 here, 10.77.0.51:5433 on node"));
}

}  // namespace
}  // namespace komainu::lab
