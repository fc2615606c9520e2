// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>

#include <memory>
#include <string>

#include "common/check.h"
#include "petrel/nameserver/v1/registration.pb.h"

namespace petrel {

// petrel.nameserver.v1.BrokerIdentity as a build of before `addresses` reads and writes it. For
// tests of a roll, in which such a build meets this one. One owner thread.
class OlderBrokerIdentity {
 public:
  OlderBrokerIdentity() {
    google::protobuf::FileDescriptorProto file;
    PETREL_CHECK(google::protobuf::TextFormat::ParseFromString(kFile, &file));
    const google::protobuf::FileDescriptor* built = pool_.BuildFile(file);
    PETREL_CHECK(built != nullptr);
    message_.reset(factory_.GetPrototype(built->message_type(0))->New());
  }

  // What the older build has in a text field after parsing what this one serialised.
  std::string read(const nameserver::v1::BrokerIdentity& identity, const std::string& field) {
    PETREL_CHECK(message_->ParseFromString(identity.SerializeAsString()));
    const auto* descriptor = message_->GetDescriptor()->FindFieldByName(field);
    PETREL_CHECK(descriptor != nullptr) << field;
    return message_->GetReflection()->GetString(*message_, descriptor);
  }

  // What this build has after parsing what the older one serialised, given as text format.
  nameserver::v1::BrokerIdentity write(const std::string& text) {
    PETREL_CHECK(google::protobuf::TextFormat::ParseFromString(text, message_.get())) << text;
    nameserver::v1::BrokerIdentity identity;
    PETREL_CHECK(identity.ParseFromString(message_->SerializeAsString()));
    return identity;
  }

 private:
  // Never to be changed.
  static constexpr char kFile[] = R"(
    name: "older.proto" package: "older" syntax: "proto3"
    message_type {
      name: "BrokerIdentity"
      field { name: "cluster" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
      field { name: "broker_name" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
      field { name: "broker_id" number: 3 type: TYPE_INT32 label: LABEL_OPTIONAL }
      field { name: "role_epoch" number: 4 type: TYPE_INT64 label: LABEL_OPTIONAL }
      field { name: "grpc_address" number: 5 type: TYPE_STRING label: LABEL_OPTIONAL }
      field { name: "incarnation" number: 6 type: TYPE_STRING label: LABEL_OPTIONAL }
      field { name: "version" number: 7 type: TYPE_STRING label: LABEL_OPTIONAL }
      field { name: "auto_create_topics" number: 8 type: TYPE_BOOL label: LABEL_OPTIONAL }
      field { name: "auto_create_queues" number: 9 type: TYPE_INT32 label: LABEL_OPTIONAL }
    })";

  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_{&pool_};
  std::unique_ptr<google::protobuf::Message> message_;  // of factory_, so it goes first
};

}  // namespace petrel
