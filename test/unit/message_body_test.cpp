// Bodies that mean nothing, each in a datagram with the right tag: what only a member of the
// cluster that is broken, or of another make, could send.
#include "packet/message_body.h"

#include "test/unit/shrine_datagrams.h"

namespace komainu {
namespace {

using test::by_hand;

enum Type : std::uint8_t {
    heartbeat = 1,
    vote_request = 2,
    vote = 3,
    release = 4,
    switchover_request = 5,
};

class MessageBodyTest : public test::Shrine {
protected:
    bool opens(Type type, const std::string& body) const {
        const auto refusal = refusal_of(by_hand(type, body));
        EXPECT_TRUE(!refusal || refusal == Refusal::malformed);
        return !refusal;
    }
};

const std::string no_term = "0000000000000000 00";
const std::string term_7 = "0000000000000007 01";
const std::string incarnation = "0000018e00000009";
const std::string no_incarnation = "0000000000000000";
const std::string no_tenancy = no_term + no_incarnation;
const std::string tenancy = term_7 + incarnation;
const std::string released = "0000000000000005 03";
const std::string no_release = "0000000000000000 00";
const std::string priority = "0064";
const std::string healthy = "01";
const std::string no_maintenance = "0000000000000000 00 00";
const std::string remembered = "000003e8";
const std::string deadtimes = "000001f4 000003e8";
const std::string digests = "00000001 00000002 00000003 00000004 00000005 00000006 ffffffff";
const std::string no_maintenance_and_times = no_maintenance + deadtimes + digests;
const std::string no_echoes = "00";
const std::string echo_of_1 = "01 0000018e00000009 00000000000000ff 000258";
const std::string echo_of_3 = "03 0000019000000003 0000000000001000 000000";

std::string heartbeat_with(const std::string& conditions, const std::string& echoes) {
    return no_term + no_tenancy + no_release + priority + conditions + no_maintenance_and_times +
           echoes;
}

// --- Heartbeat ----------------------------------------------------------------------------------

TEST_F(MessageBodyTest, AHeartbeatOfANodeThatKnowsNothingOpens) {
    EXPECT_TRUE(opens(heartbeat, heartbeat_with("00", no_echoes)));
}

TEST_F(MessageBodyTest, EachKnownConditionHasItsBit) {
    const auto conditions_of = [this](const std::string& digits) {
        const auto opened = open(by_hand(heartbeat, heartbeat_with(digits, no_echoes)));
        EXPECT_FALSE(opened.refusal);
        return std::get<Heartbeat>(opened.message).conditions;
    };
    EXPECT_EQ(conditions_of("01"), (Conditions{.healthy = true}));
    EXPECT_EQ(conditions_of("02"), (Conditions{.witness = true}));
    EXPECT_EQ(conditions_of("04"), (Conditions{.quarantined = true}));
    EXPECT_EQ(conditions_of("08"), (Conditions{.free = true}));
    EXPECT_EQ(conditions_of("10"), (Conditions{.leaving = true}));
    EXPECT_EQ(conditions_of("20"), (Conditions{.on_standby = true}));
    EXPECT_EQ(conditions_of("40"), (Conditions{.paused = true}));
    EXPECT_EQ(conditions_of("7f"), (Conditions{true, true, true, true, true, true, true}));
}

TEST_F(MessageBodyTest, AnUnknownConditionIsRefused) {
    for (const char* bits : {"80", "ff", "81"})
        EXPECT_FALSE(opens(heartbeat, heartbeat_with(bits, no_echoes))) << bits;
}

TEST_F(MessageBodyTest, HalfATermIsRefused) {
    const auto rest =
        no_tenancy + no_release + priority + healthy + no_maintenance_and_times + no_echoes;
    EXPECT_TRUE(opens(heartbeat, term_7 + rest));
    EXPECT_FALSE(opens(heartbeat, "0000000000000007 00" + rest));
    EXPECT_FALSE(opens(heartbeat, "0000000000000000 01" + rest));
}

TEST_F(MessageBodyTest, ATermOfANodeBeyondTheLastIsRefused) {
    const auto rest =
        no_tenancy + no_release + priority + healthy + no_maintenance_and_times + no_echoes;
    EXPECT_TRUE(opens(heartbeat, "0000000000000007 40" + rest));
    EXPECT_FALSE(opens(heartbeat, "0000000000000007 41" + rest));
}

TEST_F(MessageBodyTest, HalfATenancyIsRefused) {
    const auto rest = no_release + priority + healthy + no_maintenance_and_times + no_echoes;
    EXPECT_TRUE(opens(heartbeat, no_term + tenancy + rest));
    EXPECT_FALSE(opens(heartbeat, no_term + term_7 + no_incarnation + rest));
    EXPECT_FALSE(opens(heartbeat, no_term + no_term + incarnation + rest));
}

TEST_F(MessageBodyTest, ASuccessorWithoutAReleaseIsRefused) {
    const auto before = no_term + no_tenancy;
    const auto rest = priority + healthy + no_maintenance_and_times + no_echoes;
    EXPECT_TRUE(opens(heartbeat, before + released + rest));
    EXPECT_TRUE(opens(heartbeat, before + "0000000000000005 00" + rest));
    EXPECT_FALSE(opens(heartbeat, before + "0000000000000000 03" + rest));
}

TEST_F(MessageBodyTest, APauseIsSomebodysWish) {
    const auto opens_with = [this](const std::string& maintenance) {
        return opens(heartbeat, no_term + no_tenancy + no_release + priority + healthy +
                                    maintenance + deadtimes + digests + no_echoes);
    };
    EXPECT_TRUE(opens_with(term_7 + "00"));
    EXPECT_TRUE(opens_with(term_7 + "01"));
    EXPECT_FALSE(opens_with(term_7 + "02"));
    EXPECT_FALSE(opens_with(no_term + "01"));
    EXPECT_FALSE(opens_with("0000000000000000 01 00"));
}

TEST_F(MessageBodyTest, ADeadtimeIsOneThatAConfigurationMayHave) {
    const auto opens_with = [this](const std::string& times) {
        return opens(heartbeat, no_term + no_tenancy + no_release + priority + healthy +
                                    no_maintenance + times + digests + no_echoes);
    };
    EXPECT_TRUE(opens_with("00000014 0036ee80"));
    for (const char* out_of_bounds : {"00000000", "00000013", "0036ee81", "ffffffff"}) {
        EXPECT_FALSE(opens_with(out_of_bounds + std::string("000001f4")));
        EXPECT_FALSE(opens_with(std::string("000001f4") + out_of_bounds));
        EXPECT_FALSE(opens(vote_request, std::string("0000000000000008") + out_of_bounds));
        EXPECT_FALSE(opens(vote, tenancy + "01" + term_7 + out_of_bounds));
    }
}

TEST_F(MessageBodyTest, EchoesAscendByNode) {
    EXPECT_TRUE(opens(heartbeat, heartbeat_with(healthy, "02" + echo_of_1 + echo_of_3)));
    EXPECT_FALSE(opens(heartbeat, heartbeat_with(healthy, "02" + echo_of_3 + echo_of_1)));
    EXPECT_FALSE(opens(heartbeat, heartbeat_with(healthy, "02" + echo_of_3 + echo_of_3)));
}

TEST_F(MessageBodyTest, AnEchoOfNode0Or65IsRefused) {
    const auto echo_of = [](const std::string& node) { return "01" + node + echo_of_1.substr(2); };
    EXPECT_TRUE(opens(heartbeat, heartbeat_with(healthy, echo_of("40"))));
    EXPECT_TRUE(opens(heartbeat, heartbeat_with(healthy, echo_of("c0")))) << "64 out of reach";
    EXPECT_FALSE(opens(heartbeat, heartbeat_with(healthy, echo_of("00"))));
    EXPECT_FALSE(opens(heartbeat, heartbeat_with(healthy, echo_of("80")))) << "0 out of reach";
    EXPECT_FALSE(opens(heartbeat, heartbeat_with(healthy, echo_of("41"))));
    EXPECT_FALSE(opens(heartbeat, heartbeat_with(healthy, echo_of("ff"))));
}

TEST_F(MessageBodyTest, TheCountOfEchoesIsThatOfTheEchoes) {
    EXPECT_FALSE(opens(heartbeat, heartbeat_with(healthy, "00" + echo_of_1)));
    EXPECT_FALSE(opens(heartbeat, heartbeat_with(healthy, "02" + echo_of_1)));
    EXPECT_FALSE(opens(heartbeat, heartbeat_with(healthy, "ff" + echo_of_1 + echo_of_3)));
}

// --- The others ---------------------------------------------------------------------------------

TEST_F(MessageBodyTest, AVoteIsAskedForARound) {
    EXPECT_TRUE(opens(vote_request, "7fffffffffffffff 000001f4"));
    EXPECT_FALSE(opens(vote_request, "8000000000000000 000001f4"));
    EXPECT_FALSE(opens(vote_request, "0000000000000000 000001f4"));
}

TEST_F(MessageBodyTest, AVoteIsForACandidate) {
    EXPECT_TRUE(opens(vote, tenancy + "00" + no_term + remembered));
    EXPECT_FALSE(opens(vote, no_tenancy + "00" + no_term + remembered));
    EXPECT_FALSE(opens(vote, term_7 + no_incarnation + "00" + no_term + remembered));
    EXPECT_FALSE(opens(vote, "0000000000000007 41" + incarnation + "00" + no_term + remembered));
}

TEST_F(MessageBodyTest, AVoteIsRefusedOrGranted) {
    EXPECT_TRUE(opens(vote, tenancy + "01" + term_7 + remembered));
    EXPECT_FALSE(opens(vote, tenancy + "02" + term_7 + remembered));
    EXPECT_FALSE(opens(vote, tenancy + "ff" + term_7 + remembered));
}

TEST_F(MessageBodyTest, AVoteWithHalfAHighestTermIsRefused) {
    EXPECT_FALSE(opens(vote, tenancy + "01" + "0000000000000000 01" + remembered));
    EXPECT_FALSE(opens(vote, tenancy + "01" + "0000000000000001 00" + remembered));
}

TEST_F(MessageBodyTest, AReleaseIsOfARoundAndMayNameASuccessor) {
    EXPECT_TRUE(opens(release, "0000000000000007 00"));
    EXPECT_TRUE(opens(release, "0000000000000007 40"));
    EXPECT_FALSE(opens(release, "0000000000000007 41"));
    EXPECT_FALSE(opens(release, "0000000000000000 00"));
}

TEST_F(MessageBodyTest, ASwitchoverIsAskedOfAnActiveAndMayNameATarget) {
    EXPECT_TRUE(opens(switchover_request, tenancy + "00"));
    EXPECT_TRUE(opens(switchover_request, tenancy + "40"));
    EXPECT_FALSE(opens(switchover_request, tenancy + "41"));
    EXPECT_FALSE(opens(switchover_request, no_tenancy + "02"));
}

TEST_F(MessageBodyTest, NoBodyOfAnyTypeMayBeEmptyOrShorterOrLonger) {
    struct Body {
        Type type;
        std::string digits;
    };
    for (const auto& [type, digits] :
         {Body{heartbeat, heartbeat_with(healthy, "01" + echo_of_1)},
          Body{vote_request, "0000000000000007 000001f4"},
          Body{vote, tenancy + "01" + term_7 + remembered}, Body{release, "0000000000000007 00"},
          Body{switchover_request, tenancy + "02"}}) {
        const auto bytes = test::from_hex(digits);
        EXPECT_TRUE(opens(type, digits));
        EXPECT_FALSE(opens(type, digits + "00")) << type << " is longer";
        for (std::size_t n = 0; n < bytes.size(); ++n)
            EXPECT_FALSE(opens(type, test::hex(Bytes(bytes).first(n)))) << type << " has " << n;
    }
}

}  // namespace
}  // namespace komainu
