// A worker whose events stay in memory: frames in, lines of one event type out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "output/event_writer.h"
#include "pipeline/worker.h"
#include "testing/packet_builder.h"

namespace netmoth::pipeline {

class RecordedWorker final : public output::BatchSink {
 public:
  explicit RecordedWorker(const EngineConfig& config = {}, const RunShare& share = {}) {
    output::WriterOptions options;
    options.packet_numbers = true;
    options.one_buffer = true;
    options.dns_version = config.dns_version;
    options.eve = config.eve;
    writer_ = std::make_unique<output::EventWriter>(options, *this);
    worker_ = std::make_unique<Worker>(config, *writer_, 1, share);
  }

  void frame(const testing::Buffer& data, decode::LinkType link = 1) {
    decode::Frame frame;
    frame.time = now_;
    frame.number = ++number_;
    frame.link = link;
    frame.wire_length = static_cast<std::uint32_t>(data.size());
    frame.data = data;
    worker_->process(std::span(&frame, 1));
    now_ += 1'000'000;
  }

  // Ends all flows; lines that hold all of `marks`.
  std::vector<std::string> lines(std::initializer_list<std::string_view> marks) {
    worker_->finish(flow::EndReason::kShutdown);
    writer_->flush();
    std::vector<std::string> found;
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t end = text_.find('\n', at);
      const std::string line = text_.substr(at, end - at);
      bool all = true;
      for (const std::string_view mark : marks)
        all = all && line.find(mark) != std::string::npos;
      if (all) found.push_back(line);
      at = end + 1;
    }
    return found;
  }
  std::vector<std::string> events(std::string_view type) {
    return lines({"\"event_type\":\"" + std::string(type) + "\""});
  }
  [[nodiscard]] const Worker& worker() const { return *worker_; }
  [[nodiscard]] Worker& worker() { return *worker_; }

 private:
  bool take(output::EventClass, std::string& lines, std::uint32_t) override {
    text_ += lines;
    return true;
  }

  std::string text_;
  std::unique_ptr<output::EventWriter> writer_;
  std::unique_ptr<Worker> worker_;
  std::uint64_t number_ = 0;
  TimestampNs now_ = 1'700'000'000'000'000'000;
};

}  // namespace netmoth::pipeline
