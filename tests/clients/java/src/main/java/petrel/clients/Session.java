// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
package petrel.clients;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.apache.rocketmq.client.apis.ClientConfiguration;
import org.apache.rocketmq.client.apis.ClientConfigurationBuilder;
import org.apache.rocketmq.client.apis.ClientException;
import org.apache.rocketmq.client.apis.ClientServiceProvider;
import org.apache.rocketmq.client.apis.consumer.FilterExpression;
import org.apache.rocketmq.client.apis.consumer.FilterExpressionType;
import org.apache.rocketmq.client.apis.consumer.MessageListener;
import org.apache.rocketmq.client.apis.consumer.PushConsumer;
import org.apache.rocketmq.client.apis.consumer.SimpleConsumer;
import org.apache.rocketmq.client.apis.message.Message;
import org.apache.rocketmq.client.apis.producer.Producer;

/** Makes clients for one scenario from its options. Whoever asks for a client closes it. */
final class Session {
  static final Duration AWAIT = Duration.ofSeconds(5);

  final ClientServiceProvider provider = ClientServiceProvider.loadService();
  final Options options;
  final Report report;
  final String topic;
  final String group;

  Session(Options options, Report report) {
    this(options, report, options.text("group", ""));
  }

  private Session(Options options, Report report, String group) {
    this.options = options;
    this.report = report;
    this.topic = options.text("topic");
    this.group = group;
  }

  /** The same for another consumer group. */
  Session inGroup(String other) {
    return new Session(options, report, other);
  }

  /** {@code --tls default} leaves the client's own default, which is TLS without verification. */
  private ClientConfiguration configuration() {
    ClientConfigurationBuilder builder =
        ClientConfiguration.newBuilder().setEndpoints(options.text("endpoint"));
    switch (options.text("tls", "default")) {
      case "on" -> builder.enableSsl(true);
      case "off" -> builder.enableSsl(false);
      case "default" -> {}
      default -> throw new IllegalArgumentException("--tls is default, on or off");
    }
    return builder.build();
  }

  Producer producer(String... topics) throws ClientException {
    return provider
        .newProducerBuilder()
        .setClientConfiguration(configuration())
        .setTopics(topics)
        .build();
  }

  SimpleConsumer simpleConsumer(String topic, String tags) throws ClientException {
    return provider
        .newSimpleConsumerBuilder()
        .setClientConfiguration(configuration())
        .setConsumerGroup(group)
        .setAwaitDuration(AWAIT)
        .setSubscriptionExpressions(subscription(topic, tags))
        .build();
  }

  PushConsumer pushConsumer(MessageListener listener) throws ClientException {
    return provider
        .newPushConsumerBuilder()
        .setClientConfiguration(configuration())
        .setConsumerGroup(group)
        .setSubscriptionExpressions(subscription(topic, "*"))
        .setMessageListener(listener)
        .build();
  }

  private static Map<String, FilterExpression> subscription(String topic, String tags) {
    return Map.of(topic, new FilterExpression(tags, FilterExpressionType.TAG));
  }

  Message message(int i) {
    return Payload.message(provider, topic, i);
  }

  /** Sends messages first (inclusive) to last (exclusive) one after another. */
  void send(int first, int last) throws ClientException, IOException {
    try (Producer producer = producer(topic)) {
      for (int i = first; i < last; i++) {
        producer.send(message(i));
      }
    }
  }
}
