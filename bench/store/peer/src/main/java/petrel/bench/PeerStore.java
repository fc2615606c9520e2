// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.bench;

import java.net.InetSocketAddress;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.common.BrokerConfig;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExtBrokerInner;
import org.apache.rocketmq.store.DefaultMessageStore;
import org.apache.rocketmq.store.PutMessageStatus;
import org.apache.rocketmq.store.config.MessageStoreConfig;
import org.apache.rocketmq.store.stats.BrokerStatsManager;

/**
 * RocketMQ's own store in the measure of bench/store.sh: "fill DIRECTORY GIB" writes so much log and ends as a killed
 * process does; "open DIRECTORY BEGIN_NS" opens it with all defaults and tells how long that took until a message was
 * stored again, from BEGIN_NS, the wall clock before the JVM was started.
 */
public final class PeerStore {
  private static final int BODY_BYTES = 1024;

  public static void main(String[] args) throws Exception {
    long openNs = System.nanoTime();
    DefaultMessageStore store = open(args[1]);
    openNs = System.nanoTime() - openNs;
    MessageExtBrokerInner message = message();
    put(store, message);
    if (args[0].equals("fill")) {
      fill(store, message, Long.parseLong(args[2]) << 30);
      Runtime.getRuntime().halt(137);
    }
    double sinceExecS = (System.currentTimeMillis() * 1e6 - Long.parseLong(args[2])) / 1e9;
    System.out.printf("{\"what\": \"Apache RocketMQ 5.5.0's store killed with %d MiB of log, exec to the first stored message\","
        + " \"total_ms\": %.0f, \"of_it_open_ms\": %.0f}%n", store.getMaxPhyOffset() >> 20, sinceExecS * 1e3, openNs / 1e6);
    Runtime.getRuntime().halt(0);
  }

  private static DefaultMessageStore open(String directory) throws Exception {
    MessageStoreConfig config = new MessageStoreConfig();
    config.setStorePathRootDir(directory);
    config.setStorePathCommitLog(directory + "/commitlog");
    config.setTimerWheelEnable(false);
    config.setHaListenPort(0);
    DefaultMessageStore store = new DefaultMessageStore(config, new BrokerStatsManager("bench", true),
        (topic, queueId, offset, tagsCode, time, bitMap, properties) -> { }, new BrokerConfig(),
        new ConcurrentHashMap<>());
    if (!store.load()) {
      throw new IllegalStateException("the store does not load");
    }
    store.start();
    return store;
  }

  private static MessageExtBrokerInner message() {
    MessageExtBrokerInner message = new MessageExtBrokerInner();
    message.setTopic("bench");
    byte[] body = new byte[BODY_BYTES];
    new Random(1).nextBytes(body);
    message.setBody(body);
    message.setKeys("0123456789");
    message.setPropertiesString(MessageDecoder.messageProperties2String(message.getProperties()));
    message.setBornTimestamp(System.currentTimeMillis());
    message.setBornHost(new InetSocketAddress("127.0.0.1", 4711));
    message.setStoreHost(new InetSocketAddress("127.0.0.1", 10911));
    return message;
  }

  private static void fill(DefaultMessageStore store, MessageExtBrokerInner message, long bytes) throws Exception {
    for (long n = 0; store.getMaxPhyOffset() < bytes; n++) {
      message.setQueueId((int) (n % 8));
      put(store, message);
    }
    // Killed in the midst of its work, but with its queues as far behind as they usually are.
    Thread.sleep(2000);
  }

  private static void put(DefaultMessageStore store, MessageExtBrokerInner message) throws Exception {
    while (true) {
      PutMessageStatus status = store.putMessage(message).getPutMessageStatus();
      if (status == PutMessageStatus.PUT_OK) {
        return;
      }
      if (status != PutMessageStatus.OS_PAGE_CACHE_BUSY && status != PutMessageStatus.SERVICE_NOT_AVAILABLE) {
        throw new IllegalStateException(status.toString());
      }
      Thread.sleep(10);
    }
  }
}
