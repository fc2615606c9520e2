// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/admin/admin_needs.h"

#include <string>

namespace petrel::broker {
namespace {

namespace v1 = admin::v1;
using frontend::Action;
using frontend::ResourceKind;
using Names = google::protobuf::RepeatedPtrField<std::string>;

Needs of_broker(Action action) { return {{action, ResourceKind::kBroker, ""}}; }

// Each of those named, or the kind as a whole where none is.
Needs of_names(Action action, ResourceKind kind, const Names& names) {
  Needs needs;
  for (const std::string& name : names) {
    needs.push_back({action, kind, name});
  }
  if (needs.empty()) {
    needs.push_back({action, kind, ""});
  }
  return needs;
}

template <typename SpecsT>
Needs of_specs(Action action, ResourceKind kind, const SpecsT& specs) {
  Names names;
  for (const auto& spec : specs) {
    *names.Add() = spec.name();
  }
  return of_names(action, kind, names);
}

template <typename RequestT>
Needs of_list(ResourceKind kind, const RequestT& request) {
  return of_names(request.names().empty() ? Action::kList : Action::kGet, kind, request.names());
}

}  // namespace

Needs needs_of(const v1::DescribeBrokerRequest& /*request*/) { return of_broker(Action::kGet); }
Needs needs_of(const v1::ListTopicsRequest& request) {
  return of_list(ResourceKind::kTopic, request);
}
Needs needs_of(const v1::ApplyTopicsRequest& request) {
  return of_specs(Action::kCreate, ResourceKind::kTopic, request.topics());
}
Needs needs_of(const v1::DeleteTopicsRequest& request) {
  return of_names(Action::kDelete, ResourceKind::kTopic, request.names());
}
Needs needs_of(const v1::ListGroupsRequest& request) {
  Names groups = request.names();
  Names topics;
  for (const auto& interest : request.interests()) {
    *groups.Add() = interest.group();
    topics.MergeFrom(interest.topics());
  }
  Needs needs =
      of_names(groups.empty() ? Action::kList : Action::kGet, ResourceKind::kGroup, groups);
  for (const std::string& topic : topics) {
    needs.push_back({Action::kGet, ResourceKind::kTopic, topic});
  }
  return needs;
}
Needs needs_of(const v1::ApplyGroupsRequest& request) {
  return of_specs(Action::kCreate, ResourceKind::kGroup, request.groups());
}
Needs needs_of(const v1::DeleteGroupsRequest& request) {
  return of_names(Action::kDelete, ResourceKind::kGroup, request.names());
}
// Of one group, whoever may see the group; of all, whoever may see the broker.
Needs needs_of(const v1::ListClientsRequest& request) {
  return request.group().empty() ? of_broker(Action::kGet)
                                 : Needs{{Action::kGet, ResourceKind::kGroup, request.group()}};
}
Needs needs_of(const v1::QueryMessagesRequest& request) {
  return {{Action::kGet, ResourceKind::kTopic, request.topic()}};
}
Needs needs_of(const v1::BrowseMessagesRequest& request) {
  return {{Action::kGet, ResourceKind::kTopic, request.topic()}};
}
// Which topic the message is of shows only when it has been read.
Needs needs_of(const v1::GetMessageRequest& /*request*/) { return of_broker(Action::kGet); }
Needs needs_of(const v1::WatchConfigRequest& /*request*/) { return of_broker(Action::kGet); }
Needs needs_of(const v1::RestartEngineRequest& /*request*/) { return of_broker(Action::kUpdate); }

}  // namespace petrel::broker
