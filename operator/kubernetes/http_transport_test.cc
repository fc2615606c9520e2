// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <fstream>
#include <future>
#include <nlohmann/json.hpp>

#include "common/concat.h"
#include "common/temp_directory.h"
#include "operator/kubernetes/api_client.h"
#include "operator/kubernetes/credentials.h"
#include "operator/kubernetes/testing/raw_server.h"
#include "operator/kubernetes/transport.h"

namespace petrel::k8s {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::http_answer;
using ::testing::Not;
using testing::RawServer;
using Peer = RawServer::Peer;

class HttpTransportTest : public ::testing::Test {
 protected:
  // Answers every request on every connection in the same way.
  static RawServer::Handler always(const std::string& answer) {
    return [answer](Peer& peer, int) {
      while (!peer.read_request().empty()) {
        peer.write(answer);
      }
    };
  }

  std::unique_ptr<Transport> transport_to(const RawServer& server, ClientConfig config = {},
                                          HttpTransportOptions options = {}) {
    config.server = server.url();
    auto transport = make_http_transport(config, options, clock_);
    EXPECT_TRUE(transport.ok()) << transport.status();
    return *std::move(transport);
  }

  static Request get(const std::string& path) { return {.method = "GET", .path = path}; }
  static Request post(const std::string& body) {
    return {.method = "POST",
            .path = "/p",
            .content_type = "application/json",
            .body = body,
            .idempotent = false};
  }

  ManualClock clock_;
};

TEST_F(HttpTransportTest, AnAnswerHasCodeBodyAndRetryAfter) {
  const RawServer server(always(http_answer(429, "slow down", "Retry-After: 7\r\n")));
  const auto response = transport_to(server)->send(get("/x"));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->code, 429);
  EXPECT_EQ(response->body, "slow down");
  EXPECT_EQ(response->retry_after_ms, 7000);
}

TEST_F(HttpTransportTest, TheRequestIsWhatWasAskedFor) {
  std::promise<std::string> received;
  const RawServer server([&](Peer& peer, int) {
    received.set_value(peer.read_request());
    peer.write(http_answer(200, "{}"));
  });
  ClientConfig config;
  config.token.text = "secret";
  config.impersonation = {
      .user = "jane", .uid = "7", .groups = {"a", "b"}, .extra = {{"Sc/ope", {"view"}}}};
  auto transport = transport_to(server, config, {.user_agent = "tester/1"});
  ASSERT_TRUE(transport->send(post("{\"a\":1}")).ok());
  const std::string text = received.get_future().get();
  EXPECT_THAT(text, ::testing::StartsWith("POST /p HTTP/1.1\r\n"));
  for (const std::string line :
       {"Authorization: Bearer secret", "User-Agent: tester/1", "Accept: application/json",
        "Content-Type: application/json", "Impersonate-User: jane", "Impersonate-Uid: 7",
        "Impersonate-Group: a", "Impersonate-Group: b", "Impersonate-Extra-Sc%2Fope: view"}) {
    EXPECT_THAT(text, HasSubstr(concat("\r\n", line, "\r\n")));
  }
  EXPECT_THAT(text, HasSubstr(concat("Host: 127.0.0.1:", server.port())));
  EXPECT_THAT(text, ::testing::EndsWith("\r\n\r\n{\"a\":1}"));
}

TEST_F(HttpTransportTest, APathOfTheServerComesFirst) {
  std::promise<std::string> received;
  const RawServer server([&](Peer& peer, int) {
    received.set_value(peer.read_request());
    peer.write(http_answer(200, "{}"));
  });
  ClientConfig config;
  config.server = concat(server.url(), "/clusters/one/");
  auto transport = make_http_transport(config, {}, clock_);
  ASSERT_TRUE((*transport)->send(get("/api?a=b%20c")).ok());
  EXPECT_THAT(received.get_future().get(),
              ::testing::StartsWith("GET /clusters/one/api?a=b%20c HTTP/1.1\r\n"));
}

TEST_F(HttpTransportTest, ObjectsOfMegabytesPassBothWays) {
  const std::string large(3 << 20, 'x');
  std::promise<std::string> received;
  const RawServer server([&](Peer& peer, int) {
    received.set_value(peer.read_request());
    peer.write(http_answer(200, large));
  });
  const auto response = transport_to(server)->send(post(large));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, large);
  EXPECT_TRUE(received.get_future().get().ends_with(large));
}

TEST_F(HttpTransportTest, RedirectsAreNotFollowed) {
  const RawServer server(always(http_answer(302, "", "Location: /other\r\n")));
  EXPECT_EQ(transport_to(server)->send(get("/x"))->code, 302);
}

// --- Kept connections ---

TEST_F(HttpTransportTest, AConnectionServesOneCallAfterAnother) {
  const RawServer server(always(http_answer(200, "{}")));
  auto transport = transport_to(server);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(transport->send(get("/x"))->code, 200);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpTransportTest, AnOldConnectionIsNotUsed) {
  const RawServer server(always(http_answer(200, "{}")));
  auto transport = transport_to(server, {}, {.idle_ms_max = 30'000});
  EXPECT_EQ(transport->send(get("/x"))->code, 200);
  clock_.advance_ms(30'001);
  EXPECT_EQ(transport->send(get("/x"))->code, 200);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(HttpTransportTest, AConnectionThatTheServerClosesIsReplaced) {
  const RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write(http_answer(200, "{}", "Connection: close\r\n"));
  });
  auto transport = transport_to(server);
  EXPECT_EQ(transport->send(get("/x"))->code, 200);
  EXPECT_EQ(transport->send(post("{}"))->code, 200);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(HttpTransportTest, AnIdempotentRequestIsSentAgainWhenAKeptConnectionDies) {
  const RawServer server([](Peer& peer, int number) {
    peer.read_request();
    peer.write(http_answer(200, std::to_string(number)));
    peer.read_request();  // and no answer
  });
  auto transport = transport_to(server);
  EXPECT_EQ(transport->send(get("/x"))->body, "0");
  EXPECT_EQ(transport->send(get("/x"))->body, "1");
}

TEST_F(HttpTransportTest, ARequestThatIsNotIdempotentIsSentOnce) {
  std::atomic<int> requests{0};
  const RawServer server([&](Peer& peer, int) {
    requests += peer.read_request().empty() ? 0 : 1;
    peer.write(http_answer(200, "{}"));
    requests += peer.read_request().empty() ? 0 : 1;
  });
  auto transport = transport_to(server);
  EXPECT_EQ(transport->send(get("/x"))->code, 200);
  EXPECT_TRUE(absl::IsUnavailable(transport->send(post("{}")).status()));
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(server.connections(), 1);
}

// --- Bad servers ---

TEST_F(HttpTransportTest, NobodyThereIsUnavailable) {
  std::unique_ptr<Transport> transport;
  {
    const RawServer server(always(""));
    transport = transport_to(server);
  }
  EXPECT_TRUE(absl::IsUnavailable(transport->send(get("/x")).status()));
}

TEST_F(HttpTransportTest, BytesThatAreNotHttpAreUnavailable) {
  const RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write("hello\r\n\r\n");
  });
  EXPECT_TRUE(absl::IsUnavailable(transport_to(server)->send(get("/x")).status()));
}

TEST_F(HttpTransportTest, AnAnswerCutAnywhereIsUnavailable) {
  const std::string answer = http_answer(200, "{\"a\":1}");
  for (size_t length = 0; length < answer.size(); ++length) {
    const RawServer server([&](Peer& peer, int) {
      peer.read_request();
      peer.write(answer.substr(0, length));
    });
    EXPECT_TRUE(absl::IsUnavailable(transport_to(server)->send(get("/x")).status())) << length;
  }
}

TEST_F(HttpTransportTest, AResetIsUnavailable) {
  const RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.abort();
  });
  EXPECT_TRUE(absl::IsUnavailable(transport_to(server)->send(get("/x")).status()));
}

TEST_F(HttpTransportTest, ASilentServerEndsAtTheDeadline) {
  const RawServer server([](Peer& peer, int) { peer.wait_for_end(); });
  Request request = get("/x");
  request.deadline_ms = 30;
  EXPECT_TRUE(absl::IsDeadlineExceeded(transport_to(server)->send(request).status()));
}

// Writes a byte at a time until the client is gone: each read of it succeeds.
void drip(Peer& peer) {
  pollfd none{.fd = -1, .events = 0, .revents = 0};
  while (peer.write("x")) {
    poll(&none, 1, 1);
  }
}

TEST_F(HttpTransportTest, AServerThatDripsItsHeadEndsAtTheDeadline) {
  const RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nX-Long: ");
    drip(peer);
  });
  Request request = get("/x");
  request.deadline_ms = 50;
  EXPECT_TRUE(absl::IsDeadlineExceeded(transport_to(server)->send(request).status()));
}

TEST_F(HttpTransportTest, AServerThatDripsItsBodyEndsAtTheDeadline) {
  const RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    drip(peer);
  });
  Request request = get("/x");
  request.deadline_ms = 50;
  EXPECT_TRUE(absl::IsDeadlineExceeded(transport_to(server)->send(request).status()));
}

TEST_F(HttpTransportTest, AnAnswerOverTheLimitIsRefusedWhateverItsLengthSays) {
  const std::string body(2000, 'x');
  const HttpTransportOptions options{.body_bytes_max = 1999};
  const RawServer known(always(http_answer(200, body)));
  EXPECT_TRUE(
      absl::IsResourceExhausted(transport_to(known, {}, options)->send(get("/x")).status()));
  const RawServer chunked(always(concat(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n", body, "\r\n0\r\n\r\n")));
  EXPECT_TRUE(
      absl::IsResourceExhausted(transport_to(chunked, {}, options)->send(get("/x")).status()));
  const RawServer lying(always("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n" + body));
  EXPECT_TRUE(
      absl::IsResourceExhausted(transport_to(lying, {}, options)->send(get("/x")).status()));
}

// --- Tokens ---

class TokenTest : public HttpTransportTest {
 protected:
  // Takes one token only, and notes what came.
  RawServer::Handler only(const std::string& token) {
    return [this, token](Peer& peer, int) {
      for (std::string request; !(request = peer.read_request()).empty();) {
        ++requests_;
        const bool good = request.find(concat("Bearer ", token, "\r\n")) != std::string::npos;
        peer.write(http_answer(good ? 200 : 401, "{}"));
      }
    };
  }
  void write_token(const std::string& token) { std::ofstream(directory_.file("token")) << token; }
  ClientConfig config() const {
    ClientConfig config;
    config.token.file = directory_.file("token");
    return config;
  }

  const TempDirectory directory_;
  std::atomic<int> requests_{0};
};

TEST_F(TokenTest, ARefusedTokenIsReadAgainAndTheRequestSentOnceMore) {
  write_token("old");
  const RawServer server(only("new"));
  auto transport = transport_to(server, config());
  EXPECT_EQ(transport->send(get("/x"))->code, 401);
  write_token("new");
  EXPECT_EQ(transport->send(post("{}"))->code, 200);
  EXPECT_EQ(requests_, 3);
}

TEST_F(TokenTest, TheSameTokenIsNotTriedTwice) {
  write_token("old");
  const RawServer server(only("new"));
  auto transport = transport_to(server, config());
  EXPECT_EQ(transport->send(get("/x"))->code, 401);
  EXPECT_EQ(requests_, 1);
}

TEST_F(TokenTest, AStreamRenewsItsTokenToo) {
  write_token("old");
  const RawServer server(only("new"));
  auto transport = transport_to(server, config());
  ASSERT_EQ(transport->send(get("/x"))->code, 401);
  write_token("new");
  CancelToken cancel;
  std::string body;
  const auto response = transport->stream(
      get("/x"),
      [&](std::string_view bytes) {
        body += bytes;
        return true;
      },
      cancel);
  EXPECT_EQ(response->code, 200);
  EXPECT_EQ(body, "{}");
}

TEST_F(TokenTest, WithoutItsFileThereIsNoCall) {
  const RawServer server(only("new"));
  EXPECT_TRUE(absl::IsUnauthenticated(transport_to(server, config())->send(get("/x")).status()));
  EXPECT_EQ(requests_, 0);
}

// --- Streams ---

std::string chunk(std::string_view data) {
  char size[20];
  snprintf(size, sizeof(size), "%zx", data.size());
  return concat(size, "\r\n", data, "\r\n");
}

constexpr char kStreamHead[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST_F(HttpTransportTest, AStreamTellsEachPieceWhenItArrives) {
  std::promise<void> told;
  const RawServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.write(concat(kStreamHead, chunk("one")));
    told.get_future().wait();
    peer.write(concat(chunk("two"), chunk("")));
  });
  CancelToken cancel;
  std::vector<std::string> pieces;
  const auto response = transport_to(server)->stream(
      get("/x"),
      [&](std::string_view bytes) {
        pieces.emplace_back(bytes);
        if (pieces.size() == 1) {
          told.set_value();
        }
        return true;
      },
      cancel);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->code, 200);
  EXPECT_THAT(pieces, ElementsAre("one", "two"));
}

TEST_F(HttpTransportTest, AStreamEndsWhenTheReceiverHasEnough) {
  const RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write(concat(kStreamHead, chunk("one")));
    peer.wait_for_end();
  });
  CancelToken cancel;
  const auto response = transport_to(server)->stream(
      get("/x"), [](std::string_view) { return false; }, cancel);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->code, 200);
}

TEST_F(HttpTransportTest, AStreamThatIsRefusedHasABody) {
  const RawServer server(always(http_answer(410, "gone")));
  CancelToken cancel;
  bool told = false;
  const auto response = transport_to(server)->stream(
      get("/x"), [&](std::string_view) { return told = true; }, cancel);
  EXPECT_EQ(response->code, 410);
  EXPECT_EQ(response->body, "gone");
  EXPECT_FALSE(told);
}

TEST_F(HttpTransportTest, AStreamThatBreaksIsUnavailable) {
  const RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write(concat(kStreamHead, chunk("one"), "5\r\ntw"));
  });
  CancelToken cancel;
  std::string body;
  const auto response = transport_to(server)->stream(
      get("/x"),
      [&](std::string_view bytes) {
        body += bytes;
        return true;
      },
      cancel);
  EXPECT_TRUE(absl::IsUnavailable(response.status()));
  EXPECT_EQ(body, "onetw");
}

TEST_F(HttpTransportTest, ASilentStreamEndsAtItsDeadline) {
  const RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write(concat(kStreamHead, chunk("one")));
    peer.wait_for_end();
  });
  CancelToken cancel;
  Request request = get("/x");
  request.deadline_ms = 50;
  EXPECT_TRUE(
      absl::IsDeadlineExceeded(transport_to(server)
                                   ->stream(
                                       request, [](std::string_view) { return true; }, cancel)
                                   .status()));
}

TEST_F(HttpTransportTest, CancellingEndsASilentStream) {
  CancelToken cancel;
  const RawServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.write(concat(kStreamHead, chunk("one")));
    cancel.cancel();
    peer.wait_for_end();
  });
  auto transport = transport_to(server);
  EXPECT_TRUE(absl::IsCancelled(transport
                                    ->stream(
                                        get("/x"), [](std::string_view) { return true; }, cancel)
                                    .status()));
  // It stays cancelled.
  EXPECT_TRUE(absl::IsCancelled(transport
                                    ->stream(
                                        get("/x"), [](std::string_view) { return true; }, cancel)
                                    .status()));
}

TEST_F(HttpTransportTest, CancellingEndsAStreamThatHasNoAnswerYet) {
  CancelToken cancel;
  const RawServer server([&](Peer& peer, int) {
    peer.read_request();
    cancel.cancel();
    peer.wait_for_end();
  });
  EXPECT_TRUE(absl::IsCancelled(transport_to(server)
                                    ->stream(
                                        get("/x"), [](std::string_view) { return true; }, cancel)
                                    .status()));
}

TEST_F(HttpTransportTest, AWatchGetsItsEventsWhereverChunksAreCut) {
  const std::string events =
      "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"}}}\n"
      "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"name\":\"b\"}}}\n";
  // Each connection cuts at another place.
  const RawServer server([&](Peer& peer, int number) {
    peer.read_request();
    const auto cut = static_cast<size_t>(number) + 1;
    peer.write(concat(kStreamHead, chunk(events.substr(0, cut))));
    peer.write(concat(chunk(events.substr(cut)), chunk("")));
  });
  auto transport = transport_to(server);
  ApiClient client(*transport, clock_, {});
  for (size_t cut = 1; cut < events.size(); ++cut) {
    CancelToken cancel;
    std::vector<std::string> told;
    const absl::Status status = client.watch(
        kPods, {},
        [&](std::string_view type, const Json& object) {
          told.push_back(concat(type, " ", key_of(object).name));
        },
        cancel);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_THAT(told, ElementsAre("ADDED a", "BOOKMARK b"));
  }
}

}  // namespace
}  // namespace petrel::k8s
