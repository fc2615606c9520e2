// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "broker/grpc/call.h"
#include "broker/grpc/dispatch.h"
#include "broker/grpc/front_end.h"
#include "broker/grpc/grpc_context.h"
#include "common/mutex.h"

// Calls of the gRPC library as calls of our seam. Each object lives from the arrival of its call
// until the library is done with it, and deletes itself. The library may run reactions inside the
// Start and Finish functions, so no lock is held while one is called. Of a call that is cancelled
// from outside it runs them on threads of its own.
namespace petrel::grpcfront {

template <typename CallT>
class UnaryReactor final : public grpc::ServerUnaryReactor, public CallT {
 public:
  // Dispatches the call; the result is for the library.
  static grpc::ServerUnaryReactor* start(FrontEnd& front, Rpc rpc, Handler<CallT> handler,
                                         grpc::CallbackServerContext* context,
                                         const typename CallT::Request* request,
                                         typename CallT::Response* response) {
    auto* reactor = new UnaryReactor(front, rpc, context, request, response);
    dispatch<CallT>(front, rpc, handler, *reactor);
    return reactor;
  }

  store::HostAddress peer() const override { return read_peer(*grpc_context_); }

  void finish() override {
    front_.metrics.finished(rpc_, this->response_->status().code(),
                            front_.clock.mono_us() - started_us_);
    Finish(grpc::Status::OK);
  }

 private:
  UnaryReactor(FrontEnd& front, Rpc rpc, grpc::CallbackServerContext* context,
               const typename CallT::Request* request, typename CallT::Response* response)
      : front_(front), rpc_(rpc), grpc_context_(context), started_us_(front.clock.mono_us()) {
    this->context_ = read_context(*context);
    this->request_ = request;
    this->response_ = response;
  }

  void OnDone() override { delete this; }
  // OnDone above neither blocks nor takes long: spare it a hop to another thread.
  bool InternalInlineable() override { return true; }

  FrontEnd& front_;
  const Rpc rpc_;
  grpc::CallbackServerContext* const grpc_context_;
  const int64_t started_us_;
};

template <typename CallT>
class StreamReactor final : public grpc::ServerWriteReactor<typename CallT::Response>,
                            public CallT {
 public:
  using Response = typename CallT::Response;

  static grpc::ServerWriteReactor<Response>* start(FrontEnd& front, Rpc rpc, Handler<CallT> handler,
                                                   grpc::CallbackServerContext* context,
                                                   const typename CallT::Request* request) {
    auto* reactor = new StreamReactor(front, context, request);
    dispatch<CallT>(front, rpc, handler, *reactor);
    return reactor;
  }

  store::HostAddress peer() const override { return read_peer(*grpc_context_); }

  void on_cancel(absl::AnyInvocable<void() &&> cancelled) override {
    const MutexLock lock(mutex_);
    on_cancel_ = std::move(cancelled);
  }

  void send(std::unique_ptr<StreamBody<Response>> body) override {
    body_ = std::move(body);
    bool gone = false;
    {
      const MutexLock lock(mutex_);
      on_cancel_ = nullptr;
      gone = cancelled_;
    }
    if (gone) {
      return this->Finish(grpc::Status::CANCELLED);
    }
    stalled_.start(front_.options.stalled_answer_ms,
                   [context = own_context_] { context->cancel(); });
    write_next();
  }

 private:
  // A client that takes a message at this rate is slow, and not one that does not read.
  static constexpr size_t kSlowestBytesPerMs = 16;

  // The library's context while the call lives.
  class OwnContext {
   public:
    explicit OwnContext(grpc::CallbackServerContext* context) : context_(context) {}
    void cancel() {
      const MutexLock lock(mutex_);
      if (context_ != nullptr) {
        context_->TryCancel();
      }
    }
    void forget() {
      const MutexLock lock(mutex_);
      context_ = nullptr;
    }

   private:
    Mutex mutex_;
    grpc::CallbackServerContext* context_ ABSL_GUARDED_BY(mutex_);
  };

  StreamReactor(FrontEnd& front, grpc::CallbackServerContext* context,
                const typename CallT::Request* request)
      : front_(front),
        grpc_context_(context),
        own_context_(std::make_shared<OwnContext>(context)),
        stalled_(front.answers_under_way) {
    this->context_ = read_context(*context);
    this->request_ = request;
  }

  void write_next() {
    // No buffer hint: the library completes a hinted write only when something else makes it send.
    const bool more = body_->next(message_);
    stalled_.restart(front_.options.stalled_answer_ms +
                     static_cast<int64_t>(message_.ByteSizeLong() / kSlowestBytesPerMs));
    if (more) {
      this->StartWrite(&message_);
    } else {
      all_given_ = true;
      this->StartWriteAndFinish(&message_, grpc::WriteOptions(), grpc::Status::OK);
    }
  }

  void OnWriteDone(bool ok) override {
    // The library reports the last write by OnDone alone, or here as well.
    if (all_given_) {
      return;
    }
    if (ok) {
      return write_next();
    }
    this->Finish(grpc::Status::CANCELLED);
  }

  void OnCancel() override {
    absl::AnyInvocable<void() &&> cancelled;
    {
      const MutexLock lock(mutex_);
      cancelled_ = true;
      cancelled = std::move(on_cancel_);
      on_cancel_ = nullptr;
    }
    if (cancelled) {
      std::move(cancelled)();
    }
  }

  void OnDone() override {
    own_context_->forget();
    bool complete = all_given_;
    {
      const MutexLock lock(mutex_);
      complete = complete && !cancelled_;
    }
    body_->closed(complete);
    delete this;
  }

  FrontEnd& front_;
  grpc::CallbackServerContext* const grpc_context_;
  const std::shared_ptr<OwnContext> own_context_;
  frontend::SilenceTimers::Timer stalled_;  // ends an answer that its client does not read
  std::unique_ptr<StreamBody<Response>> body_;
  Response message_;
  bool all_given_ = false;
  Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  absl::AnyInvocable<void() &&> on_cancel_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace petrel::grpcfront
