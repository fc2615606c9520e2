// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/brokers/content_feed.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>
#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/log.h"
#include "common/rpc/kept_stream.h"
#include "common/status.h"
#include "operator/brokers/broker_admin.h"
#include "petrel/admin/v1/admin.grpc.pb.h"

namespace petrel::ops {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr log::Logger kLog("content-feed");
// For connecting and the first message, which the broker sends at once.
constexpr milliseconds kFirstMessageTimeout{10'000};

std::vector<std::string> list_of(const google::protobuf::RepeatedPtrField<std::string>& names) {
  return {names.begin(), names.end()};
}

// Gives `into` what `from` has of the names.
template <typename Map>
void take_over(const std::vector<std::string>& names, Map& from, Map& into) {
  for (const std::string& name : names) {
    const auto found = from.find(name);
    if (found == from.end()) {
      into.erase(name);
    } else {
      into[name] = std::move(found->second);
    }
  }
}

template <typename Map, typename Same>
bool same(const Map& a, const Map& b, Same same_value) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const auto& x, const auto& y) {
    return x.first == y.first && same_value(x.second, y.second);
  });
}

// What the planner decides by. What is left in queues that are being closed is no statistic: the
// next step waits for it.
bool same_settings(const BrokerContent& a, const BrokerContent& b) {
  const auto topics = [](const TopicContent& x, const TopicContent& y) {
    return x.settings == y.settings && x.closing == y.closing;
  };
  const auto groups = [](const GroupContent& x, const GroupContent& y) {
    return x.settings == y.settings;
  };
  return a.signs == b.signs && same(a.topics, b.topics, topics) && same(a.groups, b.groups, groups);
}

bool same_stats(const BrokerContent& a, const BrokerContent& b) {
  const auto stats = [](const auto& x, const auto& y) { return x.stats == y.stats; };
  return same(a.topics, b.topics, stats) && same(a.groups, b.groups, stats);
}

}  // namespace

// One stream of changes. A message is taken before the next one is read. Tells its owner, the
// feed's thread, through the feed's mutex.
class ContentFeed::Watch final : public KeptStream<grpc::ClientReadReactor<admin::ConfigChanged>> {
 public:
  Watch(const std::shared_ptr<grpc::Channel>& channel, Mutex& mutex, CondVar& changed)
      : KeptStream(mutex, changed), stub_(admin::BrokerAdmin::NewStub(channel)) {
    stub_->async()->WatchConfig(context(), &request_, this);
    begin(&message_);
  }

  // Owner thread, when `received`.
  admin::ConfigChanged take() {
    admin::ConfigChanged message = std::move(message_);
    {
      const MutexLock lock(mutex());
      received = false;
    }
    StartRead(&message_);
    return message;
  }

  // Under the mutex.
  bool received = false;

 private:
  void OnReadDone(bool ok) override {
    const MutexLock lock(mutex());
    if (ok) {
      received = true;
    } else {
      set_lost();
    }
    tell();
  }

  const std::unique_ptr<admin::BrokerAdmin::Stub> stub_;
  const admin::WatchConfigRequest request_;
  admin::ConfigChanged message_;  // the library's while it reads
};

ContentFeed::ContentFeed(Options options, std::unique_ptr<Random> random, OnChange on_change)
    : options_(std::move(options)), random_(std::move(random)), on_change_(std::move(on_change)) {}

ContentFeed::~ContentFeed() { stop(); }

void ContentFeed::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "content-feed");
    run();
  });
}

void ContentFeed::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    if (broker_ != nullptr) {
      broker_->cancel();
    }
    changed_.notify_all();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

std::shared_ptr<const BrokerContent> ContentFeed::content() const {
  const MutexLock lock(mutex_);
  return content_;
}

absl::Status ContentFeed::error() const {
  const MutexLock lock(mutex_);
  return error_;
}

bool ContentFeed::wait_for(int64_t config_version, int64_t timeout_ms) {
  const auto deadline = steady_clock::now() + milliseconds(timeout_ms);
  const MutexLock lock(mutex_);
  const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return content_ != nullptr && version_ >= config_version;
  };
  while (!there() && !stopping_ && steady_clock::now() < deadline) {
    changed_.wait_until(mutex_, deadline);
  }
  return there();
}

void ContentFeed::refresh_stats() {
  const MutexLock lock(mutex_);
  refresh_ = true;
  changed_.notify_all();
}

void ContentFeed::connect_now() {
  const MutexLock lock(mutex_);
  connect_now_ = true;
  changed_.notify_all();
}

// --- the feed's thread ---------------------------------------------------------------------------

void ContentFeed::run() {
  ReconnectWait reconnect({.min_ms = options_.backoff_ms_min, .max_ms = options_.backoff_ms_max},
                          *random_);
  while (!stopping()) {
    if (follow()) {
      reconnect.reset();
    }
    pause(reconnect.next_ms());
  }
}

// Until the connection is lost or the feed stops. Whether there was one at all.
bool ContentFeed::follow() {
  const std::shared_ptr<grpc::Channel> channel = make_channel(options_.connection);
  BrokerAdmin broker(channel, options_.connection);
  {
    const MutexLock lock(mutex_);
    broker_ = &broker;
    connect_now_ = false;
    if (stopping_) {
      broker.cancel();
    }
  }
  Watch watch(channel, mutex_, changed_);
  absl::Status read;
  bool first = true;
  while (read.ok()) {
    const Work work = wait_work(watch, first);
    if (work == Work::kEnd) {
      break;
    }
    if (work == Work::kMessage) {
      read = read_changes(broker, watch);
    } else {
      read = read_all(broker, -1, false);
    }
    first = first && !read.ok();
  }
  const absl::Status ended = end(watch);
  {
    const MutexLock lock(mutex_);
    broker_ = nullptr;
  }
  lost(read.ok() ? ended : read);
  return !first;
}

ContentFeed::Work ContentFeed::wait_work(Watch& watch, bool first) {
  const auto deadline = first ? steady_clock::now() + kFirstMessageTimeout : stats_due_;
  const MutexLock lock(mutex_);
  while (!watch.received && !watch.lost() && !stopping_ && !(refresh_ && !first) &&
         steady_clock::now() < deadline) {
    changed_.wait_until(mutex_, deadline);
  }
  if (stopping_ || watch.lost()) {
    return Work::kEnd;
  }
  if (watch.received) {
    return Work::kMessage;
  }
  return first ? Work::kEnd : Work::kStats;
}

absl::Status ContentFeed::read_changes(BrokerAdmin& broker, Watch& watch) {
  const admin::ConfigChanged message = watch.take();
  const std::shared_ptr<const BrokerContent> known = content();
  if (message.all() || known == nullptr) {
    return read_all(broker, message.config_version(), known == nullptr);
  }
  const std::vector<std::string> topics = list_of(message.topics());
  const std::vector<std::string> groups = list_of(message.groups());
  PETREL_ASSIGN_OR_RETURN(BrokerContent read, broker.content(topics, groups));
  BrokerContent content = *known;
  content.signs = from_message(message.signs());
  take_over(topics, read.topics, content.topics);
  take_over(groups, read.groups, content.groups);
  publish(std::move(content), message.config_version(), ContentChange::kSettings);
  return absl::OkStatus();
}

absl::Status ContentFeed::read_all(BrokerAdmin& broker, int64_t version, bool first) {
  {
    const MutexLock lock(mutex_);
    refresh_ = false;
  }
  PETREL_ASSIGN_OR_RETURN(BrokerContent content, broker.content());
  stats_due_ = steady_clock::now() + milliseconds(options_.stats_interval_ms);
  publish(std::move(content), version,
          first ? ContentChange::kConnection : ContentChange::kSettings);
  return absl::OkStatus();
}

// A version below the known one says nothing of how new the content is.
void ContentFeed::publish(BrokerContent content, int64_t version, ContentChange change) {
  bool tell = true;
  {
    const MutexLock lock(mutex_);
    if (change == ContentChange::kSettings && same_settings(*content_, content)) {
      change = ContentChange::kStats;
      tell = !same_stats(*content_, content);
    }
    if (tell) {
      content_ = std::make_shared<const BrokerContent>(std::move(content));
    }
    version_ = std::max(version_, version);
    error_ = absl::OkStatus();
    changed_.notify_all();
  }
  if (change == ContentChange::kConnection) {
    kLog.info("follows", {{"broker", options_.connection.address}});
  }
  if (tell) {
    on_change_(change);
  }
}

absl::Status ContentFeed::end(Watch& watch) {
  watch.cancel();
  watch.release();
  watch.wait_done();
  // What this end itself cancelled was silent too long.
  if (watch.status().ok() || watch.status().error_code() == grpc::StatusCode::CANCELLED) {
    return absl::DeadlineExceededError(options_.connection.address + " did not answer in time");
  }
  return from_grpc(watch.status(), options_.connection);
}

void ContentFeed::lost(absl::Status why) {
  bool had_content = false;
  bool news = false;
  {
    const MutexLock lock(mutex_);
    had_content = std::exchange(content_, nullptr) != nullptr;
    news = !stopping_ && (had_content || error_.code() != why.code());
    version_ = -1;
    error_ = why;
    changed_.notify_all();
  }
  if (news) {
    kLog.warn("does not follow",
              {{"broker", options_.connection.address}, {"why", std::string(why.message())}});
  }
  if (had_content) {
    on_change_(ContentChange::kConnection);
  }
}

void ContentFeed::pause(int64_t duration_ms) {
  const auto deadline = steady_clock::now() + milliseconds(duration_ms);
  const MutexLock lock(mutex_);
  while (!stopping_ && !connect_now_ && steady_clock::now() < deadline) {
    changed_.wait_until(mutex_, deadline);
  }
}

bool ContentFeed::stopping() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

}  // namespace petrel::ops
