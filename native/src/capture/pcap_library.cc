#include "capture/pcap_library.h"

#include <dlfcn.h>

namespace netmoth::capture {
namespace {

// What every function is called, once, for the library linked and the one loaded.
template <typename Visit>
bool each_function(PcapLibrary& library, Visit visit) {
  return visit(library.create, "pcap_create", &::pcap_create) &&
         visit(library.set_snaplen, "pcap_set_snaplen", &::pcap_set_snaplen) &&
         visit(library.set_promisc, "pcap_set_promisc", &::pcap_set_promisc) &&
         visit(library.set_timeout, "pcap_set_timeout", &::pcap_set_timeout) &&
         visit(library.set_buffer_size, "pcap_set_buffer_size", &::pcap_set_buffer_size) &&
         visit(library.set_tstamp_precision, "pcap_set_tstamp_precision",
               &::pcap_set_tstamp_precision) &&
         visit(library.get_tstamp_precision, "pcap_get_tstamp_precision",
               &::pcap_get_tstamp_precision) &&
         visit(library.activate, "pcap_activate", &::pcap_activate) &&
         visit(library.setnonblock, "pcap_setnonblock", &::pcap_setnonblock) &&
         visit(library.datalink, "pcap_datalink", &::pcap_datalink) &&
         visit(library.get_selectable_fd, "pcap_get_selectable_fd", &::pcap_get_selectable_fd) &&
         visit(library.compile, "pcap_compile", &::pcap_compile) &&
         visit(library.setfilter, "pcap_setfilter", &::pcap_setfilter) &&
         visit(library.freecode, "pcap_freecode", &::pcap_freecode) &&
         visit(library.dispatch, "pcap_dispatch", &::pcap_dispatch) &&
         visit(library.stats, "pcap_stats", &::pcap_stats) &&
         visit(library.geterr, "pcap_geterr", &::pcap_geterr) &&
         visit(library.close, "pcap_close", &::pcap_close);
}

}  // namespace

std::shared_ptr<const PcapLibrary> PcapLibrary::load(const std::string& path, std::string& error) {
  auto library = std::make_shared<PcapLibrary>();
  if (path.empty()) {
    each_function(*library, [](auto& function, const char*, auto* linked) {
      function = linked;
      return true;
    });
    return library;
  }
  // The one that is linked is no part of the global scope (an addon is loaded locally), so the
  // functions of this one find each other.
  library->loaded_ = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library->loaded_ == nullptr) {
    const char* const words = ::dlerror();
    error = words == nullptr ? path + " cannot be loaded" : words;
    return nullptr;
  }
  const bool whole = each_function(*library, [&](auto& function, const char* name, auto*) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(
        ::dlsym(library->loaded_, name));
    if (function == nullptr) error = path + " has no " + name;
    return function != nullptr;
  });
  return whole ? library : nullptr;
}

PcapLibrary::~PcapLibrary() {
  if (loaded_ != nullptr) ::dlclose(loaded_);
}

}  // namespace netmoth::capture
