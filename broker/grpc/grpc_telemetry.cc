// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "broker/grpc/grpc_telemetry.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "broker/grpc/dispatch.h"
#include "broker/grpc/grpc_context.h"
#include "broker/grpc/handlers/handlers.h"
#include "common/mutex.h"

namespace petrel::grpcfront {
namespace {

using Reactor = grpc::ServerBidiReactor<rmq::TelemetryCommand, rmq::TelemetryCommand>;

grpc::Status to_status(TelemetryWriter::End end, const std::string& text) {
  switch (end) {
    case TelemetryWriter::End::kOk:
      return grpc::Status::OK;
    case TelemetryWriter::End::kInvalidArgument:
      return {grpc::StatusCode::INVALID_ARGUMENT, text};
    case TelemetryWriter::End::kPermissionDenied:
      return {grpc::StatusCode::PERMISSION_DENIED, text};
    case TelemetryWriter::End::kResourceExhausted:
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, text};
  }
  return grpc::Status::OK;
}

// The commands that wait to be written, one at a time. Whoever turns `writing_` on starts a write,
// and the stream is finished only while it is off: so the reactor lives whenever it is called.
class Writer final : public TelemetryWriter {
 public:
  explicit Writer(Reactor& reactor) : reactor_(reactor) {}

  void write(const rmq::TelemetryCommand& command) override {
    {
      const MutexLock lock(mutex_);
      if (ending_) {
        return;
      }
      if (waiting_.size() >= kTelemetryQueueMax) {
        end_with(End::kResourceExhausted, "the client does not read its telemetry stream");
        return;
      }
      waiting_.push_back(command);
      if (writing_) {
        return;
      }
      writing_ = true;
    }
    start_write();
  }

  void finish(End how, std::string_view text) override {
    {
      const MutexLock lock(mutex_);
      if (ending_) {
        return;
      }
      end_with(how, text);
      if (writing_) {
        return;
      }
    }
    reactor_.Finish(status_);
  }

  void on_write_done(bool ok) {
    bool more = false;
    {
      const MutexLock lock(mutex_);
      waiting_.pop_front();
      if (!ok) {
        waiting_.clear();
        if (!ending_) {
          end_with(End::kOk, "");
        }
      }
      more = !waiting_.empty();
      writing_ = more;
      if (!more && !ending_) {
        return;
      }
    }
    if (more) {
      return start_write();
    }
    reactor_.Finish(status_);
  }

 private:
  void end_with(End how, std::string_view text) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ending_ = true;
    status_ = to_status(how, std::string(text));
  }

  void start_write() {
    const rmq::TelemetryCommand* next = nullptr;
    {
      const MutexLock lock(mutex_);
      next = &waiting_.front();
    }
    reactor_.StartWrite(next);
  }

  Reactor& reactor_;
  grpc::Status status_;  // written before ending_ is seen, read by who finishes
  Mutex mutex_;
  std::deque<rmq::TelemetryCommand> waiting_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
};

class TelemetryReactor final : public Reactor {
 public:
  TelemetryReactor(FrontEnd& front, grpc::CallbackServerContext* context)
      : front_(front), context_(read_context(*context)), writer_(std::make_shared<Writer>(*this)) {
    if (const Verdict verdict = may_do(front_, context_, needs_to_connect()); !verdict.ok()) {
      refuse(verdict);
      return;
    }
    session_ = open_telemetry(front_, context_, read_peer(*context), writer_);
    if (session_ != nullptr) {
      StartRead(&command_);
    }
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) {
      return session_->on_half_close();
    }
    const Verdict verdict = may_do(front_, context_, needs_of(context_, command_));
    if (!verdict.ok()) {
      return refuse(verdict);
    }
    if (session_->on_command(command_)) {
      StartRead(&command_);
    }
  }
  void OnWriteDone(bool ok) override { writer_->on_write_done(ok); }
  void OnDone() override {
    if (session_ != nullptr) {
      session_->on_closed();
    }
    delete this;
  }

  // Java clients take the stream's error, others the status.
  void refuse(const Verdict& verdict) {
    rmq::TelemetryCommand reply;
    set_status(verdict, reply.mutable_status());
    writer_->write(reply);
    writer_->finish(TelemetryWriter::End::kPermissionDenied, verdict.text);
  }

  FrontEnd& front_;
  const CallContext context_;  // its views live as long as the call
  const std::shared_ptr<Writer> writer_;
  std::unique_ptr<TelemetrySession>
      session_;  // null: the client may not connect, or it was refused
  rmq::TelemetryCommand command_;
};

}  // namespace

grpc::ServerBidiReactor<rmq::TelemetryCommand, rmq::TelemetryCommand>* start_telemetry(
    FrontEnd& front, grpc::CallbackServerContext* context) {
  return new TelemetryReactor(front, context);
}

}  // namespace petrel::grpcfront
