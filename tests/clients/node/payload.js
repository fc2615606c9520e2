// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
'use strict';

const NOTE = 'grüße ✓ 你好';
const TAGS = [ 'a', 'b', 'c' ];

/** Message number i of a topic: every byte follows from (topic, i). */
function body(topic, i) {
  const head = Buffer.from(`${topic}#${i}:`);
  const fill = Buffer.alloc(i === 0 ? 1 << 20 : i * 37 % 2000);
  for (let j = 0; j < fill.length; j++) {
    fill[j] = (i * 31 + j) & 255;
  }
  return Buffer.concat([ head, fill ]);
}

const tag = i => TAGS[i % TAGS.length];

function message(topic, i) {
  return {
    topic,
    body: body(topic, i),
    tag: tag(i),
    keys: [ `key-${i}`, `all-${topic}` ],
    properties: new Map([[ 'index', String(i) ], [ 'note', NOTE ]]),
  };
}

const index = view => Number(view.properties.get('index'));

/** Empty when view is message number index(view) of its topic, or else what differs. */
function difference(view) {
  const i = index(view);
  if (view.corrupted || !view.body.equals(body(view.topic, i))) {
    return `body of ${i}`;
  }
  if (view.tag !== tag(i)) {
    return `tag of ${i} is ${view.tag}`;
  }
  if ([ ...view.keys ].sort().join() !== [ `all-${view.topic}`, `key-${i}` ].join()) {
    return `keys of ${i} are ${view.keys}`;
  }
  const note = view.properties.get('note');
  if (view.properties.size !== 2 || note !== NOTE) {
    return `properties of ${i} are ${JSON.stringify([ ...view.properties ])}`;
  }
  return '';
}

module.exports = { message, tag, index, difference };
