/* What one address, one connection and a proxy may do.  Here addresses matter, so each test takes its own. */
'use strict';

const net = require('node:net');
const { assert, suite, meet, settle, http, Client, freshRoom, freshAddress, secret, within, patienceMs, variables, run } = require('./harness');

const tooMany = { error: 'Too many requests. Please try again later.' };
const second = 1000;

/* A WebSocket of `from`, or the status it was refused with. */
async function knock(gateway, from, options = {}) {
    return Client.open(gateway.url, { from, label: from, ...options }).catch((error) => {
        if (error.status === undefined) throw error;
        return error;
    });
}

async function opens(gateway, from, options) {
    const client = await knock(gateway, from, options);
    assert.strictEqual(client.status, undefined, `${from} was refused: ${client.status}`);
    return client;
}

async function isRefused(gateway, from, options) {
    const refused = await knock(gateway, from, options);
    assert.strictEqual(refused.status, 429, `${from} was not refused`);
    assert.match(refused.headers['retry-after'], /^[1-9]\d*$/);
    return refused;
}

const vanish = (clients) => clients.forEach((client) => client.vanish());

async function opensMany(gateway, from, count, options) {
    const clients = [];
    for (let i = 0; i < count; i += 1) clients.push(await opens(gateway, from, options));
    return clients;
}

/* A join of a room that is not there. */
async function guess(client) {
    client.send('join', { roomId: freshRoom(), participantId: '', name: client.label });
    await client.error('ROOM_NOT_FOUND');
}

const createMany = async (gateway, from, count, headers) => {
    for (let i = 0; i < count; i += 1) {
        const { status, text } = await http.createRoom(gateway, {}, { from, headers });
        assert.strictEqual(status, 201, text);
    }
};

async function isNotCreated(gateway, from, headers) {
    const answer = await http.createRoom(gateway, {}, { from, headers });
    assert.strictEqual(answer.status, 429, answer.text);
    assert.deepStrictEqual(answer.json, tooMany);
    assert.ok(Number(answer.headers['retry-after']) >= 1 && Number(answer.headers['retry-after']) <= 60);
}

suite('handshakes of one address', {}, ({ test }) => {
    test('[LIMIT-01] the eleventh within a minute is answered 429 and closed; others are not', async ({ server }) => {
        const from = freshAddress();
        vanish(await opensMany(server.gateway, from, 10));
        const refused = await isRefused(server.gateway, from);
        const seconds = Number(refused.headers['retry-after']);
        assert.ok(seconds > 30 && seconds <= 60, `Retry-After ${seconds}`);
        assert.strictEqual(refused.headers['x-frame-options'], 'DENY');
        assert.strictEqual(refused.headers['access-control-allow-origin'], '*');
        vanish(await opensMany(server.gateway, freshAddress(), 1));
        assert.strictEqual((await http.get(server.gateway, '/health', {}, from)).status, 200);
    });

    test('[LIMIT-01] the answer is JSON, and the connection is closed behind it', async ({ server }) => {
        const from = freshAddress();
        vanish(await opensMany(server.gateway, from, 10));
        const text = await http.raw(server.gateway, 'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
            + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n', { from });
        assert.match(text, /^HTTP\/1\.1 429 /);
        assert.deepStrictEqual(JSON.parse(text.split('\r\n\r\n')[1]), tooMany);
    });

    test('[LIMIT-01] [LIMIT-12] refusals are counted and logged', async ({ server }) => {
        const from = freshAddress();
        vanish(await opensMany(server.gateway, from, 10));
        const before = await server.gateway.counters();
        await isRefused(server.gateway, from);
        await isRefused(server.gateway, from);
        const after = await server.gateway.counters();
        assert.strictEqual(after.handshakes_limited - before.handshakes_limited, 2);
        assert.strictEqual(after.connections_refused - before.connections_refused, 2);
        await server.gateway.line('handshakes_limited', ({ address }) => address === from);
    });

    test('[LIMIT-01] what is no handshake does not count', async ({ server }) => {
        const from = freshAddress();
        for (let i = 0; i < 15; i += 1) assert.strictEqual((await http.get(server.gateway, '/ws', {}, from)).status, 426);
        vanish(await opensMany(server.gateway, from, 10));
    });
});

suite('the window of handshakes', { gateway: { 'rate-limit-connections': 2, 'rate-limit-window': '2s' } }, ({ test }) => {
    test('[LIMIT-02] it slides, and what was refused is not counted', async ({ server }) => {
        const from = freshAddress();
        vanish(await opensMany(server.gateway, from, 2));
        await isRefused(server.gateway, from);
        await server.eventually('it may connect again', async () => {
            const client = await knock(server.gateway, from);
            if (client.status === undefined) client.vanish();
            return client.status === undefined;
        });
    });
});

suite('open connections of one address', { gateway: { 'connections-per-address': 3, 'rate-limit-connections': 0 } }, ({ test }) => {
    test('[LIMIT-03] so many at a time, and one more when one has gone', async ({ server }) => {
        const from = freshAddress();
        const clients = await opensMany(server.gateway, from, 3);
        await isRefused(server.gateway, from);
        await server.gateway.line('connections_limited', ({ address }) => address === from);
        vanish(await opensMany(server.gateway, freshAddress(), 1));
        await clients.pop().close();
        clients.push(await opens(server.gateway, from));
        await isRefused(server.gateway, from);
        clients.pop().vanish();
        await server.eventually('the place is free', async () => {
            const client = await knock(server.gateway, from);
            if (client.status === undefined) clients.push(client);
            return client.status === undefined;
        });
        vanish(clients);
    });
});

/* A bare socket: `opened`, `ended`, and what came. */
function connect(gateway, from) {
    const socket = net.connect({ host: '127.0.0.1', port: gateway.port, localAddress: from });
    socket.text = '';
    socket.on('data', (data) => { socket.text += data; });
    socket.on('error', () => {});
    socket.opened = new Promise((resolve) => { socket.on('connect', resolve); });
    socket.ended = new Promise((resolve) => { socket.on('close', resolve); });
    return socket;
}

suite('half-open sockets of one address', { gateway: { 'half-open-per-address': 3 } }, ({ test }) => {
    test('[LIMIT-04] one too many is closed at once without a word', async ({ server }) => {
        const from = freshAddress();
        const held = [connect(server.gateway, from), connect(server.gateway, from), connect(server.gateway, from)];
        await Promise.all(held.map((socket) => socket.opened));
        held[1].write('GET /health HT');
        held[2].write('POST /api/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{');
        const over = connect(server.gateway, from);
        await within(patienceMs, 'it was not closed', over.ended);
        assert.strictEqual(over.text, '');
        const counters = await server.gateway.counters();
        assert.ok(counters.half_open_limited >= 1);
        await server.gateway.line('half_open_limited', ({ address }) => address === from);
        assert.strictEqual((await http.get(server.gateway, '/health')).status, 200); /* of another address */
        held[0].destroy();
        await server.eventually('a place is free', async () => http.get(server.gateway, '/health', {}, from).then(() => true, () => false));
        held.forEach((socket) => socket.destroy());
    });

    test('[LIMIT-04] WebSockets are not half-open', async ({ server }) => {
        const from = freshAddress();
        const clients = await opensMany(server.gateway, from, 5);
        const held = [connect(server.gateway, from), connect(server.gateway, from)];
        await Promise.all(held.map((socket) => socket.opened));
        assert.strictEqual((await http.get(server.gateway, '/health', {}, from)).status, 200);
        held.forEach((socket) => socket.destroy());
        vanish(clients);
    });
});

suite('rooms of one address', {}, ({ test }) => {
    test('[LIMIT-05] the eleventh creation within a minute is 429 with Retry-After; others are not', async ({ server }) => {
        const from = freshAddress();
        await createMany(server.gateway, from, 10);
        await isNotCreated(server.gateway, from);
        await createMany(server.gateway, freshAddress(), 1);
        const { rooms_limited: limited } = await server.broker.counters();
        assert.ok(limited >= 1);
        await server.broker.line('request_limited', ({ address }) => address === from);
    });

    test('[LIMIT-05] with a password too, and nothing is hashed for it', async ({ server }) => {
        const from = freshAddress();
        await createMany(server.gateway, from, 10);
        const before = await server.broker.counters();
        const answer = await http.createRoom(server.gateway, { password: secret('password') }, { from });
        assert.strictEqual(answer.status, 429);
        assert.strictEqual((await server.broker.counters()).password_checks, before.password_checks);
    });

    test('[LIMIT-05] what the operator makes is not counted', async ({ server }) => {
        for (let i = 0; i < 12; i += 1) {
            const end = await run('mikromeet-admin', ['create'], server.environment());
            assert.strictEqual(end.status, 0, end.err);
        }
    });

    test('[LIMIT-06] joins that make rooms have a bucket of their own; over it: closed with 1008', async (world) => {
        const { gateway } = world.server;
        const from = freshAddress();
        const ann = await opens(gateway, from);
        for (let i = 0; i < 10; i += 1) await ann.join(freshRoom(), { isHost: true });
        await createMany(gateway, from, 1);
        const bob = await opens(gateway, from);
        bob.send('join', { roomId: freshRoom(), name: 'Bob', isHost: true });
        await bob.closed(1008);
        const cleo = await opens(gateway, from);
        await cleo.join(ann.room, { isHost: true }); /* makes none */
        await cleo.roster(ann);
        await ann.next('participant-joined', { participantId: cleo.id });
        ann.send('join', { roomId: freshRoom(), name: 'Ann', isHost: true, password: secret('password') });
        await ann.closed(1008);
        await cleo.next('participant-left', { participantId: ann.id });
        cleo.vanish();
    });
});

suite('two gateways', { gateways: 2, gateway: { 'rate-limit-connections': 3 }, broker: { 'rate-limit-rooms': 4 } }, ({ test }) => {
    test('[LIMIT-05] rooms are counted by the broker, [LIMIT-01] handshakes by each gateway', async ({ server }) => {
        const [one, two] = server.gateways;
        const from = freshAddress();
        await createMany(one, from, 2);
        await createMany(two, from, 2);
        await isNotCreated(one, from);
        await isNotCreated(two, from);
        for (const gateway of [one, two]) {
            vanish(await opensMany(gateway, from, 3));
            await isRefused(gateway, from);
        }
    });
});

suite('X-Forwarded-For', {
    gateway: { 'trusted-proxies': '127.1.1.0/24, 127.2.2.2', 'rate-limit-connections': 2, 'half-open-per-address': 2, 'connections-per-address': 0 },
    broker: { 'rate-limit-rooms': 2 },
}, ({ test }) => {
    const proxy = '127.1.1.7';
    const behind = (value) => ({ headers: { 'X-Forwarded-For': value } });

    test('[LIMIT-07] handshakes behind a trusted proxy count for the address it names', async ({ server }) => {
        vanish(await opensMany(server.gateway, proxy, 2, behind('198.51.100.1')));
        await isRefused(server.gateway, proxy, behind('198.51.100.1'));
        await isRefused(server.gateway, proxy, behind('203.0.113.9, 198.51.100.1'));
        await isRefused(server.gateway, proxy, behind('198.51.100.1, 127.2.2.2'));
        await isRefused(server.gateway, proxy, behind('::ffff:198.51.100.1'));
        await isRefused(server.gateway, '127.2.2.2', behind('198.51.100.1:4711'));
        vanish(await opensMany(server.gateway, proxy, 2, behind('198.51.100.2')));
        await server.gateway.line('handshakes_limited', ({ address }) => address === '198.51.100.1');
    });

    test('[LIMIT-07] so do rooms', async ({ server }) => {
        await createMany(server.gateway, proxy, 2, { 'X-Forwarded-For': '198.51.100.11' });
        await isNotCreated(server.gateway, proxy, { 'X-Forwarded-For': '198.51.100.11' });
        await createMany(server.gateway, proxy, 2, { 'X-Forwarded-For': '198.51.100.12' });
    });

    test('[LIMIT-07] joins bring the address that their handshake came with', async ({ server }) => {
        const [ann, bob] = await opensMany(server.gateway, proxy, 2, behind('198.51.100.21'));
        await ann.join(freshRoom(), { isHost: true });
        await bob.join(freshRoom(), { isHost: true });
        bob.send('join', { roomId: freshRoom(), name: 'Bob', isHost: true });
        await bob.closed(1008);
        const cleo = await opens(server.gateway, proxy, behind('198.51.100.22'));
        await cleo.join(freshRoom(), { isHost: true });
        vanish([ann, cleo]);
    });

    test('[LIMIT-07] nobody else is believed', async ({ server }) => {
        const from = freshAddress();
        vanish(await opensMany(server.gateway, from, 1, behind('198.51.100.31')));
        vanish(await opensMany(server.gateway, from, 1, behind('198.51.100.32')));
        await isRefused(server.gateway, from, behind('198.51.100.33'));
        assert.strictEqual((await http.get(server.gateway, '/health', { 'X-Forwarded-For': 'nonsense' }, from)).status, 200);
    });

    test('[LIMIT-07] without a header it is the proxy that counts', async ({ server }) => {
        const alone = '127.1.1.200';
        vanish(await opensMany(server.gateway, alone, 2));
        await isRefused(server.gateway, alone);
        await isRefused(server.gateway, alone, behind(''));
    });

    test('[LIMIT-07] repeated headers are one list', async ({ server }) => {
        const twice = (first, then) => `POST /api/rooms HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${first}\r\nX-Forwarded-For: ${then}\r\n`
            + 'Content-Length: 2\r\nConnection: close\r\n\r\n{}';
        for (const status of [201, 201, 429]) {
            const text = await http.raw(server.gateway, twice('203.0.113.40', '198.51.100.41'), { from: proxy });
            assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `));
        }
        assert.match(await http.raw(server.gateway, twice('203.0.113.40', '127.2.2.2'), { from: proxy }), /^HTTP\/1\.1 201 /);
        assert.match(await http.raw(server.gateway, twice('203.0.113.40', 'nobody'), { from: proxy }), /^HTTP\/1\.1 400 /);
    });

    test('[LIMIT-08] a header that names nobody is refused, and its text is not logged', async ({ server }) => {
        const before = await server.gateway.counters();
        const bad = ['unknown', '198.51.100', secret('forwarded'), '198.51.100.1:99999', `${'198.51.100.1, '.repeat(100)}198.51.100.1`];
        for (const value of bad) {
            const answer = await http.createRoom(server.gateway, {}, { from: proxy, headers: { 'X-Forwarded-For': value } });
            assert.strictEqual(answer.status, 400, value);
            assert.strictEqual(answer.json.reason, 'X-Forwarded-For');
            const refused = await knock(server.gateway, proxy, behind(value));
            assert.strictEqual(refused.status, 400, value);
        }
        const after = await server.gateway.counters();
        assert.strictEqual(after.forwarded_malformed - before.forwarded_malformed, 2 * bad.length);
        await server.gateway.line('forwarded_malformed', ({ address }) => address === proxy);
    });

    test('[LIMIT-09] IPv6 counts by its /64', async ({ server }) => {
        vanish(await opensMany(server.gateway, proxy, 1, behind('2001:db8:0:1::1')));
        vanish(await opensMany(server.gateway, proxy, 1, behind('[2001:db8:0:1:ffff::2]:443')));
        await isRefused(server.gateway, proxy, behind('2001:db8:0:1:1:2:3:4'));
        vanish(await opensMany(server.gateway, proxy, 2, behind('2001:db8:0:2::1')));
        await createMany(server.gateway, proxy, 2, { 'X-Forwarded-For': '2001:db8:0:1::1' });
        await isNotCreated(server.gateway, proxy, { 'X-Forwarded-For': '2001:db8:0:1::2' });
    });

    test('[LIMIT-04] a proxy may have many sockets', async ({ server }) => {
        const sockets = Array.from({ length: 8 }, () => connect(server.gateway, proxy));
        await Promise.all(sockets.map((socket) => socket.opened));
        assert.strictEqual((await http.get(server.gateway, '/health', {}, proxy)).status, 200);
        sockets.forEach((socket) => socket.destroy());
    });
});

suite('trusted-proxies', { server: false }, ({ test }) => {
    for (const [value, number] of [['10.0.0.0/33', 1], ['10.0.0.1/8', 1], ['::1, proxy.example.org', 2], ['10.0.0.0/8,', 2]]) {
        test(`[START-03] "${value}" refuses the start and names the place`, async (world) => {
            const folder = world.folder();
            const env = { HOME: folder, XDG_RUNTIME_DIR: folder, ...variables({ 'trusted-proxies': value }) };
            const end = await run('mikromeet-gateway', ['--check-config'], env);
            assert.strictEqual(end.status, 78);
            assert.match(end.err, new RegExp(`MIKROMEET_TRUSTED_PROXIES: number ${number} is no network`));
        });
    }
});

/* How long `body` takes, ms. */
async function timed(body) {
    const begun = Date.now();
    await body();
    return Date.now() - begun;
}

suite('messages of one connection', { gateway: { 'rate-limit-messages': 100 }, broker: { 'rate-limit-guesses': 0 } }, ({ test }) => {
    const flood = async (sender, receiver, count) => timed(async () => {
        for (let i = 0; i < count; i += 1) sender.send('quality-change', { targetId: receiver.id, quality: 'low', number: i });
        for (let i = 0; i < count; i += 1) await receiver.next('quality-change', { number: i });
    });

    const meetIn = async (world, maxParticipants) => {
        await http.createRoom(world.server.gateway, { roomId: world.room, maxParticipants });
        return meet(world, { name: 'Ann', join: { isHost: false } }, 'Bob');
    };

    test('[LIMIT-10] beyond the burst it is read more slowly, without an error', async (world) => {
        const [ann, bob] = await meetIn(world, 2);
        assert.ok(await flood(ann, bob, 280) >= 1900, 'it was not slowed down'); /* 80 at once, the others in 2 s */
        await world.server.eventually('it is counted', async () => (await ann.gateway.counters()).messages_slowed > 0);
        await ann.gateway.line('connection_slowed', ({ reason }) => reason === 'messages');
        await settle(bob, ann);
    });

    test('[LIMIT-10] others are not', async (world) => {
        const [ann, bob] = await meetIn(world, 2);
        const flooded = flood(ann, bob, 280);
        const cleo = await world.client('Cleo');
        await cleo.join(freshRoom(), { isHost: true });
        for (let i = 0; i < 50; i += 1) {
            cleo.send('chat', { text: `${i}` });
            assert.ok(await timed(() => cleo.next('chat', { text: `${i}` })) < second, 'it waited for somebody else');
        }
        await flooded;
    });

    test('[LIMIT-10] the burst grows with the seats of the room', async (world) => {
        const [ann, bob] = await meetIn(world, 50);
        const before = await ann.gateway.counters();
        await flood(ann, bob, 1900);
        assert.strictEqual((await ann.gateway.counters()).messages_slowed, before.messages_slowed);
    });

    test('[LIMIT-10] what is refused counts too, and what comes before a join', async (world) => {
        const ann = await world.client('Ann');
        const [bob] = await meet(world, 'Bob');
        const took = await timed(async () => {
            for (let i = 0; i < 210; i += 1) ann.send('join', { roomId: 'nobody-made-this' });
            for (let i = 0; i < 210; i += 1) await ann.error('ROOM_NOT_FOUND');
            await ann.join(world.room);
            await ann.roster(bob);
            await bob.next('participant-joined');
            for (let i = 0; i < 210; i += 1) ann.sendText('{"type":"chat"}');
            for (let i = 0; i < 210; i += 1) await ann.error('INVALID_MESSAGE');
        });
        assert.ok(took >= 900, 'it was not slowed down'); /* 8 seats: 320 at once */
        await settle(bob);
    });
});

suite('chunks of one connection', { gateway: { 'rate-limit-chunks': '1MiB' } }, ({ test }) => {
    test('[LIMIT-11] they pass at their rate, unharmed and in order, and chat of others goes on', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        const chunk = 'x'.repeat(64 * 1024);
        const total = 48; /* 3 MiB: one at once, two at a mebibyte a second */
        const took = await timed(async () => {
            for (let index = 0; index < total; index += 1) ann.send('file-chunk', { targetId: bob.id, transferId: 't', chunk, index, total });
            await timed(async () => {
                bob.send('chat', { text: 'meanwhile' });
                await ann.next('chat', { text: 'meanwhile' });
            });
            const seen = [];
            while (seen.length < total) {
                const message = await bob.next();
                if (message.type === 'file-chunk') seen.push(message);
            }
            seen.forEach((message, index) => assert.strictEqual(message.index, index));
            assert.ok(seen.every((message) => message.chunk === chunk));
        });
        assert.ok(took >= 1900, `took ${took} ms`);
        assert.ok((await ann.gateway.counters()).chunks_slowed > 0);
        await settle(ann, bob);
    });

    test('[LIMIT-11] small ones count for more than they weigh', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        const total = 512; /* 4 KiB each: a second more than the burst */
        const took = await timed(async () => {
            for (let index = 0; index < total; index += 1) ann.send('file-chunk', { targetId: bob.id, transferId: 't', chunk: '', index, total });
            for (let index = 0; index < total; index += 1) await bob.next('file-chunk', { index });
        });
        assert.ok(took >= 900, `took ${took} ms`);
    });
});

suite('guesses of room ids', { gateway: { 'rate-limit-connections': 0 }, broker: { 'rate-limit-guesses': 3 } }, ({ test }) => {
    test('[GUESS-01] some are free, then every join of the address waits; others do not', async (world) => {
        const { gateway } = world.server;
        const [host] = await meet(world, 'Host');
        const from = freshAddress();
        const ann = await opens(gateway, from);
        assert.ok(await timed(async () => { for (let i = 0; i < 3; i += 1) await guess(ann); }) < second, 'it waited too early');
        const bob = await opens(gateway, from);
        assert.ok(await timed(() => guess(ann)) >= 900, 'it did not wait');
        assert.ok(await timed(async () => { await bob.join(world.room); await bob.roster(host); }) >= 1900, 'it did not wait');
        await host.next('participant-joined', { participantId: bob.id });
        bob.send('chat', { text: 'seated' });
        assert.ok(await timed(() => bob.next('chat')) < second, 'who is in waits for nothing');
        await host.next('chat');
        const cleo = await world.client('Cleo');
        assert.ok(await timed(() => guess(cleo)) < second, 'another address waited');
        assert.ok((await world.server.broker.counters()).guess_delays >= 2);
        vanish([ann, bob]);
    });

    test('[GUESS-02] joins of rooms that are there are no guesses', async (world) => {
        const [host] = await meet(world, 'Host');
        const ann = await world.client('Ann');
        const took = await timed(async () => {
            for (let i = 0; i < 8; i += 1) {
                await ann.join(world.room);
                await ann.roster(host);
                await host.next('participant-joined');
                ann.send('leave');
                await host.next('participant-left');
            }
        });
        assert.ok(took < second, 'it waited');
    });

    test('[GUESS-01] many at once do not pass for one', async (world) => {
        const from = freshAddress();
        const clients = await opensMany(world.server.gateway, from, 6);
        const times = await Promise.all(clients.map((client) => timed(() => guess(client))));
        assert.strictEqual(times.filter((time) => time < 900).length, 3, `${times}`);
        vanish(clients);
    });
});

suite('limits that are turned off', {
    gateway: { 'rate-limit-connections': 0, 'connections-per-address': 0, 'half-open-per-address': 0, 'rate-limit-messages': 0, 'rate-limit-chunks': 0 },
    broker: { 'rate-limit-rooms': 0, 'rate-limit-guesses': 0 },
}, ({ test }) => {
    test('[LIMIT-13] 0 turns each off', async (world) => {
        const { gateway } = world.server;
        const from = freshAddress();
        const clients = await opensMany(gateway, from, 70);
        await createMany(gateway, from, 15);
        const [ann, bob] = clients;
        for (let i = 0; i < 15; i += 1) await ann.join(freshRoom(), { isHost: true });
        assert.ok(await timed(async () => { for (let i = 0; i < 30; i += 1) await guess(bob); }) < second);
        await bob.join(ann.room);
        await bob.roster(ann);
        await ann.next('participant-joined');
        for (let i = 0; i < 600; i += 1) ann.send('quality-change', { targetId: bob.id, quality: 'low', number: i });
        for (let i = 0; i < 600; i += 1) await bob.next('quality-change', { number: i });
        const chunk = 'x'.repeat(128 * 1024);
        for (let i = 0; i < 48; i += 1) {
            ann.send('file-chunk', { targetId: bob.id, transferId: 't', chunk, index: i, total: 48 });
            await bob.next('file-chunk', { index: i });
        }
        const sockets = Array.from({ length: 50 }, () => connect(gateway, from));
        await Promise.all(sockets.map((socket) => socket.opened));
        assert.strictEqual((await http.get(gateway, '/health', {}, from)).status, 200);
        sockets.forEach((socket) => socket.destroy());
        vanish(clients);
        const counters = await gateway.counters();
        for (const name of ['handshakes_limited', 'connections_limited', 'half_open_limited', 'messages_slowed', 'chunks_slowed'])
            assert.strictEqual(counters[name], 0, name);
    });
});
