// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/admin/admin_service.h"

#include <string>
#include <utility>

#include "broker/admin/admin_messages.h"
#include "broker/admin/message_query.h"
#include "petrel/admin/v1/admin.grpc.pb.h"
#include "proto/names.h"

namespace petrel::broker {
namespace {

namespace v1 = admin::v1;
using Context = grpc::CallbackServerContext;
using Unary = grpc::ServerUnaryReactor;

// A core request that answers an administration call: `fill` writes the response from its results.
template <typename RequestT, typename FillT>
class AdminRequest final : public RequestT {
 public:
  AdminRequest(Unary* reactor, FillT fill) : reactor_(reactor), fill_(std::move(fill)) {}
  void complete() override {
    if (this->outcome.ok()) fill_(*this);
    reactor_->Finish(to_status(this->outcome));
  }

 private:
  Unary* const reactor_;
  const FillT fill_;
};

// Answers a call whose request the core need not see.
Unary* refuse(Context* context, const absl::Status& why) {
  Unary* reactor = context->DefaultReactor();
  reactor->Finish(to_status(why));
  return reactor;
}

class AdminService final : public v1::BrokerAdmin::CallbackService {
 public:
  explicit AdminService(AdminParts parts) : parts_(std::move(parts)) {}

  Unary* DescribeBroker(Context* context, const v1::DescribeBrokerRequest*,
                        v1::DescribeBrokerResponse* response) override {
    describe(*response);
    Unary* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  Unary* ListTopics(Context* context, const v1::ListTopicsRequest* request,
                    v1::ListTopicsResponse* response) override {
    return ask<core::ListTopicsRequest>(
        context,
        [request](core::ListTopicsRequest& ask) {
          ask.include_system = request->include_system();
          ask.detail = read_detail(request->detail());
          ask.range = read_range(request->names(), request->after(), request->limit());
        },
        [response](const core::ListTopicsRequest& answer) {
          response->set_config_version(answer.config_version);
          response->set_more(answer.more);
          for (const auto& topic : answer.topics) {
            write_topic(topic, answer.detail, response->add_topics());
          }
        });
  }

  Unary* ApplyTopics(Context* context, const v1::ApplyTopicsRequest* request,
                     v1::ApplyTopicsResponse* response) override {
    for (const v1::TopicSpec& spec : request->topics()) {
      if (const absl::Status named = validate_topic_name(spec.name()); !named.ok()) {
        return refuse(context, named);
      }
    }
    return ask<core::ApplyTopicsRequest>(
        context,
        [request](core::ApplyTopicsRequest& ask) {
          for (const v1::TopicSpec& spec : request->topics()) {
            ask.topics.push_back(read_topic(spec));
          }
        },
        [response](const core::ApplyTopicsRequest& answer) {
          response->set_config_version(answer.config_version);
          response->mutable_changed()->Assign(answer.changed.begin(), answer.changed.end());
        });
  }

  Unary* DeleteTopics(Context* context, const v1::DeleteTopicsRequest* request,
                      v1::DeleteTopicsResponse* response) override {
    return ask<core::DeleteTopicsRequest>(
        context,
        [request](core::DeleteTopicsRequest& ask) {
          ask.only_empty = request->only_empty();
          ask.names.assign(request->names().begin(), request->names().end());
        },
        [response](const core::DeleteTopicsRequest& answer) {
          response->mutable_kept()->Assign(answer.kept.begin(), answer.kept.end());
          response->set_config_version(answer.config_version);
          response->mutable_deleted()->Assign(answer.deleted.begin(), answer.deleted.end());
        });
  }

  Unary* ListGroups(Context* context, const v1::ListGroupsRequest* request,
                    v1::ListGroupsResponse* response) override {
    return ask<core::ListGroupsRequest>(
        context,
        [request](core::ListGroupsRequest& ask) {
          ask.detail = read_detail(request->detail());
          ask.range = read_range(request->names(), request->after(), request->limit());
        },
        [this, response](const core::ListGroupsRequest& answer) {
          response->set_config_version(answer.config_version);
          response->set_more(answer.more);
          for (const auto& group : answer.groups) {
            write_group(group, answer.detail, parts_.clients_of_group(group.config.name),
                        response->add_groups());
          }
        });
  }

  Unary* ApplyGroups(Context* context, const v1::ApplyGroupsRequest* request,
                     v1::ApplyGroupsResponse* response) override {
    for (const v1::GroupSpec& spec : request->groups()) {
      if (const absl::Status named = validate_group_name(spec.name()); !named.ok()) {
        return refuse(context, named);
      }
    }
    return ask<core::ApplyGroupsRequest>(
        context,
        [request](core::ApplyGroupsRequest& ask) {
          for (const v1::GroupSpec& spec : request->groups()) {
            ask.groups.push_back(read_group(spec));
          }
        },
        [response](const core::ApplyGroupsRequest& answer) {
          response->set_config_version(answer.config_version);
          response->mutable_changed()->Assign(answer.changed.begin(), answer.changed.end());
        });
  }

  Unary* DeleteGroups(Context* context, const v1::DeleteGroupsRequest* request,
                      v1::DeleteGroupsResponse* response) override {
    return ask<core::DeleteGroupsRequest>(
        context,
        [request](core::DeleteGroupsRequest& ask) {
          ask.names.assign(request->names().begin(), request->names().end());
        },
        [response](const core::DeleteGroupsRequest& answer) {
          response->set_config_version(answer.config_version);
          response->mutable_deleted()->Assign(answer.deleted.begin(), answer.deleted.end());
        });
  }

  Unary* QueryMessages(Context* context, const v1::QueryMessagesRequest* request,
                       v1::QueryMessagesResponse* response) override {
    return read(context, [request, response](store::MessageStore& store) {
      return query_messages(store.indexer(), *request, response);
    });
  }

  Unary* GetMessage(Context* context, const v1::GetMessageRequest* request,
                    v1::GetMessageResponse* response) override {
    return read(context, [request, response](store::MessageStore& store) {
      return get_message(store.log(), *request, response);
    });
  }

  Unary* RestartEngine(Context* context, const v1::RestartEngineRequest* request,
                       v1::RestartEngineResponse* response) override {
    using engine::Engine;
    Unary* reactor = context->DefaultReactor();
    parts_.restart_engine(request->drop() ? Engine::How::kDrop : Engine::How::kClose,
                          [reactor, response](const absl::StatusOr<int64_t>& duration_ms) {
                            if (duration_ms.ok()) response->set_duration_ms(*duration_ms);
                            reactor->Finish(to_status(duration_ms.status()));
                          });
    return reactor;
  }

  grpc::ServerWriteReactor<v1::ConfigChanged>* WatchConfig(Context*,
                                                           const v1::WatchConfigRequest*) override {
    return parts_.watchers.watch();
  }

 private:
  template <typename RequestT, typename PrepareT, typename FillT>
  Unary* ask(Context* context, PrepareT prepare, FillT fill) {
    Unary* reactor = context->DefaultReactor();
    auto request = std::make_unique<AdminRequest<RequestT, FillT>>(reactor, std::move(fill));
    prepare(*request);
    std::unique_ptr<core::Request> posted = std::move(request);
    if (!parts_.engine.try_post(posted)) {
      posted->outcome = {core::OutcomeCode::kOverloaded,
                         "the broker has too many requests waiting"};
      posted->complete();
    }
    return reactor;
  }

  // Answers a call from a reader thread; `answer` gives its status from what the store has.
  template <typename AnswerT>
  Unary* read(Context* context, AnswerT answer) {
    Unary* reactor = context->DefaultReactor();
    parts_.engine.post([this, reactor, answer = std::move(answer)] {
      const auto engine = parts_.engine.lease();
      reactor->Finish(engine ? answer(engine->store()) : to_status(engine::not_serving()));
    });
    return reactor;
  }

  void describe(v1::DescribeBrokerResponse& response) const {
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
    response.set_client_count(parts_.client_count());
    if (const auto engine = parts_.engine.lease()) describe_store(engine->store(), response);
  }

  static void describe_store(const store::MessageStore& store,
                             v1::DescribeBrokerResponse& response) {
    const store::LogProgress progress = store.log().progress();
    response.set_log_begin(store.log().begin().value());
    response.set_log_written(progress.written.value());
    response.set_log_synced(progress.synced.value());
    if (const auto space = store.disk_space(); space.ok()) {
      response.set_disk_free_bytes(static_cast<int64_t>(space->available_bytes));
    }
  }

  const AdminParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_admin_service(AdminParts parts) {
  return std::make_unique<AdminService>(std::move(parts));
}

}  // namespace petrel::broker
