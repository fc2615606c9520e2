// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.compat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.broker.BrokerController;
import org.apache.rocketmq.common.BrokerConfig;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.message.MessageAccessor;
import org.apache.rocketmq.common.message.MessageConst;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageExtBrokerInner;
import org.apache.rocketmq.common.sysflag.MessageSysFlag;
import org.apache.rocketmq.remoting.netty.NettyClientConfig;
import org.apache.rocketmq.remoting.netty.NettyServerConfig;
import org.apache.rocketmq.remoting.protocol.subscription.SubscriptionGroupConfig;
import org.apache.rocketmq.store.DefaultMessageStore;
import org.apache.rocketmq.store.GetMessageResult;
import org.apache.rocketmq.store.GetMessageStatus;
import org.apache.rocketmq.store.PutMessageStatus;
import org.apache.rocketmq.store.config.MessageStoreConfig;
import org.apache.rocketmq.store.stats.BrokerStatsManager;

/**
 * RocketMQ's turns with a store directory that it shares with Petrel; exchange_store.cc has Petrel's.
 *
 * <p>Exchange write DIR: makes the directory. Exchange check DIR: opens what Petrel continued, reads everything
 * back, adds to it.
 */
public final class Exchange {
  private static final String TOPIC = "Orders";
  private static final String GROUP = "readers";
  private static final String LONG_TOPIC = "L".repeat(200);
  private static final int QUEUES = 4;
  private static final int SEGMENT_BYTES = 1 << 20;
  private static final int WRITTEN = 1000;
  private static final int PETREL_WRITTEN = 400;
  private static final int ADDED = 100;

  private final BrokerController broker;
  private final DefaultMessageStore store;
  private int passed;
  private int failed;

  private Exchange(String directory) throws Exception {
    MessageStoreConfig config = new MessageStoreConfig();
    config.setStorePathRootDir(directory);
    config.setStorePathCommitLog(directory + "/commitlog");
    config.setMappedFileSizeCommitLog(SEGMENT_BYTES);
    config.setTimerWheelEnable(false);
    config.setHaListenPort(0);
    // The managers of topics, groups and positions are the broker's; it is not started.
    broker = new BrokerController(new BrokerConfig(), new NettyServerConfig(), new NettyClientConfig(), config);
    store = new DefaultMessageStore(config, new BrokerStatsManager("exchange", true),
        (topic, queueId, offset, tagsCode, time, bitMap, properties) -> { }, new BrokerConfig(),
        new ConcurrentHashMap<>());
  }

  public static void main(String[] args) throws Exception {
    Exchange exchange = new Exchange(args[1]);
    exchange.open();
    if (args[0].equals("write")) {
      exchange.write();
    } else {
      exchange.check();
    }
    exchange.close();
    System.out.println(exchange.passed + " passed, " + exchange.failed + " failed");
    System.exit(exchange.failed == 0 ? 0 : 1);
  }

  private void open() throws Exception {
    check("topics load", true, broker.getTopicConfigManager().load());
    check("groups load", true, broker.getSubscriptionGroupManager().load());
    check("positions load", true, broker.getConsumerOffsetManager().load());
    check("the store loads", true, store.load());
    store.start();
  }

  private void close() {
    broker.getConsumerOffsetManager().persist();
    store.shutdown();
  }

  private void write() throws Exception {
    addTopic(TOPIC, QUEUES);
    addTopic("Again", 1);
    SubscriptionGroupConfig group = new SubscriptionGroupConfig();
    group.setGroupName(GROUP);
    broker.getSubscriptionGroupManager().getSubscriptionGroupTable().put(GROUP, group);
    broker.getSubscriptionGroupManager().persist();
    for (int n = 0; n < WRITTEN; n++) {
      put(TOPIC, n % QUEUES, n, "rocketmq " + n, 0);
    }
    put(LONG_TOPIC, 0, 0, "long", 0);
    put(TOPIC, 0, -1, "prepared", MessageSysFlag.TRANSACTION_PREPARED_TYPE);
    put("Again", 0, 0, "before", 0);
    put("Again", 0, 0, "before", 0);
    store.deleteTopics(Set.of("Again"));
    put("Again", 0, 0, "after", 0);
    broker.getConsumerOffsetManager().commitOffset("here", GROUP, TOPIC, 0, 100);
    broker.getConsumerOffsetManager().commitOffset("here", GROUP, TOPIC, 1, 50);
  }

  private void addTopic(String name, int queues) {
    TopicConfig topic = new TopicConfig(name, queues, queues);
    broker.getTopicConfigManager().getTopicConfigTable().put(name, topic);
    broker.getTopicConfigManager().persist();
  }

  private void put(String topic, int queue, int number, String body, int sysFlag) throws Exception {
    MessageExtBrokerInner message = new MessageExtBrokerInner();
    message.setTopic(topic);
    message.setQueueId(queue);
    message.setBody(body.getBytes(StandardCharsets.UTF_8));
    message.setKeys("key" + number);
    message.setTags(number % 2 == 0 ? "even" : "odd");
    message.setSysFlag(sysFlag);
    message.setBornTimestamp(System.currentTimeMillis());
    boolean ipv6 = number % 3 == 0;
    message.setBornHost(new InetSocketAddress(InetAddress.getByName(ipv6 ? "fd00::7" : "127.0.0.1"), 4711));
    message.setStoreHost(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 10911));
    if (ipv6) {
      message.setBornHostV6Flag();
    }
    MessageAccessor.putProperty(message, MessageConst.PROPERTY_UNIQ_CLIENT_MESSAGE_ID_KEYIDX, "id-" + topic + number);
    message.setPropertiesString(MessageDecoder.messageProperties2String(message.getProperties()));
    PutMessageStatus status = store.putMessage(message).getPutMessageStatus();
    if (status != PutMessageStatus.PUT_OK) {
      check("a message is stored", PutMessageStatus.PUT_OK, status);
    }
  }

  private void check() throws Exception {
    TopicConfig topic = broker.getTopicConfigManager().getTopicConfigTable().get(TOPIC);
    check("queues of the topic", QUEUES, topic == null ? -1 : topic.getReadQueueNums());
    check("the type of the topic", "NORMAL", topic == null ? "" : topic.getTopicMessageType().getValue());
    check("a topic that Petrel made", true, broker.getTopicConfigManager().getTopicConfigTable().containsKey("Made"));
    Map<String, SubscriptionGroupConfig> groups = broker.getSubscriptionGroupManager().getSubscriptionGroupTable();
    check("groups", true, groups.containsKey(GROUP) && groups.containsKey("fresh"));
    check("position of fresh in queue 0", 0L, broker.getConsumerOffsetManager().queryOffset("fresh", TOPIC, 0));
    int perQueue = (WRITTEN + PETREL_WRITTEN) / QUEUES;
    for (int queue = 0; queue < QUEUES; queue++) {
      check("position of " + GROUP + " in queue " + queue, (long) WRITTEN / QUEUES,
          broker.getConsumerOffsetManager().queryOffset(GROUP, TOPIC, queue));
      check("messages of queue " + queue, (long) perQueue, store.getMaxOffsetInQueue(TOPIC, queue));
      check("sound messages read from queue " + queue, perQueue, readQueue(queue));
      check("first message of queue " + queue + " by time", 0L, store.getOffsetInQueueByTime(TOPIC, queue, 0));
    }
    check("the long topic", 1L, store.getMaxOffsetInQueue(LONG_TOPIC, 0));
    for (int n = 0; n < ADDED; n++) {
      put(TOPIC, n % QUEUES, n, "added " + n, 0);
    }
    for (int queue = 0; queue < QUEUES; queue++) {
      broker.getConsumerOffsetManager().commitOffset("here", GROUP, TOPIC, queue, perQueue + ADDED / QUEUES - 1);
    }
  }

  private int readQueue(int queue) {
    int sound = 0;
    long offset = 0;
    while (true) {
      GetMessageResult result = store.getMessage("group", TOPIC, queue, offset, 32, null);
      if (result.getStatus() != GetMessageStatus.FOUND) {
        return sound;
      }
      for (ByteBuffer bytes : result.getMessageBufferList()) {
        MessageExt message = MessageDecoder.decode(bytes, true, false, false, false, true);
        String body = message == null ? "" : new String(message.getBody(), StandardCharsets.UTF_8);
        boolean rocketmqs = offset < WRITTEN / QUEUES;
        boolean expected = rocketmqs ? body.equals("rocketmq " + (offset * QUEUES + queue)) : body.startsWith("petrel ");
        if (expected && message.getQueueOffset() == offset && message.getQueueId() == queue) {
          sound++;
        }
        offset++;
      }
      result.release();
    }
  }

  private void check(String what, Object expected, Object actual) {
    if (expected.equals(actual)) {
      passed++;
    } else {
      failed++;
      System.out.println("FAILED: " + what + ": expected " + expected + ", got " + actual);
    }
  }
}
