// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/core/state_restore.h"

#include <memory>
#include <string>
#include <utility>

#include "broker/core/first_format.h"
#include "broker/core/state_codec.h"
#include "common/check.h"
#include "common/concat.h"

namespace petrel::core {
namespace {

using state::v1::Snapshot;

// Nothing is saved by a capture while a state is restored.
class RestoreChanges : public QueueChanges {
 public:
  explicit RestoreChanges(ClientTable& clients) : QueueChanges(0), clients_(clients) {}
  void save_head(const GroupQueue&) override {}
  void save_chunk(const OpenChunk&) override {}
  void count(ClientId client, int64_t open_deliveries) override {
    clients_.count(client, open_deliveries);
  }

 private:
  ClientTable& clients_;
};

template <typename Placed>
absl::Status misplaced(const Placed& part, std::string_view why) {
  return absl::DataLossError(concat("the snapshot has queue ", part.queue_id(), " of group ",
                                    part.group_id(), " in topic ", part.topic_id(), ", ", why));
}

template <typename Config>
absl::Status check_id(const Config& config, std::string_view kind, int64_t config_version) {
  if (!config.name().empty() && config.incarnation() > 0 &&
      config.incarnation() <= config.version() && config.version() <= config_version) {
    return absl::OkStatus();
  }
  return absl::DataLossError(concat("the snapshot has ", kind, " '", config.name(), "' with id ",
                                    config.incarnation(), " and version ", config.version(),
                                    ", and the last version is ", config_version));
}

absl::Status twice(std::string_view kind, std::string_view name) {
  return absl::DataLossError(concat("the snapshot has ", kind, " '", name, "' or its id twice"));
}

}  // namespace

absl::Status StateRestore::run(const std::vector<Snapshot>& pieces) {
  absl::Status status = restore_head(pieces);
  const auto restore_all = [&](const auto& field) {
    for (const Snapshot& piece : pieces) {
      for (const auto& part : field(piece)) {
        if (!status.ok()) {
          return;
        }
        status = restore(part);
      }
    }
  };
  restore_all([](const Snapshot& piece) -> auto& { return piece.topics(); });
  restore_all([](const Snapshot& piece) -> auto& { return piece.groups(); });
  restore_all([](const Snapshot& piece) -> auto& { return piece.clients(); });
  restore_all([](const Snapshot& piece) -> auto& { return piece.queues(); });
  restore_all([](const Snapshot& piece) -> auto& { return piece.chunks(); });
  return status;
}

// What stands once, and whether the pieces are all there.
absl::Status StateRestore::restore_head(const std::vector<Snapshot>& pieces) {
  const Snapshot* head = nullptr;
  Snapshot::Counts found;
  for (const Snapshot& piece : pieces) {
    if (piece.format() != kSnapshotFormat) {
      return absl::DataLossError(concat("the snapshot has a piece of format ", piece.format(),
                                        "; this version reads ", kSnapshotFormat));
    }
    if (piece.has_counts()) {
      if (head != nullptr) {
        return absl::DataLossError("the snapshot has two pieces with counts");
      }
      head = &piece;
    }
    found.set_topics(found.topics() + piece.topics_size());
    found.set_groups(found.groups() + piece.groups_size());
    found.set_clients(found.clients() + piece.clients_size());
    found.set_queues(found.queues() + piece.queues_size());
    found.set_chunks(found.chunks() + piece.chunks_size());
  }
  if (head == nullptr || found.SerializeAsString() != head->counts().SerializeAsString()) {
    return absl::DataLossError(
        concat("the snapshot's pieces are not all there: ", found.ShortDebugString(), " in ",
               pieces.size(), " pieces; written were ",
               head == nullptr ? "nobody knows how many" : head->counts().ShortDebugString()));
  }
  if (head->config_version() < 0 || head->last_client_id() < 0) {
    return absl::DataLossError("the snapshot counts versions or clients below 0");
  }
  state_.config_version_ = head->config_version();
  state_.adopted_ = head->adopted();
  state_.clients_.restore_last_id(ClientId(head->last_client_id()));
  return absl::OkStatus();
}

absl::Status StateRestore::restore(const state::v1::Topic& topic) {
  if (absl::Status status = check_id(topic, "topic", state_.config_version()); !status.ok()) {
    return status;
  }
  if (state_.find_topic(topic.name()) != nullptr ||
      state_.find_topic(TopicId(topic.incarnation())) != nullptr) {
    return twice("topic", topic.name());
  }
  state_.put_topic(from_proto(topic));
  return absl::OkStatus();
}

absl::Status StateRestore::restore(const state::v1::Group& group) {
  if (absl::Status status = check_id(group, "group", state_.config_version()); !status.ok()) {
    return status;
  }
  if (state_.find_group(group.name()) != nullptr ||
      state_.find_group(GroupId(group.incarnation())) != nullptr) {
    return twice("group", group.name());
  }
  state_.put_group(from_proto(group));
  return absl::OkStatus();
}

absl::Status StateRestore::restore(const Snapshot::Client& client) {
  const ClientId id(client.client_id());
  if (client.name().empty() || id <= ClientId(0) || id > state_.clients_.last_id()) {
    return absl::DataLossError(concat("the snapshot has client '", client.name(), "' with id ",
                                      id.value(), ", and the last one had ",
                                      state_.clients_.last_id().value()));
  }
  if (state_.find_client(client.name()) || state_.clients_.find(id) != nullptr) {
    return twice("client", client.name());
  }
  state_.clients_.add(id, client.name());
  return absl::OkStatus();
}

absl::Status StateRestore::restore(const Snapshot::Queue& queue) {
  const GroupState* const group = state_.find_group(GroupId(queue.group_id()));
  const TopicState* const topic = state_.find_topic(TopicId(queue.topic_id()));
  if (group == nullptr || topic == nullptr) {
    return misplaced(queue, "which do not exist");
  }
  if (queue.queue_id() < 0 || queue.queue_id() >= kQueuesPerTopicMax || queue.next_offset() < 0) {
    return misplaced(queue, concat("at ", queue.next_offset(), ": not possible"));
  }
  const auto found = state_.subscription_ids_.find(std::pair(group->id(), topic->id()));
  Subscription& subscription = found != state_.subscription_ids_.end()
                                   ? *found->second
                                   : state_.make_subscription(*group, *topic);
  const auto i = static_cast<size_t>(queue.queue_id());
  if (i >= subscription.queues_.size()) {
    subscription.queues_.resize(i + 1);
  }
  if (subscription.queues_[i] != nullptr) {
    return misplaced(queue, "twice");
  }
  subscription.queues_[i] = std::make_unique<GroupQueue>();
  subscription.queues_[i]->restore_head(store::QueueOffset(queue.next_offset()),
                                        queue.last_delivery_id());
  return absl::OkStatus();
}

absl::Status StateRestore::restore(const Snapshot::Chunk& chunk) {
  const auto subscription = state_.subscription_ids_.find(
      std::pair(GroupId(chunk.group_id()), TopicId(chunk.topic_id())));
  const auto i = static_cast<size_t>(chunk.queue_id());
  if (subscription == state_.subscription_ids_.end() || chunk.queue_id() < 0 ||
      i >= subscription->second->queues_.size() || subscription->second->queues_[i] == nullptr) {
    return misplaced(chunk, "with open deliveries, which the group has not begun");
  }
  std::optional<OpenChunk> open = from_proto(chunk);
  if (!open) {
    return misplaced(chunk, concat("with open deliveries at ", chunk.base(),
                                   " whose lists do not fit together"));
  }
  for (const InFlight& delivery : open->deliveries()) {
    if (delivery.client != ClientId(0) && state_.clients_.find(delivery.client) == nullptr) {
      return misplaced(chunk, concat("with a delivery of client ", delivery.client.value(),
                                     ", which does not exist"));
    }
  }
  RestoreChanges changes(state_.clients_);
  GroupQueue& queue = *subscription->second->queues_[i];
  if (!queue.restore_chunk(*std::move(open), changes)) {
    return misplaced(chunk, concat("with open deliveries at ", chunk.base(),
                                   " twice, or not below its next offset ", queue.next().value()));
  }
  return absl::OkStatus();
}

absl::Status BrokerState::restore(std::span<const std::string> pieces) {
  PETREL_CHECK(topics_.empty() && groups_.empty() && clients_.all().empty())
      << "a state is restored that is not empty";
  PETREL_CHECK(capture_ == nullptr) << "a state is restored while it is captured";
  if (pieces.empty()) {
    return absl::OkStatus();
  }
  std::vector<state::v1::Snapshot> parsed(pieces.size());
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (!parsed[i].ParseFromString(pieces[i])) {
      return absl::DataLossError(concat("piece ", i, " of the snapshot's state does not parse"));
    }
  }
  if (parsed.size() == 1 && parsed[0].format() == 0) {
    auto today = translate_first_format(parsed[0]);
    if (!today.ok()) {
      return today.status();
    }
    parsed[0] = *std::move(today);
  }
  return StateRestore(*this).run(parsed);
}

}  // namespace petrel::core
