// See frame_json.h.
#include "output/frame_json.h"

namespace netmoth::output {

void write_frame(base::JsonWriter& json, const protocols::Frame& frame) {
  json.key("frame");
  json.begin_object();
  json.member_plain("type", frame.name.substr(frame.name.find('.') + 1));
  json.member("length", frame.data.size());
  json.end_object();
}

}  // namespace netmoth::output
