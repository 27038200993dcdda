// MQTT: exchanges of 3.1.1 and 5, bounds, Suricata's events.
#include <gtest/gtest.h>

#include "octets.h"
#include "protocols/mqtt_parser.h"
#include "text_session.h"

namespace netmoth::protocols {
namespace {

using testing::kDown;
using testing::kUp;
using testing::lines_of;
using testing::Octets;
using testing::put;
using testing::Turns;

std::string text(std::string_view value) {
  Octets out;
  put(out, value.size(), 2);
  put(out, value);
  return {out.begin(), out.end()};
}

std::string packet(unsigned first, std::string_view body) {
  Octets out;
  put(out, first, 1);
  std::size_t length = body.size();
  do {
    put(out, (length & 0x7f) | (length > 0x7f ? 0x80 : 0), 1);
    length >>= 7;
  } while (length > 0);
  put(out, body);
  return {out.begin(), out.end()};
}

std::string octets(std::initializer_list<unsigned> values) {
  std::string out;
  for (const unsigned value : values)
    out.push_back(static_cast<char>(value));
  return out;
}

// With a will, a user name and a password.
std::string connect(unsigned version) {
  const std::string none = version == 5 ? octets({0}) : "";
  return packet(0x10, text("MQTT") + octets({version, 0xc6, 0, 60}) + none + text("me") + none +
                          text("will/t") + text("gone") + text("user") + text("secret"));
}

const Turns kSession{{kUp, connect(4)},
                     {kDown, packet(0x20, octets({1, 0}))},
                     {kUp, packet(0x82, octets({0, 1}) + text("a/#") + octets({1}))},
                     {kDown, packet(0x90, octets({0, 1, 1}))},
                     {kDown, packet(0x31, text("a/b") + "hello")},
                     {kUp, packet(0x34, text("c") + octets({0, 7}) + "exactly once")},
                     {kDown, packet(0x50, octets({0, 7}))},
                     {kUp, packet(0x62, octets({0, 7}))},
                     {kDown, packet(0x70, octets({0, 7}))},
                     {kUp, packet(0xa2, octets({0, 9}) + text("a/#"))},
                     {kDown, packet(0xb0, octets({0, 9}))},
                     {kUp, packet(0xc0, "")},
                     {kUp, packet(0xe0, "")}};

const std::vector<std::string> kEvents{
    R"({"mqtt":{"connect":{"qos":0,"retain":false,"dup":false,"protocol_string":"MQTT",)"
    R"("protocol_version":4,"client_id":"me","flags":{"username":true,"password":true,)"
    R"("will_retain":false,"will":true,"clean_session":true},"username":"user",)"
    R"("will":{"topic":"will/t","message":"gone"}},)"
    R"("connack":{"qos":0,"retain":false,"dup":false,"session_present":true,"return_code":0}}})",
    R"({"mqtt":{"subscribe":{"qos":1,"retain":false,"dup":false,"message_id":1,)"
    R"("topics":[{"topic":"a/#","qos":1}]},)"
    R"("suback":{"qos":0,"retain":false,"dup":false,"message_id":1,"qos_granted":[1]}}})",
    R"({"mqtt":{"publish":{"qos":0,"retain":true,"dup":false,"topic":"a/b","message":"hello"}}})",
    R"({"mqtt":{"publish":{"qos":2,"retain":false,"dup":false,"topic":"c","message_id":7,)"
    R"("message":"exactly once"},"pubrec":{"qos":0,"retain":false,"dup":false,"message_id":7},)"
    R"("pubrel":{"qos":1,"retain":false,"dup":false,"message_id":7},)"
    R"("pubcomp":{"qos":0,"retain":false,"dup":false,"message_id":7}}})",
    R"({"mqtt":{"unsubscribe":{"qos":1,"retain":false,"dup":false,"message_id":9,)"
    R"("topics":["a/#"]},"unsuback":{"qos":0,"retain":false,"dup":false,"message_id":9}}})",
    R"({"mqtt":{"pingreq":{"qos":0,"retain":false,"dup":false}}})",
    R"({"mqtt":{"disconnect":{"qos":0,"retain":false,"dup":false}}})"};

TEST(Mqtt, TellsExchangesWithoutPasswords) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::string::npos}) {
    std::vector<std::string> anomalies;
    EXPECT_EQ(lines_of<MqttParser>(kSession, piece, &anomalies), kEvents) << piece;
    EXPECT_TRUE(anomalies.empty()) << anomalies[0];
  }
}

TEST(Mqtt, Version5HasPropertiesAndReasons) {
  const std::string properties = octets({2, 0, 0, 0, 60}) + octets({38}) + text("k") + text("v") +
                                 octets({38}) + text("message_expiry_interval") + text("x") +
                                 octets({38}) + text("bad\"name") + text("x") +
                                 octets({11, 0x80, 1});
  const auto lines = lines_of<MqttParser>(
      {{kUp, connect(5)},
       {kDown, packet(0x20, octets({0, 0x87, 3, 33, 0, 20}))},
       {kUp, packet(0x32, text("t") + octets({0, 1, static_cast<unsigned>(properties.size())}) +
                              properties + "p")},
       {kDown, packet(0x40, octets({0, 1, 0x10, 0}))}});
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find(R"("session_present":false,"return_code":135,)"
                          R"("properties":{"receive_maximum":20})"),
            std::string::npos)
      << lines[0];
  EXPECT_NE(lines[1].find(R"("message":"p","properties":{"message_expiry_interval":60,)"
                          R"("k":"v","subscription_identifier":128})"),
            std::string::npos)
      << lines[1];
  EXPECT_NE(lines[1].find(R"("message_id":1,"reason_code":16,"properties":{})"), std::string::npos)
      << lines[1];
}

TEST(Mqtt, LongTextsAreCutAndLongPacketsSkipped) {
  const std::string longest(20'000, 'x');
  for (const std::size_t piece : {std::size_t{1000}, std::string::npos}) {
    const auto lines =
        lines_of<MqttParser>({{kUp, connect(4)},
                              {kDown, packet(0x20, octets({0, 0}))},
                              {kUp, packet(0x30, text("t") + longest)},
                              {kUp, packet(0x82, octets({0, 1}) + text(longest) + octets({1}))}},
                             piece);
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_NE(lines[1].find("xxx[truncated 18976 additional bytes]\""), std::string::npos);
    EXPECT_LT(lines[1].size(), 1300u);
    EXPECT_EQ(lines[2], R"({"mqtt":{"subscribe":{"qos":1,"retain":false,"dup":false,)"
                        R"("truncated":true,"skipped_length":20005}}})");
  }
}

TEST(Mqtt, NamesWhatIsOdd) {
  using List = std::vector<std::string>;
  const auto told = [](const Turns& turns) {
    std::vector<std::string> anomalies;
    (void)lines_of<MqttParser>(turns, std::string::npos, &anomalies);
    return anomalies;
  };
  const std::string connack = packet(0x20, octets({0, 0}));
  EXPECT_EQ(told({{kDown, connack}}), List{"missing_connect"});
  EXPECT_EQ(told({{kUp, connect(4)}, {kDown, connack}, {kUp, connect(4)}}), List{"double_connect"});
  EXPECT_EQ(told({{kUp, packet(0xc0, "")}}), List{"unintroduced_message"});
  EXPECT_EQ(told({{kUp, connect(4)}, {kDown, connack + packet(0x40, octets({0, 1}))}}),
            List{"missing_publish"});
  EXPECT_EQ(told({{kUp, connect(4)}, {kDown, connack + packet(0x90, octets({0, 1, 0}))}}),
            List{"missing_subscribe"});
  EXPECT_EQ(told({{kUp, connect(4)}, {kDown, connack + packet(0xb0, octets({0, 1}))}}),
            List{"missing_unsubscribe"});
  EXPECT_EQ(told({{kUp, connect(4)}, {kDown, connack + packet(0x36, text("t") + "id")}}),
            List{"invalid_qos_level"});
  EXPECT_EQ(told({{kUp, packet(0x00, "")}}), List{"unassigned_msg_type"});
  EXPECT_EQ(told({{kUp, packet(0x10, "short")}}), List{"malformed_traffic"});
  EXPECT_EQ(told({{kUp, octets({0x10, 0xff, 0xff, 0xff, 0xff, 1})}}), List{"malformed_traffic"});
}

TEST(Mqtt, OpenExchangesAreBounded) {
  MqttParser parser;
  testing::Played played;
  std::string publishes;
  for (unsigned i = 0; i < kMaxMqttOpen + 3; ++i)
    publishes += packet(0x32, text("t") + octets({1 + i / 256, i % 256}));
  testing::play_turns(parser, played,
                      {{kUp, connect(4)}, {kDown, packet(0x20, octets({0, 0}))}, {kUp, publishes}});
  EXPECT_EQ(played.sink.lines.size(), 1u + 3u);
  EXPECT_EQ(played.sink.anomalies, std::vector<std::string>(3, "too_many_transactions"));
}

TEST(Mqtt, StandsWhateverIsCutOrFlipped) {
  testing::torment<MqttParser>(kSession, kEvents.size() + 1);
}

}  // namespace
}  // namespace netmoth::protocols
