// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/report.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace petrel::bench {
namespace {

using Json = nlohmann::ordered_json;

// Steps are given as 1 / step, so that the result prints as short as it is meant.
double rounded(double value, double steps_per_unit) {
  return std::round(value * steps_per_unit) / steps_per_unit;
}

double per_second(const Flow& flow) {
  return flow.seconds > 0 ? static_cast<double>(flow.messages) / flow.seconds : 0;
}

double us(int64_t ns) { return static_cast<double>(ns) / 1000; }

double mib(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

// CPU time is divided by the messages of the direction that a mode is about.
double us_per_message(const Report& report, double cpu_s) {
  const uint64_t messages = report.produced ? report.send.messages : report.receive.messages;
  return messages == 0 ? 0 : cpu_s * 1e6 / static_cast<double>(messages);
}

Json latency_json(const Histogram& histogram) {
  return {{"count", histogram.count()},
          {"mean_us", rounded(histogram.mean() / 1000, 10)},
          {"p50_us", us(histogram.quantile(0.5))},
          {"p90_us", us(histogram.quantile(0.9))},
          {"p99_us", us(histogram.quantile(0.99))},
          {"p999_us", us(histogram.quantile(0.999))},
          {"max_us", us(histogram.max())}};
}

Json flow_json(const Flow& flow) {
  const double bytes_per_s =
      flow.seconds > 0 ? static_cast<double>(flow.body_bytes) / flow.seconds : 0;
  return {{"messages", flow.messages},
          {"seconds", rounded(flow.seconds, 1000)},
          {"msgs_per_s", std::round(per_second(flow))},
          {"mb_per_s", rounded(bytes_per_s / 1e6, 100)},
          {"latency", latency_json(flow.latency_ns)}};
}

Json settings_json(const Report& report) {
  Json json{{"label", report.label}, {"mode", report.mode}, {"endpoint", report.endpoint}};
  if (report.produced) {
    json["size"] = report.body_bytes;
    json["batch"] = report.messages_per_request;
    json["inflight"] = report.inflight;
    json["rate"] = report.rate_per_s;
    json["threads"] = report.threads;
  }
  json["connections"] = report.connections;
  json["tls"] = report.tls;
  return json;
}

Json servers_json(const Report& report) {
  Json servers = Json::array();
  for (const ServerUse& server : report.servers) {
    servers.push_back(Json{{"pid", server.pid},
                           {"cpu_s", rounded(server.cpu_s, 100)},
                           {"cpu_us_per_msg", rounded(us_per_message(report, server.cpu_s), 100)},
                           {"rss_mib", rounded(mib(server.rss_bytes), 10)},
                           {"rss_anon_mib", rounded(mib(server.rss_anon_bytes), 10)}});
  }
  return servers;
}

__attribute__((format(printf, 2, 3))) void append(std::string& text, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  text += line;
}

void append_flow(std::string& text, const char* name, const Flow& flow) {
  append(text, "%-8s %llu messages in %.1f s: %.0f msgs/s\n", name,
         static_cast<unsigned long long>(flow.messages), flow.seconds, per_second(flow));
  const Histogram& latency = flow.latency_ns;
  if (latency.count() == 0) return;
  append(text, "  latency us  p50 %.0f  p90 %.0f  p99 %.0f  p99.9 %.0f  max %.0f\n",
         us(latency.quantile(0.5)), us(latency.quantile(0.9)), us(latency.quantile(0.99)),
         us(latency.quantile(0.999)), us(latency.max()));
}

}  // namespace

bool Report::is_clean() const { return errors.kinds().empty() && given_up == 0 && missing == 0; }

std::string to_json_line(const Report& report) {
  Json json = settings_json(report);
  if (report.produced) {
    json["send"] = flow_json(report.send);
    json["messages_failed"] = report.messages_failed;
    if (report.rate_per_s > 0) {
      json["backlog_peak"] = report.backlog_peak;
      json["given_up"] = report.given_up;
    }
  }
  if (report.consumed) {
    json["receive"] = flow_json(report.receive);
    json["acknowledged"] = report.acknowledged;
    json["duplicates"] = report.duplicates;
    json["missing"] = report.missing;
    json["empty_answers"] = report.empty_answers;
  }
  json["client_cpu_us_per_msg"] = rounded(us_per_message(report, report.client_cpu_s), 100);
  json["servers"] = servers_json(report);
  json["other_cores"] = rounded(report.other_cores, 100);
  Json errors = Json::object();
  for (const auto& [code, kind] : report.errors.kinds()) errors[code] = kind.count;
  json["errors"] = errors;
  json["clean"] = report.is_clean();
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_text(const Report& report) {
  std::string text;
  if (report.produced) append_flow(text, "send", report.send);
  if (report.rate_per_s > 0) {
    append(text, "  backlog of at most %llu requests, %llu given up\n",
           static_cast<unsigned long long>(report.backlog_peak),
           static_cast<unsigned long long>(report.given_up));
  }
  if (report.consumed) {
    append_flow(text, "receive", report.receive);
    append(text, "  %llu acknowledged, %llu duplicates, %llu missing\n",
           static_cast<unsigned long long>(report.acknowledged),
           static_cast<unsigned long long>(report.duplicates),
           static_cast<unsigned long long>(report.missing));
  }
  append(text, "client   %.2f us CPU a message\n", us_per_message(report, report.client_cpu_s));
  for (const ServerUse& server : report.servers) {
    append(text, "server   %.2f us CPU a message, RSS %.1f MiB (%.1f MiB anonymous), pid %d\n",
           us_per_message(report, server.cpu_s), mib(server.rss_bytes), mib(server.rss_anon_bytes),
           server.pid);
  }
  append(text, "others   kept %.2f cores busy meanwhile\n", report.other_cores);
  for (const auto& [code, kind] : report.errors.kinds()) {
    append(text, "error    %s: %llu times, first: %.200s\n", code.c_str(),
           static_cast<unsigned long long>(kind.count), kind.example.c_str());
  }
  return text;
}

}  // namespace petrel::bench
