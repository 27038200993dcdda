// A conversation of a text protocol played to a parser: whole, octet by octet, cut, or damaged.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "recording_sink.h"

namespace netmoth::testing {

struct Turn {
  Direction direction;
  std::string text;
};
using Turns = std::vector<Turn>;

inline constexpr auto kUp = Direction::kToServer;
inline constexpr auto kDown = Direction::kToClient;

struct Played {
  RecordingSink sink;
  protocols::Verdict verdict = protocols::Verdict::kMore;
};

// Plays at most `length` octets in pieces of `piece` octets; ends where the parser wants no more.
inline void play_turns(protocols::Parser& parser, Played& played, const Turns& turns,
                       std::size_t piece = std::string::npos,
                       std::size_t length = std::string::npos) {
  for (const Turn& turn : turns) {
    std::string_view text(turn.text);
    text = text.substr(0, std::min(length, text.size()));
    length -= text.size();
    while (!text.empty() && played.verdict == protocols::Verdict::kMore) {
      const std::string_view part = text.substr(0, std::min(piece, text.size()));
      // A copy of exactly that size, so that reading past its end is seen.
      const std::vector<std::uint8_t> bytes(part.begin(), part.end());
      played.verdict = parser.on_data(turn.direction, bytes, 0, played.sink);
      text.remove_prefix(part.size());
    }
  }
}

// The records' JSON of a conversation that also ends.
template <typename P>
std::vector<std::string> lines_of(const Turns& turns, std::size_t piece = std::string::npos,
                                  std::vector<std::string>* anomalies = nullptr) {
  P parser;
  Played played;
  play_turns(parser, played, turns, piece);
  if (played.verdict == protocols::Verdict::kMore) parser.on_close(played.sink);
  if (anomalies != nullptr) *anomalies = played.sink.anomalies;
  return played.sink.lines;
}

inline std::size_t octets_of(const Turns& turns) {
  std::size_t octets = 0;
  for (const Turn& turn : turns)
    octets += turn.text.size();
  return octets;
}

// The conversation ended after every octet, and with one bit flipped at every position: the parser
// may say what it wants, in whole lines of JSON, but nothing may be read or kept out of bounds.
template <typename P>
void torment(const Turns& turns, std::size_t max_lines) {
  const std::size_t octets = octets_of(turns);
  for (std::size_t length = 0; length <= octets; ++length) {
    P parser;
    Played played;
    play_turns(parser, played, turns, std::string::npos, length);
    if (played.verdict == protocols::Verdict::kMore) parser.on_close(played.sink);
    EXPECT_LE(played.sink.lines.size(), max_lines) << length;
  }
  for (std::size_t at = 0; at < octets; ++at) {
    Turns damaged = turns;
    std::size_t position = at;
    std::size_t turn = 0;
    while (position >= damaged[turn].text.size())
      position -= damaged[turn++].text.size();
    damaged[turn].text[position] =
        static_cast<char>(damaged[turn].text[position] ^ (1 << (at % 8)));
    P parser;
    Played played;
    play_turns(parser, played, damaged, 7);
    if (played.verdict == protocols::Verdict::kMore) parser.on_close(played.sink);
    for (const std::string& line : played.sink.lines)
      EXPECT_TRUE(line.front() == '{' && line.back() == '}') << line;
  }
}

}  // namespace netmoth::testing
