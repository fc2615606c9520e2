// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import java.time.Duration;
import java.util.TreeSet;
import org.apache.rocketmq.client.apis.message.MessageView;
import org.apache.rocketmq.client.apis.producer.Producer;
import org.apache.rocketmq.client.java.impl.producer.SendReceiptImpl;
import org.apache.rocketmq.client.java.message.MessageViewImpl;

/** Messages are spread over every broker of the route, and one consumer gets them all. */
final class SpreadScenario {
  private SpreadScenario() {}

  static void run(Session session) throws Exception {
    int count = session.options.number("count", 64);
    int brokers = session.options.number("brokers", 2);
    TreeSet<String> sentTo = new TreeSet<>();
    TreeSet<String> receivedFrom = new TreeSet<>();
    TreeSet<Integer> received = new TreeSet<>();
    try (Producer producer = session.producer(session.topic)) {
      for (int i = 1; i <= count; i++) {
        SendReceiptImpl receipt = (SendReceiptImpl) producer.send(session.message(i));
        sentTo.add(receipt.getEndpoints().toString());
      }
    }
    try (Receiver receiver =
        new Receiver(session.simpleConsumer(session.topic, "*"), Duration.ofSeconds(30))) {
      long deadline = Receiver.in(Duration.ofSeconds(60));
      MessageView view;
      while (received.size() < count && (view = receiver.next(deadline)) != null) {
        received.add(Payload.index(view));
        receivedFrom.add(((MessageViewImpl) view).getEndpoints().toString());
        receiver.ack(view);
      }
    }
    session.report.equal("received-all", count, received.size());
    session.report.check("sent-to-all-brokers", sentTo.size() == brokers, "sent to " + sentTo);
    session.report.equal("received-from-the-same", sentTo, receivedFrom);
  }
}
