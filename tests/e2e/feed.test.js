/* The feed, as a monitor in another language hears it. */
'use strict';

const { assert, suite, meet, lock, knock, settle, secret, http } = require('./harness');
const { Feed } = require('./feed');

async function listening(world, body) {
    const server = await world.start();
    const feed = await Feed.open(server);
    try {
        await body(server, feed);
    } finally {
        await feed.close();
    }
}

/* No event is missing, none is out of order. */
function isWhole(feed) {
    const { epoch, seq } = feed.all[0];
    feed.all.forEach((event, i) => {
        assert.strictEqual(event.epoch, epoch);
        assert.strictEqual(event.seq, seq + i);
        assert.strictEqual(event.name, event.topic);
        assert.ok(Math.abs(event.time - Date.now()) < 60000, `time ${event.time}`);
    });
}

suite('feed', { server: false }, ({ test }) => {
    test('[FEED-01] [FEED-02] a meeting from its beginning to its end', async (world) => {
        await listening(world, async (server, feed) => {
            const roomId = world.room;
            const [ann, bob] = await meet(world, 'Ann', 'Bob');
            await feed.expect('room.created', { roomId, kept: false, needsPassword: false, maxParticipants: 8 });
            await feed.expect('participant.joined', { roomId, participantId: ann.id, isModerator: true, participants: 1 });
            await feed.expect('participant.joined', { roomId, participantId: bob.id, isModerator: false, participants: 2 });
            bob.send('participant-updated', { isMuted: true });
            await feed.expect('participant.updated', { roomId, participantId: bob.id, isMuted: true, isVideoOff: false, isHandRaised: false });
            bob.send('raise-hand');
            await feed.expect('participant.updated', { roomId, participantId: bob.id, isMuted: true, isHandRaised: true });
            ann.send('room-locked');
            await feed.expect('room.locked', { roomId });
            ann.send('room-unlocked');
            await feed.expect('room.unlocked', { roomId });
            ann.send('leave');
            await feed.expect('participant.left', { roomId, participantId: ann.id, participants: 1 });
            await feed.expect('participant.updated', { roomId, participantId: bob.id, isModerator: true });
            bob.vanish();
            await feed.expect('participant.left', { roomId, participantId: bob.id, participants: 0 });
            await feed.expect('room.closed', { roomId });
            isWhole(feed);
        });
    });

    test('[FEED-01] a room made in advance', async (world) => {
        await listening(world, async (server, feed) => {
            const made = await http.createRoom(server.gateway, { password: secret('password'), maxParticipants: 5, title: secret('title') });
            await feed.expect('room.created', { roomId: made.json.roomId, kept: true, needsPassword: true, maxParticipants: 5 });
        });
    });

    test('[FEED-03] gateways come and go', { timeoutMs: 120000 }, async (world) => {
        await listening(world, async (server, feed) => {
            const other = await server.startGateway('second');
            await feed.expect('gateway.up', { gateway: 'second' });
            await other.stop();
            await feed.expect('gateway.down', { gateway: 'second', reason: 'bye' });
            const third = await server.startGateway('third');
            await feed.expect('gateway.up', { gateway: 'third' });
            await third.kill();
            await feed.expect('gateway.down', { gateway: 'third', reason: 'unreachable' });
            server.gateways = server.gateways.filter((gateway) => gateway !== third && gateway !== other);
            isWhole(feed);
        });
    });

    test('[FEED-04] figures each second', async (world) => {
        await listening(world, async (server, feed) => {
            await meet(world, 'Ann', 'Bob', 'Cleo');
            const isStats = (event) => event.topic === 'stats';
            await feed.next(isStats);
            const first = await feed.next(isStats);
            const second = await feed.next(isStats);
            assert.ok(second.time - first.time >= 900 && second.time - first.time < 3000, `${second.time - first.time} ms`);
            for (const [name, value] of Object.entries({ rooms: 1, participants: 3, waiting: 0, peakParticipants: 3, gateways: 1 }))
                assert.strictEqual(second.body[name], value, name);
        });
    });

    test('[FEED-02] a topic alone, by its beginning', async (world) => {
        const server = await world.start();
        const feed = new Feed((await server.broker.started()).feed, ['room.']);
        try {
            await feed.next((event) => event.topic === 'subscribed');
            await server.eventually('the subscription', async () => {
                await http.createRoom(server.gateway, {}, {});
                return feed.all.length > 0;
            }, 50);
            assert.ok(feed.all.every((event) => event.topic.startsWith('room.')));
        } finally {
            await feed.close();
        }
    });

    test('[FEED-05] no name, text, SDP, candidate, password, token or address leaves', async (world) => {
        const settings = { 'log-level': 'debug' };
        const server = await world.start({ settings });
        const feed = await Feed.open(server);
        try {
            const password = secret('password');
            const made = await http.createRoom(server.gateway, { password, title: secret('title') });
            const token = made.json.creatorToken;
            world.room = made.json.roomId;
            const names = ['Ann', 'Bob'].map((name) => secret(name));
            const [ann, bob] = await meet(world, { name: names[0], join: { isHost: false, password, creatorToken: token } },
                { name: names[1], join: { password } });
            ann.send('chat', { text: secret() });
            for (const person of [ann, bob]) await person.next('chat');
            ann.send('offer', { targetId: bob.id, sdp: secret('sdp') });
            await bob.next('offer');
            bob.send('ice-candidate', { targetId: ann.id, candidate: { candidate: secret('candidate') } });
            await ann.next('ice-candidate');
            bob.send('file-offer', { targetId: ann.id, transferId: secret('transfer'), fileName: secret('file'), fileSize: 1, fileType: 'x' });
            await ann.next('file-offer');
            await lock([ann, bob]);
            await settle(ann, bob);
            await feed.next((event) => event.topic === 'room.locked');
            await feed.next((event) => event.topic === 'stats');
            const bytes = feed.all.map((event) => event.bytes).join('\n');
            const hidden = ['SECRET-', token, token.replace(/-/g, ''), '127.0.0.1', ...names];
            for (const text of hidden) {
                assert.ok(!bytes.includes(Buffer.from(text).toString('hex')), `the feed tells ${text}`);
                assert.ok(!feed.all.some((event) => JSON.stringify(event.body).includes(text)), `the feed tells ${text}`);
            }
            assert.ok(!bytes.includes(token.replace(/-/g, '')), 'the feed tells the token');
        } finally {
            await feed.close();
        }
    });

    /* ZeroMQ keeps 1,000 events for a subscriber; beyond that it loses some, and the numbers say so. */
    test('[FEED-06] who does not read does not slow the broker', async (world) => {
        const server = await world.start({ gateway: { 'rate-limit-messages': 0 } });
        const feed = await Feed.open(server);
        try {
            feed.child.kill('SIGSTOP');
            const [ann, bob] = await meet(world, 'Ann', 'Bob');
            for (let batch = 0; batch < 40; batch += 1) {
                for (let i = 0; i < 300; i += 1) ann.send(i % 2 ? 'lower-hand' : 'raise-hand');
                for (let i = 0; i < 300; i += 1) await bob.next(i % 2 ? 'lower-hand' : 'raise-hand');
            }
            await settle(ann, bob);
            const { broker } = await server.counters();
            assert.ok(broker.events >= 12000, `${broker.events} events`);
            feed.child.kill('SIGCONT');
            await feed.next((event) => event.seq > 12000);
            assert.ok(feed.all.length < feed.all[feed.all.length - 1].seq, 'a gap shows in the numbers');
        } finally {
            await feed.close();
        }
    });
});
