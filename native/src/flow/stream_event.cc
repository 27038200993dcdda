#include "flow/stream_event.h"

namespace netmoth::flow {
namespace {

constexpr std::array<std::string_view, kStreamEvents> kNames = {
    "",
    "stream.3whs_synack_in_wrong_direction",
    "stream.3whs_synack_with_wrong_ack",
    "stream.3whs_synack_resend_with_different_ack",
    "stream.3whs_synack_toserver_on_syn_recv",
    "stream.3whs_synack_tfo_data_ignored",
    "stream.3whs_syn_resend_diff_seq_on_syn_recv",
    "stream.3whs_syn_toclient_on_syn_recv",
    "stream.3whs_right_seq_wrong_ack_evasion",
    "stream.3whs_wrong_seq_wrong_ack",
    "stream.4whs_synack_with_wrong_ack",
    "stream.4whs_synack_with_wrong_syn",
    "stream.est_invalid_ack",
    "stream.est_packet_out_of_window",
    "stream.est_ack_zwp_data",
    "stream.est_syn_resend",
    "stream.est_syn_resend_diff_seq",
    "stream.est_syn_toclient",
    "stream.est_synack_toserver",
    "stream.est_synack_resend",
    "stream.est_synack_resend_with_different_ack",
    "stream.est_synack_resend_with_diff_seq",
    "stream.fin_invalid_ack",
    "stream.fin_out_of_window",
    "stream.fin_syn",
    "stream.fin1_invalid_ack",
    "stream.fin1_ack_wrong_seq",
    "stream.fin2_invalid_ack",
    "stream.fin2_ack_wrong_seq",
    "stream.closewait_invalid_ack",
    "stream.closewait_ack_out_of_window",
    "stream.closewait_fin_out_of_window",
    "stream.closing_invalid_ack",
    "stream.closing_ack_wrong_seq",
    "stream.lastack_invalid_ack",
    "stream.lastack_ack_wrong_seq",
    "stream.timewait_invalid_ack",
    "stream.timewait_ack_wrong_seq",
    "stream.shutdown_syn_resend",
    "stream.pkt_invalid_ack",
    "stream.pkt_invalid_timestamp",
    "stream.pkt_bad_window_update",
    "stream.pkt_broken_ack",
    "stream.rst_invalid_ack",
};

}  // namespace

std::string_view stream_event_name(StreamEvent event) {
  return kNames[static_cast<std::size_t>(event)];
}

}  // namespace netmoth::flow
