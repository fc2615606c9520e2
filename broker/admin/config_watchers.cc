// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/admin/config_watchers.h"

#include <utility>

namespace petrel::broker {

namespace {

bool same(const admin::v1::BrokerSigns& a, const admin::v1::BrokerSigns& b) {
  return a.nameservers() == b.nameservers() && a.registered() == b.registered() &&
         a.sends_refused_since_ms() == b.sends_refused_since_ms();
}

}  // namespace

using ConfigReactor = grpc::ServerWriteReactor<admin::v1::ConfigChanged>;

// One stream's state. Whoever turns `writing_` on starts a write, and the stream is finished only
// while it is off, once: so the reactor lives whenever it is called.
class ConfigWatchers::Watch {
 public:
  Watch(ConfigReactor& reactor, const core::Registry& registry, const Signs& signs)
      : reactor_(reactor), registry_(registry), signs_(signs) {}

  // Tells what is new, unless a write is under way, at whose end that is done.
  void tell() {
    {
      const MutexLock lock(mutex_);
      if (!take_write()) {
        return;
      }
    }
    reactor_.StartWrite(&message_);
  }

  void on_write_done(bool ok) {
    bool more = false;
    {
      const MutexLock lock(mutex_);
      writing_ = false;
      if (!ok) {
        ending_ = true;
      }
      more = take_write();
      if (!more && !ending_) {
        return;
      }
    }
    if (more) {
      return reactor_.StartWrite(&message_);
    }
    reactor_.Finish(status_);
  }

  void end(grpc::Status status) {
    {
      const MutexLock lock(mutex_);
      if (ending_) {
        return;
      }
      ending_ = true;
      status_ = std::move(status);
      if (writing_) {
        return;
      }
    }
    reactor_.Finish(status_);
  }

 private:
  bool take_write() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ending_ || writing_) {
      return false;
    }
    if (const int64_t epoch = registry_.epoch(); epoch != sent_epoch_) {
      sent_epoch_ = epoch;
      sent_ = -1;
    }
    admin::v1::BrokerSigns signs = signs_();
    if (registry_.config_version() == sent_ && same(signs, message_.signs())) {
      return false;
    }
    writing_ = true;
    const core::ConfigChanges changes = registry_.changes_since(sent_);
    sent_ = changes.version;
    *message_.mutable_signs() = std::move(signs);
    message_.set_config_version(sent_);
    message_.set_all(changes.all);
    message_.mutable_topics()->Assign(changes.topics.begin(), changes.topics.end());
    message_.mutable_groups()->Assign(changes.groups.begin(), changes.groups.end());
    return true;
  }

  ConfigReactor& reactor_;
  const core::Registry& registry_;
  const Signs& signs_;
  admin::v1::ConfigChanged message_;  // belongs to the write that is under way
  grpc::Status status_;               // set before the stream ends
  Mutex mutex_;
  int64_t sent_ ABSL_GUARDED_BY(mutex_) = -1;        // a version; none at first
  int64_t sent_epoch_ ABSL_GUARDED_BY(mutex_) = -1;  // that of sent_
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
};

class ConfigWatchers::Reactor final : public ConfigReactor {
 public:
  explicit Reactor(ConfigWatchers& watchers)
      : watchers_(watchers),
        watch_(std::make_shared<Watch>(*this, watchers.registry_, watchers.signs_)) {
    if (watchers_.add(watch_)) {
      watch_->tell();
    } else {
      watch_->end({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many watchers, or shutting down"});
    }
  }

 private:
  void OnWriteDone(bool ok) override { watch_->on_write_done(ok); }
  void OnCancel() override { watch_->end(grpc::Status::CANCELLED); }
  void OnDone() override {
    watchers_.remove(watch_.get());
    delete this;
  }

  ConfigWatchers& watchers_;
  const std::shared_ptr<Watch> watch_;
};

ConfigWatchers::ConfigWatchers(const core::Registry& registry, Signs signs)
    : registry_(registry), signs_(std::move(signs)) {}
ConfigWatchers::~ConfigWatchers() = default;

ConfigReactor* ConfigWatchers::watch() { return new Reactor(*this); }

void ConfigWatchers::notify() {
  std::vector<std::shared_ptr<Watch>> watches;
  {
    const MutexLock lock(mutex_);
    watches = watches_;
  }
  for (const auto& watch : watches) {
    watch->tell();
  }
}

void ConfigWatchers::close() {
  std::vector<std::shared_ptr<Watch>> watches;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    watches = watches_;
  }
  for (const auto& watch : watches) {
    watch->end({grpc::StatusCode::UNAVAILABLE, "the broker is shutting down"});
  }
}

bool ConfigWatchers::add(std::shared_ptr<Watch> watch) {
  const MutexLock lock(mutex_);
  if (closed_ || watches_.size() >= kWatchersMax) {
    return false;
  }
  watches_.push_back(std::move(watch));
  return true;
}

void ConfigWatchers::remove(const Watch* watch) {
  const MutexLock lock(mutex_);
  std::erase_if(watches_, [watch](const auto& w) { return w.get() == watch; });
}

}  // namespace petrel::broker
