// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import org.apache.rocketmq.client.apis.message.Message;
import org.apache.rocketmq.client.apis.message.MessageBuilder;
import org.apache.rocketmq.client.apis.producer.Producer;

/** What the client must be told: unknown topic, too large a body, a type the topic does not take. */
final class ErrorsScenario {
  private static final String UNKNOWN = "no-such-topic";

  private ErrorsScenario() {}

  static void run(Session session) throws Exception {
    try (Producer producer = session.producer(session.topic)) {
      session.report.refused(
          "unknown-topic", () -> producer.send(build(session, UNKNOWN, 1)), "40402");
      session.report.refused(
          "oversized-body",
          () -> producer.send(build(session, session.topic, (4 << 20) + 1)),
          "size", "exceed");
      Message fifo = builder(session, session.topic, 1).setMessageGroup("one").build();
      session.report.refused("wrong-message-type", () -> producer.send(fifo), "type");
      producer.send(build(session, session.topic, 4 << 20));
      session.report.check("largest-body", true, "");
    }
    session.report.refused("producer-of-unknown-topic", () -> session.producer(UNKNOWN), "40402");
    session.report.refused(
        "consumer-of-unknown-topic", () -> session.simpleConsumer(UNKNOWN, "*"), "40402");
  }

  private static MessageBuilder builder(Session session, String topic, int size) {
    return session.provider.newMessageBuilder().setTopic(topic).setBody(new byte[size]);
  }

  private static Message build(Session session, String topic, int size) {
    return builder(session, topic, size).build();
  }
}
