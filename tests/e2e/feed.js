/* A subscriber of the feed in another language (feed_subscriber.py, Debian's python3), as a test holds it: events in order,
 * waited for with a deadline.
 * Not here: what an event means (proto/FEED.md). */
'use strict';

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const path = require('node:path');
const readline = require('node:readline');
const { within, patienceMs } = require('./process');

class Feed {
    /* Resolves when events come: the figures are told each second. */
    static async open(server, ...topics) {
        const feed = new Feed((await server.broker.started()).feed, topics);
        await feed.next((event) => topics.length > 0 || event.topic === 'stats');
        feed.seen = 0;
        feed.events = [];
        return feed;
    }

    constructor(endpoint, topics) {
        this.events = []; /* not yet taken */
        this.all = [];
        this.waiters = [];
        this.errors = '';
        this.child = spawn('/usr/bin/python3', [path.join(__dirname, 'feed_subscriber.py'), endpoint, ...topics],
            { stdio: ['ignore', 'pipe', 'pipe'] });
        this.child.stderr.on('data', (data) => { this.errors += data; });
        readline.createInterface({ input: this.child.stdout }).on('line', (line) => {
            const event = JSON.parse(line);
            if (event.subscribed) event.topic = 'subscribed';
            else this.all.push(event);
            this.events.push(event);
            this.waiters.splice(0).forEach((wake) => wake());
        });
        this.ended = new Promise((resolve) => { this.child.on('exit', resolve); });
        process.on('exit', () => this.child.kill('SIGKILL'));
    }

    /* The next event that `matches`; those before it are passed over. */
    async next(matches) {
        let asking = true;
        const found = (async () => {
            while (asking) {
                while (this.events.length > 0) {
                    const event = this.events.shift();
                    if (matches(event)) return event;
                }
                await new Promise((resolve) => { this.waiters.push(resolve); });
            }
            return undefined;
        })();
        return within(patienceMs, () => `the feed did not bring it; ${this.errors}${JSON.stringify(this.all.slice(-20), null, 1)}`, found)
            .finally(() => { asking = false; });
    }

    /* The next event that is no figures must be this one: {topic, ...body}. */
    async expect(topic, body) {
        const event = await this.next((one) => one.topic !== 'stats');
        assert.strictEqual(event.topic, topic, JSON.stringify(event));
        for (const [name, value] of Object.entries(body)) assert.deepStrictEqual(event.body[name], value, `${name} of ${JSON.stringify(event)}`);
        return event;
    }

    async close() {
        this.child.kill('SIGKILL');
        await this.ended;
    }
}

module.exports = { Feed };
