// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.apis.message.MessageView;
import org.apache.rocketmq.client.apis.producer.Producer;
import org.apache.rocketmq.client.apis.producer.SendReceipt;

/** Sends synchronously and asynchronously, receives, checks every field, acknowledges. */
final class SimpleScenario {
  private static final Duration INVISIBLE = Duration.ofSeconds(15);

  private SimpleScenario() {}

  static void run(Session session) throws Exception {
    int count = session.options.number("count", 200);
    Map<Integer, String> sent = new HashMap<>();
    try (Producer producer = session.producer(session.topic)) {
      for (int i = 0; i < count / 2; i++) {
        sent.put(i, producer.send(session.message(i)).getMessageId().toString());
      }
      session.report.equal("send-sync", count / 2, sent.size());
      Map<Integer, CompletableFuture<SendReceipt>> receipts = new HashMap<>();
      for (int i = count / 2; i < count; i++) {
        receipts.put(i, producer.sendAsync(session.message(i)));
      }
      for (var receipt : receipts.entrySet()) {
        SendReceipt sendReceipt = receipt.getValue().get(30, TimeUnit.SECONDS);
        sent.put(receipt.getKey(), sendReceipt.getMessageId().toString());
      }
      session.report.equal("send-async", count, sent.size());
    }
    receive(session, sent);
  }

  private static void receive(Session session, Map<Integer, String> sent) throws Exception {
    Map<Integer, String> received = new HashMap<>();
    String different = "";
    int again = 0;
    int acked = 0;
    int firstAttempts = 0;
    try (Receiver receiver =
        new Receiver(session.simpleConsumer(session.topic, "*"), INVISIBLE)) {
      long deadline = Receiver.in(Duration.ofSeconds(60));
      MessageView view;
      while ((view = receiver.next(deadline)) != null) {
        String difference = Payload.difference(view);
        different = different.isEmpty() ? difference : different;
        firstAttempts += view.getDeliveryAttempt() == 1 ? 1 : 0;
        again += received.put(Payload.index(view), view.getMessageId().toString()) == null ? 0 : 1;
        receiver.ack(view);
        acked++;
        if (received.size() == sent.size()) {
          // From here on only a message whose acknowledgement was lost could come.
          deadline = Math.min(deadline, Receiver.in(INVISIBLE.plusSeconds(3)));
        }
      }
      session.report.check("receive-all", received.keySet().equals(sent.keySet()),
          received.size() + " of " + sent.size() + ", " + receiver.lastError());
    }
    session.report.equal("message-ids", sent, received);
    session.report.check("content", different.isEmpty(), different);
    session.report.equal("first-attempt", acked, firstAttempts);
    session.report.equal("acked-stays-away", 0, again);
  }
}
