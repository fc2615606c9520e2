// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import java.time.Duration;
import org.apache.rocketmq.client.apis.message.MessageView;

/** One message there and back with the transport that --tls chooses. */
final class TransportScenario {
  private TransportScenario() {}

  static void run(Session session) throws Exception {
    String transport = session.options.text("tls", "default");
    session.send(1, 2);
    try (Receiver receiver =
        new Receiver(session.simpleConsumer(session.topic, "*"), Duration.ofSeconds(30))) {
      MessageView view = receiver.next(Receiver.in(Duration.ofSeconds(30)));
      session.report.check("tls-" + transport, view != null, receiver.lastError());
      if (view != null) {
        receiver.ack(view);
      }
    }
  }
}
