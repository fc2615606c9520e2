// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "operator/kubernetes/api_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <nlohmann/json.hpp>
#include <vector>

#include "common/concat.h"
#include "operator/kubernetes/errors.h"

namespace petrel::k8s {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json pod(const std::string& name) {
  return {{"metadata", {{"namespace", "ns"}, {"name", name}, {"resourceVersion", "7"}}}};
}

// Answers what the test wrote down, and keeps what was asked.
class ScriptedTransport final : public Transport {
 public:
  absl::StatusOr<Response> send(const Request& request) override {
    requests.push_back(request);
    if (answers.empty()) {
      return absl::InternalError("nothing is left in the script");
    }
    auto answer = std::move(answers.front());
    answers.pop_front();
    return answer;
  }

  absl::StatusOr<Response> stream(const Request& request,
                                  const std::function<bool(std::string_view)>& on_bytes,
                                  CancelToken&) override {
    requests.push_back(request);
    for (const std::string& part : parts) {
      if (!on_bytes(part)) {
        break;
      }
    }
    return stream_answer;
  }

  void answer(int code, const Json& body, int64_t retry_after_ms = -1) {
    answers.emplace_back(
        Response{.code = code, .retry_after_ms = retry_after_ms, .body = body.dump()});
  }

  std::deque<absl::StatusOr<Response>> answers;
  std::vector<std::string> parts;
  absl::StatusOr<Response> stream_answer = Response{.code = 200};
  std::vector<Request> requests;
};

Json failure(int code, const std::string& reason) {
  return {{"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", "refused"}};
}

class ApiClientTest : public ::testing::Test {
 protected:
  ApiClient::Options options() {
    return {.field_manager = "tester",
            .on_call =
                [this](const CallRecord& call) {
                  calls_.push_back(concat(call.verb, " ", call.type ? call.type->str() : "-", " ",
                                          call.code, " ", call.duration_us));
                },
            .wait =
                [this](int64_t wait_ms) {
                  waits_.push_back(wait_ms);
                  clock_.advance_ms(wait_ms);
                }};
  }
  const Request& last() const { return transport_.requests.back(); }

  std::vector<std::string> list_names(ApiClient::ListOptions list_options,
                                      absl::StatusOr<std::string>* version) {
    std::vector<std::string> names;
    if (!list_options.on_restart) {
      *version = client_.list(kPods, list_options,
                              [&](const Json& object) { names.push_back(key_of(object).name); });
      return names;
    }
    list_options.on_restart = [&names] { names.clear(); };
    *version = client_.list(kPods, list_options,
                            [&](const Json& object) { names.push_back(key_of(object).name); });
    return names;
  }

  ManualClock clock_;
  ScriptedTransport transport_;
  std::vector<std::string> calls_;
  std::vector<int64_t> waits_;
  ApiClient client_{transport_, clock_, options()};
};

TEST_F(ApiClientTest, GetAsksForTheObject) {
  transport_.answer(200, pod("a"));
  const auto object = client_.get(kPods, {"ns", "a"});
  ASSERT_TRUE(object.ok()) << object.status();
  EXPECT_EQ(key_of(*object).name, "a");
  EXPECT_EQ(last().method, "GET");
  EXPECT_EQ(last().path, "/api/v1/namespaces/ns/pods/a");
  EXPECT_THAT(calls_, ElementsAre("get pods 200 0"));
}

TEST_F(ApiClientTest, CreatePostsToTheCollection) {
  transport_.answer(201, pod("a"));
  ASSERT_TRUE(client_.create(kPods, pod("a")).ok());
  EXPECT_EQ(last().method, "POST");
  EXPECT_EQ(last().path, "/api/v1/namespaces/ns/pods?fieldManager=tester");
  EXPECT_EQ(last().content_type, "application/json");
  EXPECT_EQ(Json::parse(last().body), pod("a"));
  EXPECT_FALSE(last().idempotent);
}

TEST_F(ApiClientTest, ReplacePutsWithTheVersionInside) {
  transport_.answer(409, failure(409, "Conflict"));
  const auto result = client_.replace(kPods, pod("a"), "status");
  EXPECT_TRUE(absl::IsAborted(result.status()));
  EXPECT_THAT(result.status().message(), HasSubstr("update pods ns/a: refused"));
  EXPECT_EQ(http_code(result.status()), 409);
  EXPECT_EQ(last().method, "PUT");
  EXPECT_EQ(last().path, "/api/v1/namespaces/ns/pods/a/status?fieldManager=tester");
  EXPECT_EQ(resource_version_of(Json::parse(last().body)), "7");
}

TEST_F(ApiClientTest, ApplySaysWhoAndHow) {
  transport_.answer(200, pod("a"));
  ASSERT_TRUE(client_.apply(kPods, pod("a")).ok());
  EXPECT_EQ(last().method, "PATCH");
  EXPECT_EQ(last().path, "/api/v1/namespaces/ns/pods/a?fieldManager=tester&force=true");
  EXPECT_EQ(last().content_type, "application/apply-patch+yaml");
  EXPECT_TRUE(last().idempotent);

  transport_.answer(200, pod("a"));
  ASSERT_TRUE(
      client_
          .apply(kPods, pod("a"),
                 {.field_manager = "a b", .force = false, .subresource = "status", .dry_run = true})
          .ok());
  EXPECT_EQ(last().path,
            "/api/v1/namespaces/ns/pods/a/status?fieldManager=a%20b&force=false&dryRun=All");
}

TEST_F(ApiClientTest, PatchesHaveTheirContentTypes) {
  transport_.answer(200, pod("a"));
  ASSERT_TRUE(client_.merge_patch(kPods, {"ns", "a"}, {{"x", nullptr}}, "status").ok());
  EXPECT_EQ(last().path, "/api/v1/namespaces/ns/pods/a/status?fieldManager=tester");
  EXPECT_EQ(last().content_type, "application/merge-patch+json");
  EXPECT_EQ(last().body, R"({"x":null})");
  EXPECT_TRUE(last().idempotent);

  transport_.answer(200, pod("a"));
  const Json operations = Json::parse(R"([{"op":"remove","path":"/metadata/finalizers/0"}])");
  ASSERT_TRUE(client_.json_patch(kPods, {"ns", "a"}, operations).ok());
  EXPECT_EQ(last().content_type, "application/json-patch+json");
  EXPECT_EQ(Json::parse(last().body), operations);
  EXPECT_FALSE(last().idempotent);
}

TEST_F(ApiClientTest, RemoveSendsPreconditionsAndPropagation) {
  transport_.answer(200, {{"kind", "Status"}});
  ASSERT_TRUE(client_
                  .remove(kPods, {"ns", "a"},
                          {.uid = "u",
                           .resource_version = "7",
                           .propagation = Propagation::kForeground,
                           .grace_period_s = 0})
                  .ok());
  EXPECT_EQ(last().method, "DELETE");
  EXPECT_EQ(last().path, "/api/v1/namespaces/ns/pods/a");
  EXPECT_EQ(Json::parse(last().body), Json::parse(R"({
    "kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground",
    "preconditions": {"uid": "u", "resourceVersion": "7"}, "gracePeriodSeconds": 0})"));

  transport_.answer(404, failure(404, "NotFound"));
  EXPECT_TRUE(absl::IsNotFound(client_.remove(kPods, {"ns", "a"})));
  EXPECT_EQ(Json::parse(last().body)["propagationPolicy"], "Background");
}

TEST_F(ApiClientTest, BytesThatAreNotUtf8DoNotThrow) {
  transport_.answer(200, pod("a"));
  Json object = pod("a");
  object["data"] = "\xff";
  EXPECT_TRUE(client_.apply(kPods, object).ok());
}

TEST_F(ApiClientTest, AnAnswerThatIsNotJsonIsUnavailable) {
  transport_.answers.emplace_back(Response{.code = 200, .body = "<html>"});
  EXPECT_TRUE(absl::IsUnavailable(client_.get(kPods, {"ns", "a"}).status()));
}

// --- Repeating ---

TEST_F(ApiClientTest, TooManyRequestsWaitsAsTheServerSays) {
  transport_.answer(429, failure(429, "TooManyRequests"), 2000);
  transport_.answer(200, pod("a"));
  EXPECT_TRUE(client_.get(kPods, {"ns", "a"}).ok());
  EXPECT_THAT(waits_, ElementsAre(2000));
  EXPECT_THAT(calls_, ElementsAre("get pods 429 0", "get pods 200 0"));
}

TEST_F(ApiClientTest, TooManyRequestsIsRepeatedForACreate) {
  transport_.answer(429, failure(429, "TooManyRequests"), 1000);
  transport_.answer(201, pod("a"));
  EXPECT_TRUE(client_.create(kPods, pod("a")).ok());
}

TEST_F(ApiClientTest, RetryAfterInTheBodyCounts) {
  Json body = failure(503, "ServiceUnavailable");
  body["details"]["retryAfterSeconds"] = 3;
  transport_.answer(503, body);
  transport_.answer(200, pod("a"));
  EXPECT_TRUE(client_.get(kPods, {"ns", "a"}).ok());
  EXPECT_THAT(waits_, ElementsAre(3000));
}

TEST_F(ApiClientTest, AServerErrorIsNotRepeatedUnlessItAsksForIt) {
  transport_.answer(500, failure(500, "InternalError"));
  EXPECT_TRUE(absl::IsUnavailable(client_.get(kPods, {"ns", "a"}).status()));
  transport_.answer(429, failure(429, "TooManyRequests"));
  EXPECT_TRUE(absl::IsResourceExhausted(client_.get(kPods, {"ns", "a"}).status()));
  EXPECT_THAT(waits_, IsEmpty());
}

TEST_F(ApiClientTest, ACreateIsNotRepeatedWhenItMayHaveBeenDone) {
  transport_.answer(503, failure(503, "ServiceUnavailable"), 1000);
  const auto refused = client_.create(kPods, pod("a"));
  EXPECT_TRUE(absl::IsUnavailable(refused.status()));
  EXPECT_EQ(retry_after_ms(refused.status()), 1000);
  transport_.answers.emplace_back(absl::UnavailableError("broken"));
  EXPECT_TRUE(absl::IsUnavailable(client_.create(kPods, pod("a")).status()));
  transport_.answers.emplace_back(absl::UnavailableError("broken"));
  EXPECT_TRUE(absl::IsUnavailable(client_.json_patch(kPods, {"ns", "a"}, Json::array()).status()));
  EXPECT_THAT(waits_, IsEmpty());
  EXPECT_EQ(transport_.requests.size(), 3U);
}

TEST_F(ApiClientTest, ABrokenConnectionIsRepeatedWithGrowingWaits) {
  for (int i = 0; i < 3; ++i) {
    transport_.answers.emplace_back(absl::UnavailableError("broken"));
  }
  transport_.answer(200, pod("a"));
  EXPECT_TRUE(client_.apply(kPods, pod("a")).ok());
  EXPECT_THAT(waits_, ElementsAre(100, 200, 400));
}

TEST_F(ApiClientTest, RepeatingEndsAfterSomeAttempts) {
  for (int i = 0; i < 9; ++i) {
    transport_.answer(429, failure(429, "TooManyRequests"), 1000);
  }
  const auto result = client_.get(kPods, {"ns", "a"});
  EXPECT_TRUE(absl::IsResourceExhausted(result.status()));
  EXPECT_EQ(retry_after_ms(result.status()), 1000);
  EXPECT_EQ(transport_.requests.size(), 4U);
}

TEST_F(ApiClientTest, ALongWaitIsLeftToTheCaller) {
  transport_.answer(429, failure(429, "TooManyRequests"), 6000);
  transport_.answer(429, failure(429, "TooManyRequests"), 6000);
  const auto result = client_.get(kPods, {"ns", "a"});
  EXPECT_EQ(retry_after_ms(result.status()), 6000);
  EXPECT_THAT(waits_, ElementsAre(6000));  // a second one would be over ten seconds in all
}

TEST_F(ApiClientTest, ADeadlineIsNotRepeated) {
  transport_.answers.emplace_back(absl::DeadlineExceededError("slow"));
  EXPECT_TRUE(absl::IsDeadlineExceeded(client_.get(kPods, {"ns", "a"}).status()));
  EXPECT_EQ(transport_.requests.size(), 1U);
}

// --- Lists ---

Json page(const std::vector<std::string>& names, const std::string& continue_token,
          const std::string& version = "100") {
  Json items = Json::array();
  for (const std::string& name : names) {
    items.push_back(pod(name));
  }
  return {{"kind", "PodList"},
          {"metadata", {{"resourceVersion", version}, {"continue", continue_token}}},
          {"items", items}};
}

TEST_F(ApiClientTest, AListIsReadPageByPage) {
  transport_.answer(200, page({"a", "b"}, "t/1+"));
  transport_.answer(200, page({"c"}, ""));
  absl::StatusOr<std::string> version;
  const auto names =
      list_names({.resource_namespace = "ns", .label_selector = "a=b", .page = 2}, &version);
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
  EXPECT_EQ(version.value(), "100");
  EXPECT_EQ(transport_.requests[0].path, "/api/v1/namespaces/ns/pods?labelSelector=a%3Db&limit=2");
  EXPECT_EQ(transport_.requests[1].path,
            "/api/v1/namespaces/ns/pods?labelSelector=a%3Db&limit=2&continue=t%2F1%2B");
}

TEST_F(ApiClientTest, ItemsOfAListGetTheirKind) {
  transport_.answer(200, page({"a"}, ""));
  std::vector<Json> items;
  ASSERT_TRUE(client_.list(kLeases, {}, [&](Json item) { items.push_back(std::move(item)); }).ok());
  EXPECT_EQ(items[0]["apiVersion"], "coordination.k8s.io/v1");
  EXPECT_EQ(items[0]["kind"], "Lease");
}

TEST_F(ApiClientTest, MetadataOnlyIsAskedForByTheAcceptHeader) {
  transport_.answer(200, page({"a"}, ""));
  absl::StatusOr<std::string> version;
  list_names({.metadata_only = true}, &version);
  EXPECT_EQ(last().accept, "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
  CancelToken cancel;
  ApiClient::WatchOptions watch;
  watch.metadata_only = true;
  EXPECT_TRUE(client_
                  .watch(
                      kPods, watch, [](std::string_view, Json) {}, cancel)
                  .ok());
  EXPECT_EQ(last().accept, "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
}

TEST_F(ApiClientTest, AnExpiredContinueTokenBeginsTheListAgain) {
  transport_.answer(200, page({"a", "gone"}, "t"));
  transport_.answer(410, failure(410, "Expired"));
  transport_.answer(200, page({"a", "b"}, "t2", "200"));
  transport_.answer(200, page({"c"}, "", "200"));
  absl::StatusOr<std::string> version;
  const auto names = list_names({.on_restart = [] {}}, &version);
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
  EXPECT_EQ(version.value(), "200");
  EXPECT_EQ(transport_.requests[2].path, "/api/v1/pods?limit=500");
}

TEST_F(ApiClientTest, AnExpiredContinueTokenIsAnErrorForThoseWhoCannotBeginAgain) {
  transport_.answer(200, page({"a"}, "t"));
  transport_.answer(410, failure(410, "Expired"));
  absl::StatusOr<std::string> version;
  list_names({}, &version);
  EXPECT_TRUE(absl::IsOutOfRange(version.status()));
}

TEST_F(ApiClientTest, AListThatExpiresAgainAndAgainIsAnError) {
  for (int i = 0; i < 5; ++i) {
    transport_.answer(200, page({"a"}, "t"));
    transport_.answer(410, failure(410, "Expired"));
  }
  absl::StatusOr<std::string> version;
  list_names({.on_restart = [] {}}, &version);
  EXPECT_TRUE(absl::IsOutOfRange(version.status()));
  EXPECT_EQ(transport_.requests.size(), 8U);
}

TEST_F(ApiClientTest, AListWithoutItemsIsEmpty) {
  transport_.answer(200, {{"metadata", {{"resourceVersion", "1"}}}, {"items", nullptr}});
  absl::StatusOr<std::string> version;
  EXPECT_THAT(list_names({}, &version), IsEmpty());
  EXPECT_EQ(version.value(), "1");
  transport_.answer(200, {{"items", "x"}});
  list_names({}, &version);
  EXPECT_TRUE(absl::IsUnavailable(version.status()));
}

// --- Watches ---

std::string event(const std::string& type, const Json& object) {
  return Json{{"type", type}, {"object", object}}.dump() + "\n";
}

class WatchTest : public ApiClientTest {
 protected:
  absl::Status watch() {
    told_.clear();
    ApiClient::WatchOptions options;
    options.resource_version = "5";
    options.field_selector = "metadata.name=a";
    options.timeout_s = 77;
    return client_.watch(
        kPods, options,
        [this](std::string_view type, const Json& object) {
          told_.push_back(concat(type, " ", key_of(object).name));
          if (key_of(object).name == "stop") {
            cancel_.cancel();
          }
        },
        cancel_);
  }

  CancelToken cancel_;
  std::vector<std::string> told_;
};

TEST_F(WatchTest, EventsAreToldWhereverTheStreamIsCut) {
  const std::string text =
      event("ADDED", pod("a")) + event("BOOKMARK", pod("")) + event("DELETED", pod("b"));
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    transport_.parts = {text.substr(0, cut), text.substr(cut)};
    ASSERT_TRUE(watch().ok());
    ASSERT_THAT(told_, ElementsAre("ADDED a", "BOOKMARK ", "DELETED b"));
  }
  EXPECT_EQ(last().path,
            "/api/v1/pods?watch=true&allowWatchBookmarks=true&fieldSelector=metadata.name%3Da"
            "&resourceVersion=5&timeoutSeconds=77");
  EXPECT_GT(last().deadline_ms, 77'000);
  EXPECT_EQ(calls_.back(), "watch pods 200 0");
}

TEST_F(WatchTest, ObjectsMayBeLarge) {
  Json large = pod("a");
  large["data"] = std::string(3 << 20, 'x');
  transport_.parts = {event("MODIFIED", large)};
  EXPECT_TRUE(watch().ok());
  EXPECT_THAT(told_, ElementsAre("MODIFIED a"));
}

TEST_F(WatchTest, AnEndlessEventIsRefused) {
  transport_.parts = {std::string(9 << 20, 'x'), std::string(9 << 20, 'x')};
  EXPECT_TRUE(absl::IsResourceExhausted(watch()));
}

TEST_F(WatchTest, GoneComesAsAStatusOfHttp) {
  transport_.stream_answer = Response{.code = 410, .body = failure(410, "Expired").dump()};
  const absl::Status status = watch();
  EXPECT_TRUE(absl::IsOutOfRange(status));
  EXPECT_THAT(status.message(), HasSubstr("watch pods *: refused"));
}

TEST_F(WatchTest, GoneComesAsAnEvent) {
  transport_.parts = {event("ADDED", pod("a")) + event("ERROR", failure(410, "Expired")) +
                      event("ADDED", pod("b"))};
  EXPECT_TRUE(absl::IsOutOfRange(watch()));
  EXPECT_THAT(told_, ElementsAre("ADDED a"));
}

TEST_F(WatchTest, AStreamThatEndsWithinAnEventIsUnavailable) {
  transport_.parts = {event("ADDED", pod("a")) + "{\"type\":"};
  EXPECT_TRUE(absl::IsUnavailable(watch()));
  EXPECT_THAT(told_, ElementsAre("ADDED a"));
}

TEST_F(WatchTest, ABrokenStreamIsWhatTheTransportSays) {
  transport_.stream_answer = absl::UnavailableError("reset");
  EXPECT_TRUE(absl::IsUnavailable(watch()));
  EXPECT_EQ(calls_.back(), "watch pods 0 0");
}

TEST_F(WatchTest, EventsThatAreNoneAreUnavailable) {
  for (const char* line : {"no json\n", "[]\n", "3\n"}) {
    transport_.parts = {line};
    EXPECT_TRUE(absl::IsUnavailable(watch())) << line;
  }
}

TEST_F(WatchTest, CancellingWithinAnEventEndsTheWatch) {
  transport_.parts = {event("ADDED", pod("stop")), event("ADDED", pod("b"))};
  EXPECT_TRUE(absl::IsCancelled(watch()));
  EXPECT_THAT(told_, ElementsAre("ADDED stop"));
}

}  // namespace
}  // namespace petrel::k8s
