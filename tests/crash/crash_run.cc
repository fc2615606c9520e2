// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "tests/crash/crash_run.h"

#include <algorithm>
#include <set>

#include "common/check.h"
#include "common/concat.h"
#include "common/status.h"
#include "store/log/crc32.h"
#include "store/queue/deliver_test_util.h"
#include "store/snapshot/snapshot_file.h"

namespace petrel::store {
namespace {

constexpr int kTopics = 3;
constexpr int32_t kQueues = 2;
constexpr char kDirectory[] = "store";
constexpr char kAbortFile[] = "store/abort";

absl::Status wrong(std::string what) { return absl::InternalError(std::move(what)); }

template <typename T>
absl::Status expect_equal(const T& found, const T& expected, std::string_view what) {
  if (found == expected) return absl::OkStatus();
  if constexpr (requires { found.value(); }) {
    return wrong(concat(what, " is ", found.value(), " instead of ", expected.value()));
  } else {
    return wrong(concat(what, " is ", found, " instead of ", expected));
  }
}

// What an owner makes for RocketMQ, and so much of it that a write of it can be torn: the state
// stands at the begin and at the end.
std::vector<ConfigFile> config_with(std::string_view state) {
  return {{"state.json",
           concat("{", kOwnFileMarks[0], ",\"begin\":\"", state, "\",\"filling\":\"",
                  std::string(1200, 'x'), "\",\"end\":\"", state, "\",", kOwnFileMarks[1], "}")}};
}

std::vector<ConfigFile> config_of(std::span<const std::string> state,
                                  const std::vector<ConfigFile>&) {
  return config_with(state.front());
}

bool is_whole_config(const std::string& bytes) {
  const std::string begin = concat("{", kOwnFileMarks[0], ",\"begin\":\"");
  if (!bytes.starts_with(begin)) return false;
  const size_t end = bytes.find('"', begin.size());
  return bytes == config_with(bytes.substr(begin.size(), end - begin.size())).front().bytes;
}

MessageStore::Options options_for(Random& random) {
  MessageStore::Options options;
  options.directory = kDirectory;
  options.store_id = "crash";
  options.log = small_log_options();
  options.log.segment_bytes = random.below(2) == 0 ? 4096 : 8192;
  if (options.log.segment_bytes == 8192) options.log.reserve_bytes = 1024;
  options.log.prepare_bytes = random.below(2) == 0 ? 0 : 1024;
  options.snapshots_kept = 2 + static_cast<int>(random.below(2));
  if (random.below(2) == 0) options.retention.log_bytes_max = 3 * options.log.segment_bytes;
  options.make_rocketmq_config = config_of;
  return options;
}

// Where the queues that have messages begin and end.
std::string bounds_of(const Snapshot& snapshot, bool with_totals) {
  std::string text;
  for (const TopicBounds& topic : snapshot.topics) {
    for (const QueueBounds& queue : topic.queues) {
      if (queue.min == queue.max) continue;
      text +=
          concat(topic.topic, "/", queue.queue_id, " ", queue.min.value(), "-", queue.max.value());
      if (with_totals) {
        text += concat(" ", queue.totals.bytes, " ", queue.totals.oldest_ms, " ",
                       queue.totals.newest_ms);
      }
      text += "\n";
    }
  }
  return text;
}

// Without queues that never had a message: the log does not know of them.
absl::StatusOr<Snapshot> newest_snapshot(SimDisk& disk) {
  const std::string directory = concat(kDirectory, "/snapshots");
  PETREL_ASSIGN_OR_RETURN(const std::vector<LogOffset> offsets, list_snapshots(disk, directory));
  PETREL_ASSIGN_OR_RETURN(Snapshot snapshot,
                          read_snapshot(disk, snapshot_path(directory, offsets.at(0))));
  for (TopicBounds& topic : snapshot.topics) {
    std::erase_if(topic.queues, [](const auto& queue) { return queue.max == QueueOffset(0); });
  }
  std::erase_if(snapshot.topics, [](const auto& topic) { return topic.queues.empty(); });
  return snapshot;
}

}  // namespace

std::string key_of(std::string_view body) {
  // Bodies are a number and filling, or the name of a topic.
  const char last_digit = body.substr(0, body.find('x')).back();
  return concat("key-", std::string(1, last_digit));
}

// Its state is how many records it has seen, and a checksum over them in order.
class CrashRun::Owner final : public MessageStore::Owner {
 public:
  absl::Status restore(MessageStore& /*store*/, std::span<const std::string> state) override {
    applied = 0;
    checksum = 0;
    if (state.empty()) return absl::OkStatus();
    const std::string& text = state.front();
    const size_t split = text.find(' ');
    applied = std::stoll(text.substr(0, split));
    checksum = static_cast<uint32_t>(std::stoul(text.substr(split + 1)));
    return absl::OkStatus();
  }
  absl::Status apply(MessageStore& store, const RecordView& record) override {
    count(record.topic, record.body);
    if (record.topic == kControlTopic) apply_control(store, record.body);
    return absl::OkStatus();
  }
  bool required(std::string_view topic) const override { return topic == kControlTopic; }
  void count(std::string_view topic, std::string_view body) {
    ++applied;
    checksum = crc32_ieee(concat(checksum, topic, "/", body));
  }
  std::string state() const { return concat(applied, " ", checksum); }

  int64_t applied = 0;
  uint32_t checksum = 0;
};

CrashRun::CrashRun(const Options& options)
    : random_(options.seed),
      disk_({.seed = options.seed, .reorder = options.reorder}),
      store_options_(options_for(random_)) {
  disk_.set_hook([this](SimDisk::Operation, const std::string& path) {
    // Only beside what needs nothing from the log: the log's own operations have its locks.
    const bool beside = path.find("/consumequeue") != std::string::npos ||
                        path.find("/snapshots") != std::string::npos;
    if (in_hook_ || !beside || store_ == nullptr || !failed_.ok()) return;
    in_hook_ = true;
    if (random_.below(4) == 0) failed_ = send_some();
    in_hook_ = false;
  });
}

CrashRun::~CrashRun() { executor_.run_all(); }

// ---- a life

absl::Status CrashRun::open_on(SimDisk& disk, Owner& owner, Opened* opened) const {
  PETREL_ASSIGN_OR_RETURN(opened->store,
                          open_store(disk, clock_, executor_, store_options_, owner));
  for (const OpenView& open_view : open_views_) {
    PETREL_ASSIGN_OR_RETURN(std::unique_ptr<CrashView> view, open_view(disk, *opened->store));
    opened->views.push_back(std::move(view));
  }
  return absl::OkStatus();
}

absl::Status CrashRun::Opened::close(std::string state) {
  for (const std::unique_ptr<CrashView>& view : views) PETREL_RETURN_IF_ERROR(view->close());
  return close_store(*store, {std::move(state)});
}

absl::Status CrashRun::open() {
  owner_ = std::make_unique<Owner>();
  failed_ = absl::OkStatus();
  refused_ = undecided_ = false;
  opened_ = {};
  PETREL_RETURN_IF_ERROR(open_on(disk_, *owner_, &opened_));
  store_ = opened_.store.get();
  in_use_marked_ = disk_.has_file(kAbortFile);
  return absl::OkStatus();
}

void CrashRun::work(int steps) {
  for (int i = 0; i < steps && failed_.ok(); ++i) {
    const absl::Status status = step();
    if (failed_.ok()) failed_ = status;
  }
}

absl::Status CrashRun::step() {
  clock_.advance_ms(static_cast<int64_t>(random_.below(2000)));
  switch (random_.below(16)) {
    case 0:
    case 1:
      begin_snapshot();
      return absl::OkStatus();
    case 2:
    case 3:
      run_tasks();
      return absl::OkStatus();
    case 4:
      return decide(concat("delete topic", random_.below(kTopics), "\n"));
    case 5:
      return store_->log().sync_up_to(LogOffset(store_->log().progress().written.value()));
    case 6:
      begin_retention();
      return absl::OkStatus();
    case 7:
      for (const auto& view : opened_.views) PETREL_RETURN_IF_ERROR(view->act(random_));
      return absl::OkStatus();
    default:
      return send_some();
  }
}

absl::Status CrashRun::send_some() {
  const uint64_t count = 1 + random_.below(3);
  for (uint64_t i = 0; i < count; ++i) {
    const absl::Status sent =
        send(concat("topic", random_.below(kTopics)), static_cast<int32_t>(random_.below(kQueues)),
             concat(sent_.size(), std::string(random_.below(900), 'x')));
    // A full disk refuses, and that is all.
    refused_ |= absl::IsResourceExhausted(sent);
    if (!sent.ok() && !absl::IsResourceExhausted(sent)) return sent;
  }
  return flush(random_.below(3) == 0);
}

absl::Status CrashRun::send(const std::string& topic, int32_t queue_id, std::string body) {
  const std::string record =
      test_record(topic, body, concat("TAGS\x01red\x02KEYS\x01", key_of(body), "\x02"));
  const auto placed = store_->append(record, queue_id, clock_.wall_ms());
  if (!placed.ok()) return placed.status();
  sent_.push_back({topic, queue_id, placed->queue_offset, std::move(body), placed->log_offset,
                   placed->log_offset + static_cast<int64_t>(record.size())});
  return absl::OkStatus();
}

absl::Status CrashRun::flush(bool sync) {
  store_->log().submit();
  PETREL_ASSIGN_OR_RETURN(const LogProgress progress, store_->log().write_group(sync, 0));
  written_ = std::max(written_, LogOffset(progress.written.value()));
  synced_ = std::max(synced_, LogOffset(progress.synced.value()));
  commit_written(*store_);
  return absl::OkStatus();
}

absl::Status CrashRun::decide(const std::string& events) {
  apply_control(*store_, events);
  const absl::Status sent = send(kControlTopic, 0, events);
  // What cannot be said in the log has not happened; the process must go.
  undecided_ = undecided_ || !sent.ok();
  PETREL_RETURN_IF_ERROR(sent);
  return flush(random_.below(2) == 0);
}

void CrashRun::begin_snapshot() {
  finish_pending();
  clock_.advance_ms(store_options_.snapshot_interval_ms);
  // After a failure not all that the owner applied is committed.
  if (!failed_.ok() || !store_->snapshot_due()) return;
  PETREL_CHECK_EQ(store_->committed().value(), store_->applied().value());
  const std::string state = owner_->state();
  store_->begin_snapshot();
  while (!store_->capture_snapshot(1)) {
    if (random_.below(4) == 0 && failed_.ok()) failed_ = send_some();
  }
  store_->write_snapshot({state}, [this](auto done) {
    if (done.ok()) written_snapshot_ = *done;
  });
}

void CrashRun::begin_retention() {
  finish_pending();
  const auto all_read = [](const ConsumeQueue&) { return std::nullopt; };
  store_->begin_retention({.now_ms = clock_.wall_ms()}, all_read, {},
                          [this](auto result) { due_ = std::move(result); });
}

void CrashRun::run_tasks() {
  executor_.run_all();
  if (random_.below(2) == 0) finish_pending();
}

void CrashRun::finish_pending() {
  if (written_snapshot_ != nullptr) {
    store_->finish_snapshot(std::exchange(written_snapshot_, nullptr));
  }
  begin_ = std::max(begin_, store_->log().begin());
  if (due_ == nullptr) return;
  const auto found = store_->finish_retention(std::exchange(due_, nullptr));
  const std::string events = control_events(found, store_->begin());
  if (!events.empty() && failed_.ok()) failed_ = decide(events);
}

// If all of the log was written, nothing is lost with the process.
void CrashRun::remember_queues() {
  queues_before_.reset();
  if (store_ == nullptr || undecided_ || damage_allowed_) return;
  const LogOffset end = store_->log().end();
  if (store_->log().progress().written.value() != end.value()) return;
  if (store_->committed().value() == end.value()) queues_before_ = describe_queues();
}

std::string CrashRun::describe_queues() const {
  std::string text;
  const auto describe = [&](const std::string& topic, int32_t queue_id) {
    const ConsumeQueue* const queue = store_->find_queue(topic, queue_id);
    if (queue == nullptr || queue->next() == QueueOffset(0)) return;
    const QueueTotals totals = queue->totals();
    text += concat(topic, "/", queue_id, " ", queue->min().value(), "-", queue->max().value(), "-",
                   queue->next().value(), " ", totals.bytes, " ", totals.oldest_ms, " ",
                   totals.newest_ms, "\n");
  };
  for (int topic = 0; topic < kTopics; ++topic) {
    for (int32_t id = 0; id < kQueues; ++id) describe(concat("topic", topic), id);
  }
  describe(kControlTopic, 0);
  return concat(text, "begin ", store_->begin().value());
}

void CrashRun::end_life() {
  if (store_ != nullptr) {
    synced_ = std::max(synced_, LogOffset(store_->log().progress().synced.value()));
  }
  failed_ = absl::UnavailableError("the life is over");
  executor_.run_all();
  written_snapshot_ = nullptr;
  due_ = nullptr;
  store_ = nullptr;
  opened_ = {};
}

void CrashRun::lose_power() {
  queues_before_.reset();
  const bool in_use_marked = store_ != nullptr && in_use_marked_;
  end_life();
  disk_.crash();
  written_ = synced_;
  abort_lost_ |= in_use_marked && !disk_.has_file(kAbortFile);
}

void CrashRun::kill() {
  remember_queues();
  end_life();
  disk_.restart();
}

absl::Status CrashRun::close() {
  executor_.run_all();
  finish_pending();
  executor_.run_all();
  absl::Status closed = std::exchange(failed_, absl::UnavailableError("the life is over"));
  if (closed.ok()) {
    remember_queues();
    closed = opened_.close(owner_->state());
    if (closed.ok()) synced_ = written_ = store_->log().end();
    if (closed.ok() && disk_.has_file(kAbortFile)) closed = wrong("abort is there after a stop");
  }
  end_life();
  disk_.restart();
  return closed;
}

// ---- what must hold

absl::Status CrashRun::check() {
  PETREL_RETURN_IF_ERROR(check_log());
  PETREL_RETURN_IF_ERROR(check_queues());
  if (queues_before_.has_value() && !damage_allowed_) {
    PETREL_RETURN_IF_ERROR(expect_equal(describe_queues(), *queues_before_, "the queues"));
  }
  if (!damage_allowed_) PETREL_RETURN_IF_ERROR(check_rocketmq_files());
  for (const auto& view : opened_.views) {
    if (absl::Status status = view->check(sent_); !status.ok()) {
      return absl::Status(status.code(), concat(view->name(), ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

bool CrashRun::is_damaged(const SentRecord& record) const {
  if (!damage_allowed_) return false;
  const std::vector<DamagedRange> ranges = store_->log().damage().ranges();
  return std::any_of(ranges.begin(), ranges.end(), [&](const DamagedRange& range) {
    return record.offset < range.end && range.begin < record.end;
  });
}

absl::Status CrashRun::check_log() {
  const CommitLog& log = store_->log();
  const auto survived = std::find_if(
      sent_.begin(), sent_.end(), [&](const SentRecord& record) { return record.end > log.end(); });
  sent_.erase(survived, sent_.end());
  if (log.end() < written_) {
    return wrong(
        concat("lost: the log ends at ", log.end().value(), ", promised was ", written_.value()));
  }
  if (log.begin() < begin_) {
    return wrong(concat("the log begins at ", log.begin().value(),
                        " again, which was deleted up to ", begin_.value()));
  }
  auto next = std::find_if(sent_.begin(), sent_.end(),
                           [&](const SentRecord& record) { return record.offset >= log.begin(); });
  PETREL_RETURN_IF_ERROR(log.visit(log.begin(), log.end(), [&](const RecordView& record) {
    while (next != sent_.end() && record.log_offset != next->offset && is_damaged(*next)) ++next;
    if (next == sent_.end()) return wrong(concat("invented: ", record.topic, " ", record.body));
    const std::string where = concat("record ", next - sent_.begin(), ": ");
    PETREL_RETURN_IF_ERROR(expect_equal(record.log_offset, next->offset, where + "log offset"));
    PETREL_RETURN_IF_ERROR(expect_equal(record.topic, std::string_view(next->topic), where));
    PETREL_RETURN_IF_ERROR(expect_equal(record.body, std::string_view(next->body), where));
    PETREL_RETURN_IF_ERROR(expect_equal(record.queue_id, next->queue_id, where + "queue"));
    PETREL_RETURN_IF_ERROR(
        expect_equal(record.queue_offset, next->queue_offset, where + "queue offset"));
    ++next;
    return absl::OkStatus();
  }));
  while (next != sent_.end() && is_damaged(*next)) ++next;
  if (next != sent_.end()) return wrong(concat("not there: record ", next - sent_.begin()));
  if (log.damage().count() > 0) {
    // The owner may lack what is in the damage; all the rest was compared.
    PETREL_RETURN_IF_ERROR(expect_equal(damage_allowed_, true, "damage is told, which"));
  } else {
    Owner expected;
    for (const SentRecord& record : sent_) expected.count(record.topic, record.body);
    PETREL_RETURN_IF_ERROR(expect_equal(owner_->state(), expected.state(), "the owner's state"));
  }
  // What came back is what there is now: a second crash may not take it away.
  synced_ = written_ = log.end();
  return absl::OkStatus();
}

// Whatever happened: they are whole, and never look as if another broker had written them.
absl::Status CrashRun::check_rocketmq_files() const {
  constexpr size_t kCheckpointBytes = 4096;
  for (const std::string& path : disk_.files()) {
    if (path.ends_with("/config/state.json") && !is_whole_config(disk_.bytes_of(path))) {
      return wrong(concat(path, " is torn"));
    }
    if (path.ends_with("/checkpoint") && disk_.bytes_of(path).size() != kCheckpointBytes) {
      return wrong(concat(path, " is torn"));
    }
  }
  if (!store_->foreign_config().empty()) return wrong("a file of ours is taken for RocketMQ's");
  return abort_lost_ ? wrong("abort went with the power while a store was open") : absl::OkStatus();
}

absl::Status CrashRun::check_queues() {
  std::map<QueueKey, std::vector<const SentRecord*>> expected;
  for (const SentRecord& record : sent_) {
    expected[{record.topic, record.queue_id}].push_back(&record);
    if (record.topic != kControlTopic || !record.body.starts_with("delete ")) continue;
    const std::string deleted = record.body.substr(7, record.body.size() - 8);
    std::erase_if(expected, [&](const auto& queue) { return queue.first.first == deleted; });
  }
  for (int topic = 0; topic < kTopics; ++topic) {
    for (int32_t queue_id = 0; queue_id < kQueues; ++queue_id) {
      const QueueKey key(concat("topic", topic), queue_id);
      if (expected.contains(key)) continue;
      const ConsumeQueue* const queue = store_->find_queue(key.first, key.second);
      if (queue != nullptr && queue->max() > QueueOffset(0)) {
        return wrong(concat(key.first, "/", key.second, " was deleted and has messages"));
      }
    }
  }
  for (const auto& [key, records] : expected) {
    PETREL_RETURN_IF_ERROR(check_queue(key, records));
  }
  return absl::OkStatus();
}

absl::Status CrashRun::check_queue(const QueueKey& key,
                                   const std::vector<const SentRecord*>& records) {
  const std::string name = concat(key.first, "/", key.second);
  ConsumeQueue* const queue = store_->find_queue(key.first, key.second);
  if (queue == nullptr) {
    const bool all_damaged = std::all_of(records.begin(), records.end(),
                                         [&](const auto* record) { return is_damaged(*record); });
    return all_damaged ? absl::OkStatus() : wrong(concat(name, " is not there"));
  }
  // Files below may not be deleted yet.
  const LogOffset begin = std::max(store_->begin(), store_->log().begin());
  const auto first = std::find_if(records.begin(), records.end(), [&](const SentRecord* record) {
    return record->offset >= begin;
  });
  const QueueOffset max = records.back()->queue_offset + 1;
  const QueueOffset min = first == records.end() ? max : (*first)->queue_offset;
  if (!damage_allowed_) {
    PETREL_RETURN_IF_ERROR(expect_equal(queue->max(), max, name + " max"));
    PETREL_RETURN_IF_ERROR(expect_equal(queue->min(), min, name + " min"));
  }
  for (auto record = first; record != records.end(); ++record) {
    if (is_damaged(**record)) continue;
    const QueueOffset offset = (*record)->queue_offset;
    if (offset < queue->min() || offset >= queue->max()) {
      return wrong(concat(name, " lacks ", offset.value()));
    }
    PETREL_ASSIGN_OR_RETURN(const std::string body,
                            deliver_body(*store_, executor_, *queue, offset));
    PETREL_RETURN_IF_ERROR(
        expect_equal(body, (*record)->body, concat(name, " at ", offset.value())));
  }
  return absl::OkStatus();
}

absl::Status CrashRun::compare_with_rebuild() const {
  const std::unique_ptr<SimDisk> kept = disk_.copy();
  const std::unique_ptr<SimDisk> rebuilt = disk_.copy();
  std::set<std::string> paths;
  const auto is_view = [](const std::string& path) {
    return path.find("/commitlog") == std::string::npos &&
           path.find("/snapshots/") == std::string::npos;
  };
  for (const std::string& path : rebuilt->files()) {
    if (path.find("/commitlog") == std::string::npos) rebuilt->erase_file(path);
  }
  // What was deleted is not in the log: views that remember more than it are compared by check().
  bool is_whole = true;
  for (SimDisk* disk : {kept.get(), rebuilt.get()}) {
    Owner owner;
    Opened opened;
    const absl::Status status = open_on(*disk, owner, &opened);
    executor_.run_all();  // what a start leaves for later
    PETREL_RETURN_IF_ERROR(status);
    is_whole = is_whole && opened.store->log().begin() == LogOffset(0);
    PETREL_RETURN_IF_ERROR(opened.close(owner.state()));
    for (const std::string& path : disk->files()) {
      if (is_view(path)) paths.insert(path);
    }
  }
  PETREL_ASSIGN_OR_RETURN(const Snapshot of_kept, newest_snapshot(*kept));
  PETREL_ASSIGN_OR_RETURN(const Snapshot of_rebuilt, newest_snapshot(*rebuilt));
  PETREL_RETURN_IF_ERROR(
      expect_equal(bounds_of(of_kept, is_whole), bounds_of(of_rebuilt, is_whole), "the queues"));
  if (!is_whole) return absl::OkStatus();
  PETREL_RETURN_IF_ERROR(
      expect_equal(of_kept.state.front(), of_rebuilt.state.front(), "the state"));
  for (const std::string& path : paths) {
    if (!SimDisk::same_bytes(*kept, *rebuilt, path)) {
      return wrong(concat(path, " is not as a rebuild makes it"));
    }
  }
  return absl::OkStatus();
}

}  // namespace petrel::store
