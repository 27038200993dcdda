// Every parser there is, on real traffic that is cut at every length and has a bit flipped at every
// position. Nothing may be read outside the bytes (the sanitizers watch) and every event must stay
// whole.
//
// Vectors are test/protocols/vectors/<app_proto>/*, in the form of fuzz/protocol_driver.h, and
// <app_proto>.datagram/* for UDP; fuzz/make_seeds.cc makes them from captures.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "fuzz/protocol_driver.h"

namespace netmoth {
namespace {

namespace fs = std::filesystem;
using protocols::AppProto;
using protocols::Transport;

const fs::path kVectors = NETMOTH_VECTORS;

std::vector<std::uint8_t> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void play(AppProto proto, Transport transport, Bytes bytes) {
  if (transport == Transport::kUdp)
    fuzz::play_datagram(proto, bytes);
  else
    fuzz::play_stream(proto, bytes);
}

void cut_and_flip(AppProto proto, Transport transport, std::vector<std::uint8_t> vector) {
  for (std::size_t length = 0; length <= vector.size(); ++length)
    play(proto, transport, Bytes(vector).first(length));
  for (std::size_t at = 0; at < vector.size(); ++at) {
    const auto bit = static_cast<std::uint8_t>(1U << at % 8);
    vector[at] ^= bit;
    play(proto, transport, vector);
    vector[at] ^= bit;
  }
}

class EveryParser : public testing::TestWithParam<std::tuple<AppProto, Transport>> {};

TEST_P(EveryParser, StandsWhatIsCutOrFlipped) {
  const auto [proto, transport] = GetParam();
  std::string folder(protocols::app_proto_name(proto));
  if (transport == Transport::kUdp) folder += ".datagram";
  ASSERT_TRUE(fs::is_directory(kVectors / folder)) << "no vectors: make some by fuzz/make_seeds.cc";
  std::size_t vectors = 0;
  for (const auto& entry : fs::directory_iterator(kVectors / folder)) {
    SCOPED_TRACE(entry.path());
    cut_and_flip(proto, transport, read_file(entry.path()));
    ++vectors;
  }
  EXPECT_GT(vectors, 0U);
}

// Protocols by number until one has no name.
std::vector<std::tuple<AppProto, Transport>> every_parser() {
  std::vector<std::tuple<AppProto, Transport>> all;
  for (std::uint8_t number = 1;; ++number) {
    const auto proto = static_cast<AppProto>(number);
    if (protocols::app_proto_name(proto) == "unknown") return all;
    for (const Transport transport : {Transport::kTcp, Transport::kUdp}) {
      if (protocols::make_parser(proto, transport) != nullptr) all.emplace_back(proto, transport);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Protocols, EveryParser, testing::ValuesIn(every_parser()),
                         [](const auto& info) {
                           std::string name(protocols::app_proto_name(std::get<0>(info.param)));
                           std::erase(name, '-');
                           return name +
                                  (std::get<1>(info.param) == Transport::kUdp ? "_udp" : "_tcp");
                         });

}  // namespace
}  // namespace netmoth
