// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.apis.consumer.ConsumeResult;
import org.apache.rocketmq.client.apis.consumer.PushConsumer;
import org.apache.rocketmq.client.apis.message.MessageView;

/**
 * A push and a simple consumer, in groups of their own, go on while the engines of the brokers are
 * made again. Both get all that --expect says was acknowledged, and a third group, which begins
 * when all is over, finds whatever they got: nothing was delivered that was not committed.
 */
final class FollowScenario {
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration AUDIT = Duration.ofMinutes(1);
  private static final Duration INVISIBLE = Duration.ofSeconds(20);

  private FollowScenario() {}

  static void run(Session session) throws Exception {
    int count = session.options.number("count", 2000);
    Path expect = Path.of(session.options.text("expect"));
    Set<String> pushed = ConcurrentHashMap.newKeySet();
    Set<String> received = new HashSet<>();
    Set<String> audited = new HashSet<>();
    PushConsumer push =
        session.pushConsumer(
            view -> {
              pushed.add(view.getMessageId().toString());
              return ConsumeResult.SUCCESS;
            });
    gather(session.inGroup(session.group + "-simple"), received, DurabilityScenario.PATIENCE,
        () -> {
          Set<String> acked = DurabilityScenario.acked(expect);
          return acked.size() == count && pushed.containsAll(acked)
              && received.containsAll(acked);
        });
    DurabilityScenario.closeSoon(push);

    Set<String> acked = DurabilityScenario.acked(expect);
    Set<String> delivered = new HashSet<>(pushed);
    delivered.addAll(received);
    gather(session.inGroup(session.group + "-audit"), audited, AUDIT,
        () -> audited.containsAll(acked) && audited.containsAll(delivered));
    session.report.equal("all-acked", count, acked.size());
    session.report.equal("push-misses-nothing", 0, without(acked, pushed));
    session.report.equal("simple-misses-nothing", 0, without(acked, received));
    session.report.equal("delivered-was-committed", 0, without(delivered, audited));
  }

  /** Receives until complete says so, which is asked about once a second. */
  private static void gather(
      Session session, Set<String> seen, Duration patience, Callable<Boolean> complete)
      throws Exception {
    Receiver receiver = new Receiver(session.simpleConsumer(session.topic, "*"), INVISIBLE);
    long deadline = Receiver.in(patience);
    long look = System.nanoTime();
    while (System.nanoTime() < deadline) {
      MessageView view = receiver.next(Receiver.in(LOOK));
      if (view != null) {
        seen.add(view.getMessageId().toString());
        receiver.tryAck(view); // what is not acknowledged comes again
      }
      if (view == null || System.nanoTime() > look) {
        if (complete.call()) {
          break;
        }
        look = Receiver.in(LOOK);
      }
    }
    DurabilityScenario.closeSoon(receiver);
  }

  private static int without(Set<String> wanted, Set<String> there) {
    Set<String> missing = new HashSet<>(wanted);
    missing.removeAll(there);
    return missing.size();
  }
}
