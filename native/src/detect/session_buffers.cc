// Buffers of SSH and FTP sessions. Source: Suricata 8 user guide, "SSH Keywords", "FTP/FTP-DATA
// Keywords".
#include "detect/buffers.h"
#include "protocols/ftp_transaction.h"
#include "protocols/ssh_session.h"

namespace netmoth::detect {
namespace {

using protocols::FtpTransaction;
using protocols::RecordKind;
using protocols::SshSession;
using protocols::SshSide;

void add_if(std::string_view text, BufferValues& out) {
  if (!text.empty()) out.add(text);
}

template <std::string SshSide::*kText>
void ssh(const TxView& tx, Direction side, BufferValues& out) {
  const auto& session = static_cast<const SshSession&>(*tx.record);
  add_if((side == Direction::kToServer ? session.client : session.server).*kText, out);
}

const FtpTransaction& ftp(const TxView& tx) {
  return static_cast<const FtpTransaction&>(*tx.record);
}

template <std::string FtpTransaction::*kText>
void ftp_text(const TxView& tx, Direction /*side*/, BufferValues& out) {
  add_if(ftp(tx).*kText, out);
}

template <std::vector<std::string> FtpTransaction::*kTexts>
void ftp_texts(const TxView& tx, Direction /*side*/, BufferValues& out) {
  for (const std::string& text : ftp(tx).*kTexts)
    out.add(std::string_view(text));
}

constexpr std::uint32_t kFtp = kind_bit(RecordKind::kFtp);
constexpr std::uint32_t kSsh = kind_bit(RecordKind::kSsh);

constexpr BufferRow kRows[] = {
    {"ftp.command", kFtp, Side::kToServer, ftp_text<&FtpTransaction::command>},
    {"ftp.command_data", kFtp, Side::kToServer, ftp_text<&FtpTransaction::command_data>},
    {"ftp.completion_code", kFtp, Side::kToClient, ftp_texts<&FtpTransaction::completion_codes>},
    {"ftp.reply", kFtp, Side::kToClient, ftp_texts<&FtpTransaction::replies>},
    {"ssh.hassh", kSsh, Side::kToServer, ssh<&SshSide::hassh>},
    {"ssh.hassh.server", kSsh, Side::kToClient, ssh<&SshSide::hassh>},
    {"ssh.hassh.server.string", kSsh, Side::kToClient, ssh<&SshSide::hassh_text>},
    {"ssh.hassh.string", kSsh, Side::kToServer, ssh<&SshSide::hassh_text>},
    {"ssh.proto", kSsh, Side::kAny, ssh<&SshSide::proto_version>},
    {"ssh.software", kSsh, Side::kAny, ssh<&SshSide::software_version>},
};

}  // namespace

std::span<const BufferRow> session_buffers() {
  return kRows;
}

}  // namespace netmoth::detect
