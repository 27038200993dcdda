// The functions of libpcap, linked or loaded from a file. Private to capture/.
//
// Invariant: all of them are there, or loading says which is not. A loaded library stays until the
// last that uses it has gone.
#pragma once

#include <pcap/pcap.h>

#include <memory>
#include <string>

namespace netmoth::capture {

struct PcapLibrary {
  // An empty path: the one linked. nullptr and `error` where it cannot be loaded.
  static std::shared_ptr<const PcapLibrary> load(const std::string& path, std::string& error);
  PcapLibrary() = default;
  ~PcapLibrary();
  PcapLibrary(const PcapLibrary&) = delete;
  PcapLibrary& operator=(const PcapLibrary&) = delete;

  decltype(&::pcap_create) create = nullptr;
  decltype(&::pcap_set_snaplen) set_snaplen = nullptr;
  decltype(&::pcap_set_promisc) set_promisc = nullptr;
  decltype(&::pcap_set_timeout) set_timeout = nullptr;
  decltype(&::pcap_set_buffer_size) set_buffer_size = nullptr;
  decltype(&::pcap_set_tstamp_precision) set_tstamp_precision = nullptr;
  decltype(&::pcap_get_tstamp_precision) get_tstamp_precision = nullptr;
  decltype(&::pcap_activate) activate = nullptr;
  decltype(&::pcap_setnonblock) setnonblock = nullptr;
  decltype(&::pcap_datalink) datalink = nullptr;
  decltype(&::pcap_get_selectable_fd) get_selectable_fd = nullptr;
  decltype(&::pcap_compile) compile = nullptr;
  decltype(&::pcap_setfilter) setfilter = nullptr;
  decltype(&::pcap_freecode) freecode = nullptr;
  decltype(&::pcap_dispatch) dispatch = nullptr;
  decltype(&::pcap_stats) stats = nullptr;
  decltype(&::pcap_geterr) geterr = nullptr;
  decltype(&::pcap_close) close = nullptr;

 private:
  void* loaded_ = nullptr;
};

}  // namespace netmoth::capture
