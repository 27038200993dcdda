// Lines with holes: filled in order, at their places, before the batch goes on.
#include "output/line_batch.h"

#include <gtest/gtest.h>

#include "output/event_writer.h"

namespace netmoth::output {
namespace {

correlate::FlowLabels named(std::string_view domain) {
  correlate::FlowLabels labels;
  labels.confidence = correlate::Confidence::kHigh;
  labels.domain = domain;
  labels.application = {"unknown", {}};
  return labels;
}

std::string text_of(std::string_view domain) {
  return ",\"domain\":\"" + std::string(domain) +
         "\",\"resolved_at\":\"1970-01-01T00:00:00.000000+0000\",\"confidence\":\"high\","
         "\"application\":\"unknown\"";
}

TEST(LineBatch, HolesAreFilledInTheirOrder) {
  LineBatch batch;
  batch.lines.append("a{");
  batch.leave_hole(1);
  batch.lines.append("}\nb{");
  batch.leave_hole(3);
  batch.lines.append("}\n");
  EXPECT_FALSE(batch.complete());
  EXPECT_FALSE(batch.fill(2, named("nobody.example")));
  EXPECT_TRUE(batch.fill(1, named("one.example")));
  EXPECT_FALSE(batch.complete());
  EXPECT_TRUE(batch.fill(3, named("three.example")));
  EXPECT_TRUE(batch.complete());
  EXPECT_FALSE(batch.fill(4, named("nobody.example")));
  std::string text;
  batch.move_to(text);
  EXPECT_EQ(text, "a{" + text_of("one.example") + "}\nb{" + text_of("three.example") + "}\n");
  batch.lines.append("next");
  batch.move_to(text);
  EXPECT_EQ(text, "next");
}

struct Recorder final : BatchSink {
  std::vector<std::string> batches;
  bool take(EventClass, std::string& lines, std::uint32_t) override {
    batches.push_back(lines);
    return true;
  }
};

TEST(EventWriter, BatchesWithLateLabelsWaitAndKeepTheirOrder) {
  Recorder sink;
  WriterOptions options;
  options.one_buffer = true;
  options.batch_bytes = 1;  // a batch a line
  EventWriter writer(options, sink);
  flow::Flow flow;
  const auto end = [&](std::uint64_t ticket) {
    correlate::FlowLabels labels = named("known.example");
    labels.ticket = ticket;
    writer.flow({flow, flow::EndReason::kTimeout}, 0, labels);
  };
  end(0);
  EXPECT_EQ(sink.batches.size(), 1U);
  end(1);
  end(0);
  end(2);
  EXPECT_EQ(sink.batches.size(), 1U);
  EXPECT_EQ(writer.late_batches(), 3U);
  writer.take_labels(1, named("first.example"));
  EXPECT_EQ(sink.batches.size(), 3U);
  EXPECT_EQ(writer.late_batches(), 1U);
  writer.take_labels(2, named("second.example"));
  writer.flush();
  ASSERT_EQ(sink.batches.size(), 4U);
  EXPECT_NE(sink.batches[1].find(text_of("first.example")), std::string::npos) << sink.batches[1];
  EXPECT_NE(sink.batches[2].find(text_of("known.example")), std::string::npos);
  EXPECT_NE(sink.batches[3].find(text_of("second.example")), std::string::npos);
  EXPECT_EQ(writer.counters().made, 4U);
  EXPECT_EQ(writer.counters().dropped, 0U);
}

}  // namespace
}  // namespace netmoth::output
