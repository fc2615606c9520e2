// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "proto/endpoints.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "apache/rocketmq/v2/definition.pb.h"
#include "common/check.h"

namespace petrel {
namespace {

namespace v2 = apache::rocketmq::v2;

constexpr size_t kDomainNameBytesMax = 253;
constexpr size_t kDomainLabelBytesMax = 63;
// "[", domain name or IPv6 address, "]", ":", five digits.
constexpr size_t kHostPortBytesMax = kDomainNameBytesMax + 8;

bool is_ip(int family, std::string_view host) {
  in6_addr parsed;  // large enough for both families
  return host.find('\0') == std::string_view::npos &&
         inet_pton(family, std::string(host).c_str(), &parsed) == 1;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

bool is_domain_label(std::string_view label) {
  return !label.empty() && label.size() <= kDomainLabelBytesMax &&
         std::all_of(label.begin(), label.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
         });
}

// A name whose last label is a number would be a mistyped IPv4 address.
bool is_domain_name(std::string_view host) {
  if (host.size() > kDomainNameBytesMax) {
    return false;
  }
  if (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  while (true) {
    const size_t dot = host.find('.');
    if (!is_domain_label(host.substr(0, dot))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return !is_digits(host);
    }
    host.remove_prefix(dot + 1);
  }
}

// 0 when it is none.
uint16_t parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() ? port : uint16_t{0};
}

absl::Status bad_address(std::string_view text, const std::string& why) {
  const std::string shown(text.substr(0, kHostPortBytesMax));
  return absl::InvalidArgumentError(absl::StrCat("address \"", absl::CEscape(shown), "\": ", why));
}

v2::AddressScheme scheme_of(HostKind kind) {
  switch (kind) {
    case HostKind::kIpv4:
      return v2::IPv4;
    case HostKind::kIpv6:
      return v2::IPv6;
    case HostKind::kDomainName:
      return v2::DOMAIN_NAME;
  }
  PETREL_CHECK(false);
}

}  // namespace

absl::StatusOr<HostPort> parse_host_port(std::string_view text) {
  if (text.size() > kHostPortBytesMax) {
    return bad_address(text, "too long");
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return bad_address(text, "has no :port");
  }
  std::string_view host = text.substr(0, colon);
  const uint16_t port = parse_port(text.substr(colon + 1));
  if (port == 0) {
    return bad_address(text, "the port is not a number from 1 to 65535");
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (!is_ip(AF_INET6, host)) {
      return bad_address(text, "the brackets do not hold an IPv6 address");
    }
  } else if (host.find(':') != std::string_view::npos) {
    return bad_address(text, "an IPv6 address is written in brackets: [address]:port");
  } else if (!is_ip(AF_INET, host) && !is_domain_name(host)) {
    return bad_address(text, "the host is neither an IP address nor a domain name");
  }
  return HostPort{std::string(host), port};
}

std::string to_string(const HostPort& address) {
  if (host_kind(address.host) == HostKind::kIpv6) {
    return absl::StrCat("[", address.host, "]:", address.port);
  }
  return absl::StrCat(address.host, ":", address.port);
}

HostKind host_kind(std::string_view host) {
  // No domain name and no IPv4 address has a colon, and every IPv6 address has one.
  if (host.find(':') != std::string_view::npos) {
    return HostKind::kIpv6;
  }
  return is_ip(AF_INET, host) ? HostKind::kIpv4 : HostKind::kDomainName;
}

void set_endpoints(const HostPort& address, v2::Endpoints* endpoints) {
  set_endpoints(std::vector<HostPort>{address}, endpoints);
}

void set_endpoints(const std::vector<HostPort>& addresses, v2::Endpoints* endpoints) {
  PETREL_CHECK(!addresses.empty());
  const HostKind kind = host_kind(addresses.front().host);
  endpoints->Clear();
  endpoints->set_scheme(scheme_of(kind));
  for (const HostPort& address : addresses) {
    if (host_kind(address.host) != kind) {
      continue;
    }
    v2::Address* entry = endpoints->add_addresses();
    entry->set_host(address.host);
    entry->set_port(address.port);
    if (kind == HostKind::kDomainName) {
      break;
    }
  }
}

}  // namespace petrel
