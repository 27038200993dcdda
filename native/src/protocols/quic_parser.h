// QUIC over UDP: opens Initial packets, puts the CRYPTO stream together and reads the hello in it.
// gQUIC up to Q046 says its hello in clear.
//
// Invariant: per direction at most kMaxCryptoStream octets are kept, in at most kMaxCryptoPieces
// pieces; after kMaxDatagrams datagrams without a hello the parser gives up. One on_quic() per
// hello; where no hello could be read, one with the version alone.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "protocols/crypto_stream.h"
#include "protocols/parser.h"
#include "protocols/quic_crypto.h"
#include "protocols/quic_initial.h"

namespace netmoth::protocols {

inline constexpr unsigned kMaxDatagrams = 32;
inline constexpr std::size_t kMaxQuicExtensions = 64;
inline constexpr std::size_t kMaxGoogleTags = 128;

class QuicParser final : public Parser {
 public:
  Verdict on_data(Direction direction, Bytes data, TimestampNs time,
                  TransactionSink& sink) override;
  Verdict on_gap(Direction, std::uint64_t, TransactionSink&) override { return Verdict::kMore; }
  void on_close(TransactionSink& sink) override;

 private:
  struct LongHeader {
    std::uint32_t version = 0;
    bool initial = false;
    bool retry = false;
    Bytes destination;
    std::size_t number_offset = 0;
    std::size_t end = 0;  // of the packet within what is left of the datagram
  };

  static void tell_frames(Direction direction, const LongHeader& header, Bytes data,
                          TransactionSink& sink);
  static bool read_long_header(Bytes data, LongHeader& header);
  std::optional<Bytes> open(Direction direction, const LongHeader& header, Bytes packet,
                            bool& from_client);
  std::optional<Bytes> open_as_client(const LongHeader& header, Bytes packet);
  // Suricata's names of what may go wrong.
  enum Event : std::uint8_t { kErrorOnData = 1, kFailedDecrypt = 2 };
  void raise(Event event, Direction direction, TransactionSink& sink);
  void on_packet(Direction direction, const LongHeader& header, Bytes packet,
                 TransactionSink& sink);
  bool read_frames(bool from_client, Bytes frames);
  void read_messages(bool from_client, TransactionSink& sink);
  bool read_hello(std::uint8_t type, Bytes body, TransactionSink& sink);
  void read_gquic(Direction direction, Bytes data, TransactionSink& sink);
  bool read_chlo(Bytes message, TransactionSink& sink);

  // Of the client's packet that opened; the server's keys follow from it when its first Initial
  // comes.
  std::optional<QuicSuite> suite_;
  std::array<std::uint8_t, 20> connection_id_{};
  std::uint8_t connection_id_length_ = 0;
  QuicKeys client_keys_{};
  std::optional<QuicKeys> server_keys_;
  std::array<CryptoStream, 2> crypto_;  // [0] the client's
  std::array<std::size_t, 2> read_{};   // octets of them that were read
  std::uint32_t version_ = 0;
  unsigned datagrams_ = 0;
  unsigned guesses_ = 0;
  std::uint8_t events_ = 0;  // raised
  bool retried_ = false;
  bool client_reported_ = false;
  bool server_reported_ = false;
};

}  // namespace netmoth::protocols
