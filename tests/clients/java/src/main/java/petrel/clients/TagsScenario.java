// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import java.time.Duration;
import java.util.TreeSet;
import org.apache.rocketmq.client.apis.message.MessageView;
import org.apache.rocketmq.client.apis.producer.Producer;

/** The expression "a || b" gets the messages tagged a or b, and neither c nor untagged ones. */
final class TagsScenario {
  private TagsScenario() {}

  static void run(Session session) throws Exception {
    int count = session.options.number("count", 60);
    TreeSet<Integer> expected = new TreeSet<>();
    session.send(1, count);
    for (int i = 1; i < count; i++) {
      if (!Payload.tag(i).equals("c")) {
        expected.add(i);
      }
    }
    try (Producer producer = session.producer(session.topic)) {
      producer.send(
          session.provider.newMessageBuilder()
              .setTopic(session.topic)
              .setBody("untagged".getBytes())
              .addProperty("index", Integer.toString(count))
              .build());
    }
    TreeSet<Integer> received = new TreeSet<>();
    try (Receiver receiver =
        new Receiver(
            session.simpleConsumer(session.topic, "a || b"), Duration.ofSeconds(30))) {
      long deadline = Receiver.in(Duration.ofSeconds(60));
      MessageView view;
      while ((view = receiver.next(deadline)) != null) {
        received.add(Payload.index(view));
        receiver.ack(view);
        if (received.size() == expected.size()) {
          deadline = Math.min(deadline, Receiver.in(Duration.ofSeconds(6)));
        }
      }
    }
    session.report.equal("exactly-a-or-b", expected, received);
  }
}
