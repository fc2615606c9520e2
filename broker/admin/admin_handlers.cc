// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/admin/admin_handlers.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "broker/admin/admin_messages.h"
#include "broker/admin/audit.h"
#include "broker/admin/message_browse.h"
#include "broker/admin/message_query.h"
#include "broker/frontend/post.h"
#include "proto/names.h"

namespace petrel::broker {
namespace {

namespace v1 = admin::v1;
using Unary = grpc::ServerUnaryReactor;

constexpr int32_t kClientsPerPageMax = 1'000;

// A core request that answers an administration call: `fill` writes the response from its results.
template <typename RequestT, typename FillT>
class AdminRequest final : public RequestT {
 public:
  AdminRequest(Unary* reactor, FillT fill) : reactor_(reactor), fill_(std::move(fill)) {}
  void complete() override {
    if (this->outcome.ok()) {
      fill_(*this);
    }
    reactor_->Finish(to_status(this->outcome));
  }

 private:
  Unary* const reactor_;
  const FillT fill_;
};

// Whom the log names for what a call changes.
std::string who(const AdminCall& call) {
  return call.principal.name.empty() ? call.peer : call.principal.name;
}

void describe_store(const store::MessageStore& store, v1::DescribeBrokerResponse& response) {
  const store::LogProgress progress = store.log().progress();
  response.set_store_id(store.store_id());
  response.set_log_begin(store.log().begin().value());
  response.set_log_written(progress.written.value());
  response.set_log_synced(progress.synced.value());
  if (const auto space = store.disk_space(); space.ok()) {
    response.set_disk_free_bytes(static_cast<int64_t>(space->available_bytes));
  }
}

}  // namespace

// Puts a question to the core in the caller's name.
template <typename RequestT, typename PrepareT, typename FillT>
void AdminHandlers::ask(const AdminCall& call, PrepareT prepare, FillT fill) {
  auto request = std::make_unique<AdminRequest<RequestT, FillT>>(call.reactor, std::move(fill));
  request->principal = call.principal;
  prepare(*request);
  frontend::post(parts_.engine, std::move(request));
}

// Answers a call from administration's reader thread, so that no query holds up consumers; `answer`
// gives its status from what the engine has.
template <typename AnswerT>
void AdminHandlers::read(const AdminCall& call, AnswerT answer) {
  parts_.readers.post([this, reactor = call.reactor, answer = std::move(answer)] {
    const auto engine = parts_.engine.lease();
    reactor->Finish(engine ? answer(*engine) : to_status(engine::not_serving()));
  });
}

void AdminHandlers::describe_broker(const AdminCall& call,
                                    const v1::DescribeBrokerRequest& /*request*/,
                                    v1::DescribeBrokerResponse& response) {
  const BrokerDescription& description = parts_.description;
  response.set_cluster(description.cluster);
  response.set_broker_name(description.broker_name);
  response.set_broker_id(description.broker_id);
  response.set_version(description.version);
  response.set_grpc_address(description.grpc_address);
  response.set_started_ms(description.started_ms);
  response.set_flush_mode(description.flush_mode);
  response.set_log_retention_ms(description.log_retention_ms);
  response.set_config_version(parts_.registry.config_version());
  response.set_topic_count(static_cast<int32_t>(parts_.registry.topic_count()));
  response.set_group_count(static_cast<int32_t>(parts_.registry.group_count()));
  response.set_client_count(static_cast<int32_t>(parts_.clients.size()));
  *response.mutable_signs() = parts_.watchers.signs();
  if (const auto engine = parts_.engine.lease()) {
    describe_store(engine->store(), response);
  }
  call.reactor->Finish(grpc::Status::OK);
}

void AdminHandlers::list_topics(const AdminCall& call, const v1::ListTopicsRequest& request,
                                v1::ListTopicsResponse& response) {
  ask<core::ListTopicsRequest>(
      call,
      [&request](core::ListTopicsRequest& ask) {
        ask.include_system = request.include_system();
        ask.detail = read_detail(request.detail());
        ask.range = read_range(request.names(), request.after(), request.limit());
      },
      [&response](const core::ListTopicsRequest& answer) {
        response.set_config_version(answer.config_version);
        response.set_more(answer.more);
        for (const auto& topic : answer.topics) {
          write_topic(topic, answer.detail, response.add_topics());
        }
      });
}

void AdminHandlers::apply_topics(const AdminCall& call, const v1::ApplyTopicsRequest& request,
                                 v1::ApplyTopicsResponse& response) {
  for (const v1::TopicSpec& spec : request.topics()) {
    if (const absl::Status named = validate_topic_name(spec.name()); !named.ok()) {
      return call.reactor->Finish(to_status(named));
    }
  }
  Audit audit(who(call));
  for (const v1::TopicSpec& spec : request.topics()) {
    audit.before_topic(parts_.registry, spec.name());
  }
  ask<core::ApplyTopicsRequest>(
      call,
      [&request](core::ApplyTopicsRequest& ask) {
        for (const v1::TopicSpec& spec : request.topics()) {
          ask.topics.push_back(read_topic(spec));
        }
      },
      [&response, audit](const core::ApplyTopicsRequest& answer) {
        const std::set<std::string_view> changed(answer.changed.begin(), answer.changed.end());
        for (const core::TopicConfig& topic : answer.topics) {
          if (changed.contains(topic.name)) {
            audit.topic_applied(topic);
          }
        }
        response.set_config_version(answer.config_version);
        response.mutable_changed()->Assign(answer.changed.begin(), answer.changed.end());
      });
}

void AdminHandlers::delete_topics(const AdminCall& call, const v1::DeleteTopicsRequest& request,
                                  v1::DeleteTopicsResponse& response) {
  Audit audit(who(call));
  for (const std::string& name : request.names()) {
    audit.before_topic(parts_.registry, name);
  }
  ask<core::DeleteTopicsRequest>(
      call,
      [&request](core::DeleteTopicsRequest& ask) {
        ask.only_empty = request.only_empty();
        ask.names.assign(request.names().begin(), request.names().end());
      },
      [&response, audit](const core::DeleteTopicsRequest& answer) {
        for (const std::string& name : answer.deleted) {
          audit.topic_deleted(name);
        }
        response.mutable_kept()->Assign(answer.kept.begin(), answer.kept.end());
        response.set_config_version(answer.config_version);
        response.mutable_deleted()->Assign(answer.deleted.begin(), answer.deleted.end());
      });
}

void AdminHandlers::list_groups(const AdminCall& call, const v1::ListGroupsRequest& request,
                                v1::ListGroupsResponse& response) {
  ask<core::ListGroupsRequest>(
      call,
      [&request](core::ListGroupsRequest& ask) {
        ask.detail = read_detail(request.detail());
        ask.range = read_range(request.names(), request.after(), request.limit());
        for (const auto& interest : request.interests()) {
          ask.range.names.push_back(interest.group());
          ask.interests[interest.group()] = {interest.topics().begin(), interest.topics().end()};
        }
      },
      [this, &response](const core::ListGroupsRequest& answer) {
        response.set_config_version(answer.config_version);
        response.set_more(answer.more);
        for (const auto& group : answer.groups) {
          write_group(group, answer.detail, parts_.clients.clients_of_group(group.config.name),
                      response.add_groups());
        }
      });
}

void AdminHandlers::apply_groups(const AdminCall& call, const v1::ApplyGroupsRequest& request,
                                 v1::ApplyGroupsResponse& response) {
  for (const v1::GroupSpec& spec : request.groups()) {
    if (const absl::Status named = validate_group_name(spec.name()); !named.ok()) {
      return call.reactor->Finish(to_status(named));
    }
  }
  Audit audit(who(call));
  for (const v1::GroupSpec& spec : request.groups()) {
    audit.before_group(parts_.registry, spec.name());
  }
  ask<core::ApplyGroupsRequest>(
      call,
      [&request](core::ApplyGroupsRequest& ask) {
        for (const v1::GroupSpec& spec : request.groups()) {
          ask.groups.push_back(read_group(spec));
        }
      },
      [&response, audit](const core::ApplyGroupsRequest& answer) {
        const std::set<std::string_view> changed(answer.changed.begin(), answer.changed.end());
        for (const core::GroupConfig& group : answer.groups) {
          if (changed.contains(group.name)) {
            audit.group_applied(group);
          }
        }
        response.set_config_version(answer.config_version);
        response.mutable_changed()->Assign(answer.changed.begin(), answer.changed.end());
      });
}

void AdminHandlers::delete_groups(const AdminCall& call, const v1::DeleteGroupsRequest& request,
                                  v1::DeleteGroupsResponse& response) {
  Audit audit(who(call));
  for (const std::string& name : request.names()) {
    audit.before_group(parts_.registry, name);
  }
  ask<core::DeleteGroupsRequest>(
      call,
      [&request](core::DeleteGroupsRequest& ask) {
        ask.names.assign(request.names().begin(), request.names().end());
      },
      [&response, audit](const core::DeleteGroupsRequest& answer) {
        for (const std::string& name : answer.deleted) {
          audit.group_deleted(name);
        }
        response.set_config_version(answer.config_version);
        response.mutable_deleted()->Assign(answer.deleted.begin(), answer.deleted.end());
      });
}

void AdminHandlers::list_clients(const AdminCall& call, const v1::ListClientsRequest& request,
                                 v1::ListClientsResponse& response) {
  const bool limited = request.limit() > 0 && request.limit() < kClientsPerPageMax;
  const auto limit = static_cast<size_t>(limited ? request.limit() : kClientsPerPageMax);
  auto found = parts_.clients.list(request.group(), request.after(), limit + 1);
  response.set_more(found.size() > limit);
  found.resize(std::min(found.size(), limit));
  for (const auto& connected : found) {
    write_client(connected, response.add_clients());
  }
  call.reactor->Finish(grpc::Status::OK);
}

void AdminHandlers::query_messages(const AdminCall& call, const v1::QueryMessagesRequest& request,
                                   v1::QueryMessagesResponse& response) {
  read(call, [&request, &response](engine::Engine& engine) {
    return broker::query_messages(engine.store().indexer(), request, &response);
  });
}

void AdminHandlers::get_message(const AdminCall& call, const v1::GetMessageRequest& request,
                                v1::GetMessageResponse& response) {
  read(call, [&request, &response](engine::Engine& engine) {
    return broker::get_message(engine.store().log(), request, &response);
  });
}

void AdminHandlers::browse_messages(const AdminCall& call, const v1::BrowseMessagesRequest& request,
                                    v1::BrowseMessagesResponse& response) {
  read(call, [&request, &response](engine::Engine& engine) {
    const store::LogOffset committed(engine.core_stats().committed_offset);
    return broker::browse_messages(engine.store().log(), committed, request, &response);
  });
}

void AdminHandlers::restart_engine(const AdminCall& call, const v1::RestartEngineRequest& request,
                                   v1::RestartEngineResponse& response) {
  using engine::Engine;
  Audit(who(call)).engine_restart(request.drop() ? "drop" : "close");
  parts_.restart_engine(
      request.drop() ? Engine::How::kDrop : Engine::How::kClose,
      [reactor = call.reactor, &response](const absl::StatusOr<int64_t>& duration_ms) {
        if (duration_ms.ok()) {
          response.set_duration_ms(*duration_ms);
        }
        reactor->Finish(to_status(duration_ms.status()));
      });
}

}  // namespace petrel::broker
