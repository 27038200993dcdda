// MIME: parts, transfer encodings, file names, URLs; Suricata's events.
#include <gtest/gtest.h>

#include "protocols/mime_fields.h"
#include "protocols/mime_parser.h"
#include "text_session.h"

namespace netmoth::protocols {
namespace {

struct Read {
  testing::RecordingSink sink;
  SmtpTransaction transaction;
};

// The mail in pieces of `piece` octets.
void read_mail(Read& read, std::string_view mail, std::size_t piece = std::string::npos,
               bool complete = true) {
  read.sink.settings.files = true;
  read.sink.settings.digests.md5 = true;
  MimeParser parser;
  parser.start(read.transaction);
  while (!mail.empty()) {
    const std::string_view part = mail.substr(0, std::min(piece, mail.size()));
    const std::vector<std::uint8_t> bytes(part.begin(), part.end());
    parser.data(bytes, read.sink);
    mail.remove_prefix(part.size());
  }
  parser.finish(complete, read.sink);
}

constexpr std::string_view kMail =
    "Subject: parts\r\n"
    "Content-Type: multipart/mixed;\r\n boundary=\"in; out\"\r\n"
    "\r\n"
    "preamble http://not.seen/\r\n"
    "--in; out\r\n"
    "\r\n"
    "text https://a.example/x\r\n"
    "--in; out\r\n"
    "Content-Type: application/octet-stream; name=hello.bin\r\n"
    "Content-Transfer-Encoding: BASE64\r\n"
    "\r\n"
    "aGVsbG8g\r\nd29ybGQ=\r\n"
    "--in; out \r\n"
    "Content-Type: multipart/alternative; boundary=deep\r\n"
    "\r\n"
    "--deep\r\n"
    "Content-Type: text/html\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "Content-Disposition: attachment; filename*0=a; filename*1=\".html\"\r\n"
    "\r\n"
    "<a href=3D\"http://b.exam=\r\nple/\">=C3=A4</a>\r\n"
    "--deep--\r\n"
    "--in; out--\r\n"
    "epilogue\r\n";

TEST(Mime, FilesAndUrlsOfAllParts) {
  for (std::size_t piece = 1; piece <= kMail.size(); ++piece) {
    Read read;
    read_mail(read, kMail, piece);
    const Email& email = read.transaction.email;
    EXPECT_EQ(email.subject, "parts");
    EXPECT_EQ(email.attachments, (std::vector<std::string>{"hello.bin", "a.html"}));
    EXPECT_EQ(email.urls, (std::vector<std::string>{"a.example/x", "b.example/"}));
    EXPECT_EQ(email.status, MailStatus::kParseDone);
    EXPECT_TRUE(read.sink.anomalies.empty()) << read.sink.anomalies[0];
    ASSERT_EQ(read.sink.lines.size(), 2u);
    // md5 of "hello world" and of "<a href="http://b.example/">ä</a>"
    EXPECT_NE(read.sink.lines[0].find(R"("md5":"5eb63bbbe01eeed093cb22bb8f5acdc3")"),
              std::string::npos)
        << read.sink.lines[0];
    EXPECT_NE(read.sink.lines[0].find(R"("size":11)"), std::string::npos);
    EXPECT_NE(read.sink.lines[1].find(R"("size":34)"), std::string::npos) << read.sink.lines[1];
    EXPECT_NE(read.sink.lines[1].find(R"("filename":"a.html")"), std::string::npos);
  }
}

TEST(Mime, PlainFilesKeepTheirLineEnds) {
  Read read;
  read_mail(read,
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
            "Content-Disposition: attachment; filename=x\r\n\r\nline\r\nline\n\r\n--b--\r\n",
            2);
  ASSERT_EQ(read.sink.lines.size(), 1u);
  EXPECT_NE(read.sink.lines[0].find(R"("state":"CLOSED")"), std::string::npos);
  EXPECT_NE(read.sink.lines[0].find(R"("size":11)"), std::string::npos) << read.sink.lines[0];
}

TEST(Mime, EnclosedMessagesHaveParts) {
  Read read;
  read_mail(read,
            "Subject: outer\nContent-Type: message/rfc822\n\nSubject: inner\n"
            "Content-Disposition: attachment; filename=f\n\nabc\n");
  EXPECT_EQ(read.transaction.email.subject, "outer");
  EXPECT_EQ(read.transaction.email.attachments, std::vector<std::string>{"f"});
}

TEST(Mime, NamesWhatIsMalformed) {
  using List = std::vector<std::string>;
  const auto told = [](std::string_view mail) {
    Read read;
    read_mail(read, mail);
    return read.sink.anomalies;
  };
  EXPECT_EQ(told("no colon\r\nnor here\r\n\r\n"), List{"mime_malformed_msg"});
  EXPECT_EQ(told("Content-Type: multipart/mixed\r\n\r\n"), List{"mime_malformed_msg"});
  EXPECT_EQ(told("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n"),
            List{"mime_malformed_msg"});
  EXPECT_EQ(told("Content-Transfer-Encoding: base64\r\n\r\nab!d\r\n"), List{"mime_invalid_base64"});
  EXPECT_EQ(told("Content-Transfer-Encoding: quoted-printable\r\n\r\n=zz\r\n"),
            List{"mime_invalid_qp"});
  EXPECT_EQ(told("A: b\r\n\r\n" + std::string(1000, 'x') + "\r\n"), List{"mime_long_line"});
  EXPECT_EQ(told("Content-Transfer-Encoding: base64\r\n\r\n" + std::string(80, 'A') + "\r\n"),
            List{"mime_long_enc_line"});
  EXPECT_EQ(told(std::string(80, 'N') + ": v\r\n\r\n"), List{"mime_long_header_name"});
  EXPECT_EQ(told("A: " + std::string(900, 'v') + "\r\n " + std::string(900, 'v') + "\r\n " +
                 std::string(900, 'v') + "\r\n\r\n"),
            List{"mime_long_header_value"});
  EXPECT_EQ(told("Content-Type: multipart/x; boundary=" + std::string(300, 'b') + "\r\n\r\n"),
            List{"mime_long_boundary"});
  EXPECT_EQ(told("Content-Disposition: attachment; filename=" + std::string(300, 'f') + "\r\n\r\n"),
            List{"mime_long_filename"});
}

TEST(Mime, NestingIsBounded) {
  std::string mail;
  for (int i = 0; i < 20; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    mail +=
        "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  Read read;
  read_mail(read, mail);
  EXPECT_EQ(read.sink.anomalies, std::vector<std::string>{"mime_malformed_msg"});
  std::string messages;
  for (int i = 0; i < 20; ++i)
    messages += "Content-Type: message/rfc822\r\n\r\n";
  Read enclosed;
  read_mail(enclosed, messages);
  EXPECT_EQ(enclosed.sink.anomalies, std::vector<std::string>{"mime_malformed_msg"});
}

TEST(Mime, GapsAreToldInTheFile) {
  Read read;
  read.sink.settings.files = true;
  MimeParser parser;
  parser.start(read.transaction);
  parser.data(as_bytes("Content-Disposition: attachment; filename=f\r\n\r\nabc\r\n"), read.sink);
  parser.gap(10, read.sink);
  parser.data(as_bytes("def\r\n"), read.sink);
  parser.finish(true, read.sink);
  ASSERT_EQ(read.sink.lines.size(), 1u);
  EXPECT_NE(read.sink.lines[0].find(R"("gaps":true)"), std::string::npos);
  EXPECT_EQ(read.transaction.email.status, MailStatus::kParseError);
}

TEST(Mime, StandsWhateverIsCutOrFlipped) {
  for (std::size_t length = 0; length < kMail.size(); ++length) {
    Read read;
    read_mail(read, kMail.substr(0, length), 9, false);
    EXPECT_LE(read.sink.lines.size(), 2u);
  }
  for (std::size_t at = 0; at < kMail.size(); ++at) {
    std::string damaged(kMail);
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    Read read;
    read_mail(read, damaged, 11);
    EXPECT_LE(read.sink.lines.size(), 3u);
  }
}

TEST(MimeFields, Parameters) {
  EXPECT_EQ(mime_value(" Text/HTML ; charset=x"), "text/html");
  EXPECT_EQ(mime_parameter("a; Name=\"x \\\"y\\\"\"; b=c", "name"), "x \"y\"");
  EXPECT_EQ(mime_parameter("a; b=c ; d = e", "d"), "e");
  EXPECT_EQ(mime_parameter("a; filename*=utf-8''%c3%a4%20b", "filename"), "\xc3\xa4 b");
  EXPECT_EQ(mime_parameter("a; filename*0*=utf-8'en'%41; filename*1=\"b%\"", "filename"), "Ab%");
  EXPECT_EQ(mime_parameter("a", "b"), "");
  EXPECT_EQ(mime_parameter("a; b", "b"), "");
  EXPECT_EQ(mime_parameter("a; b=\"", "b"), "");
  std::vector<std::string> boxes;
  split_addresses(" a@b , \"c, d\" <c@d>,e (x, y) <f@g>,, ", 3, boxes);
  EXPECT_EQ(boxes, (std::vector<std::string>{"a@b", "\"c, d\" <c@d>", "e (x, y) <f@g>"}));
}

TEST(MimeDecoders, Base64) {
  Base64Decoder decoder;
  std::string out;
  EXPECT_TRUE(decoder.decode("TQ==", out));
  EXPECT_TRUE(decoder.decode("TW", out));
  EXPECT_TRUE(decoder.decode("E=", out));
  EXPECT_TRUE(decoder.decode(" TWFu ", out));
  EXPECT_EQ(out, "MMaMan");
  EXPECT_FALSE(decoder.decode("T\x80WFu", out));
  EXPECT_EQ(out, "MMaManMan");
}

}  // namespace
}  // namespace netmoth::protocols
