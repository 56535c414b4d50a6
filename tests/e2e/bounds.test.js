/* How much of everything, and how long: the bounds from outside. */
'use strict';

const net = require('node:net');
const { randomBytes } = require('node:crypto');
const { assert, suite, meet, settle, freshAddress, within, patienceMs } = require('./harness');

const invalid = ['INVALID_MESSAGE', 'Invalid message format'];
const target = 'target'; /* stands for the id of the other */

/* [row, type, members that pass, members that do not]; each is laid over a message that is good. */
const good = {
    chat: { text: 'x' },
    offer: { targetId: target, sdp: 'v=0' },
    answer: { targetId: target, sdp: 'v=0' },
    'ice-candidate': { targetId: target, candidate: null },
    'file-offer': { targetId: target, transferId: 't', fileName: 'f', fileSize: 1, fileType: 'text/plain' },
    'file-answer': { targetId: target, transferId: 't', accepted: true },
    'file-chunk': { targetId: target, transferId: 't', chunk: 'aGk=', index: 0, total: 1 },
};

const candidateOf = (bytes) => ({ candidate: 'x'.repeat(bytes - '{"candidate":""}'.length) });
const twoTo31 = 2 ** 31;

const bounds = [
    ['BOUND-02', 'offer', [{ sdp: 'x' }, { sdp: 'x'.repeat(131072) }], [{ sdp: '' }, { sdp: 'x'.repeat(131073) }]],
    ['BOUND-02', 'answer', [{ sdp: 'é'.repeat(65536) }], [{ sdp: `${'é'.repeat(65536)}x` }]],
    ['BOUND-03', 'ice-candidate', [{ candidate: candidateOf(4096) }], [{ candidate: candidateOf(4097) }]],
    ['BOUND-04', 'chat', [{ text: ' ' }, { text: 'x'.repeat(4000) }], [{ text: '' }, { text: 'x'.repeat(4001) }]],
    ['BOUND-16', 'chat', [{ text: 'é'.repeat(4000) }, { text: '\u{1f600}'.repeat(4000) }], [{ text: '\u{1f600}'.repeat(4001) }]],
    ['BOUND-05', 'chat', [{ replyTo: 'x' }, { replyTo: '\u{1f600}'.repeat(64) }], [{ replyTo: '' }, { replyTo: 'x'.repeat(65) }]],
    ['BOUND-05', 'file-offer', [{ transferId: 'x'.repeat(64) }], [{ transferId: '' }, { transferId: 'x'.repeat(65) }]],
    ['BOUND-05', 'file-answer', [{ transferId: 'x'.repeat(64) }], [{ transferId: '' }, { transferId: 'x'.repeat(65) }]],
    ['BOUND-05', 'file-chunk', [{ transferId: 'x'.repeat(64) }], [{ transferId: '' }, { transferId: 'x'.repeat(65) }]],
    ['BOUND-06', 'file-offer', [{ fileName: 'x' }, { fileName: 'é'.repeat(255) }, { fileType: '' }, { fileType: 'x'.repeat(255) }],
        [{ fileName: '' }, { fileName: 'x'.repeat(256) }, { fileType: 'x'.repeat(256) }]],
    ['BOUND-08', 'file-chunk', [{ index: twoTo31, total: twoTo31 }, { index: 0, total: 0 }],
        [{ index: twoTo31 + 1 }, { total: twoTo31 + 1 }, { index: -1 }, { total: -1 }, { index: 0.5 }, { index: 1e300 }]],
    ['BOUND-12', 'chat', [], [{ text: 5 }, { text: ['x'] }, { text: { x: 1 } }, { text: true }, { replyTo: 5 }, { text: undefined }]],
    ['BOUND-12', 'offer', [], [{ sdp: 5 }, { sdp: undefined }, { sdp: {} }]],
    ['BOUND-12', 'ice-candidate', [], [{ candidate: undefined }]],
    ['BOUND-12', 'file-offer', [], ['transferId', 'fileName', 'fileSize', 'fileType'].map((member) => ({ [member]: undefined }))],
    ['BOUND-12', 'file-offer', [], [{ fileSize: '5' }, { fileType: 5 }, { fileName: {} }, { fileSize: -1 }]],
    ['BOUND-12', 'file-answer', [], [{ accepted: undefined }, { accepted: 1 }, { accepted: 'true' }]],
    ['BOUND-12', 'file-chunk', [], ['transferId', 'chunk', 'index', 'total'].map((member) => ({ [member]: undefined }))],
    ['BOUND-12', 'file-chunk', [], [{ index: '0' }, { total: true }, { chunk: 5 }]],
    ['BOUND-11', 'chat', [{ replyTo: null }], [{ text: null }]],
    ['BOUND-11', 'file-offer', [], ['transferId', 'fileName', 'fileSize', 'fileType'].map((member) => ({ [member]: null }))],
    ['BOUND-11', 'offer', [], [{ sdp: null }]],
    ['BOUND-11', 'file-answer', [], [{ accepted: null }]],
    ['BOUND-11', 'file-chunk', [], [{ index: null }, { chunk: null }]],
];

suite('bounds of members', {}, ({ test }) => {
    bounds.forEach(([row, type, passing, failing], i) => {
        test(`[${row}] ${type}: bounds (${i + 1})`, async (world) => {
            const [ann, bob] = await meet(world, 'Ann', 'Bob');
            const message = (members) => ({ ...good[type], ...('targetId' in good[type] ? { targetId: bob.id } : {}), ...members });
            for (const members of passing) {
                ann.send(type, message(members));
                const wanted = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
                await bob.next(type, wanted);
                if (type === 'chat') await ann.next(type, wanted);
            }
            for (const members of failing) {
                ann.send(type, message(members));
                const error = await ann.error(...invalid);
                assert.ok(error.reason, `no reason for ${JSON.stringify(members).slice(0, 100)}`);
            }
            await settle(ann, bob);
        });
    });

    test('[BOUND-07] the reason of a rejection', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        for (const reason of ['x'.repeat(201), 5, {}]) {
            ann.send('reject-user', { targetId: bob.id, reason });
            await ann.error(...invalid);
        }
        await settle(ann, bob);
    });

    test('[BOUND-01] 64 KiB for all but offers, answers and chunks', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        const padded = (type, bytes) => {
            const base = { type, ...good[type], ...('targetId' in good[type] ? { targetId: bob.id } : {}), pad: '' };
            const bare = JSON.stringify(base).length;
            return JSON.stringify({ ...base, pad: 'x'.repeat(bytes - bare) });
        };
        for (const type of ['chat', 'ice-candidate', 'file-offer', 'file-answer']) {
            ann.sendText(padded(type, 65536));
            await bob.next(type);
            if (type === 'chat') await ann.next(type);
            ann.sendText(padded(type, 65537));
            await ann.error(...invalid);
        }
        for (const type of ['offer', 'answer', 'file-chunk']) {
            ann.sendText(padded(type, 200000));
            await bob.next(type);
        }
        await settle(ann, bob);
    });

    test('[BOUND-15] a chunk that fills a whole message', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        const members = { targetId: bob.id, transferId: 't', index: 0, total: 1 };
        const bare = JSON.stringify({ type: 'file-chunk', ...members, chunk: '' }).length;
        const chunk = 'x'.repeat(262144 - bare);
        ann.sendText(JSON.stringify({ type: 'file-chunk', ...members, chunk }));
        await bob.next('file-chunk', { chunk });
        await settle(ann, bob);
    });

    test('[BOUND-09] nesting and number of members', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        const nested = (depth) => `{"type":"chat","text":"x","deep":${'['.repeat(depth)}${']'.repeat(depth)}}`;
        const many = (count) => JSON.stringify({ type: 'chat', text: 'x',
            ...Object.fromEntries(Array.from({ length: count - 2 }, (_, i) => [`m${i}`, i])) });
        for (const text of [nested(14), many(64)]) {
            ann.sendText(text);
            for (const person of [ann, bob]) await person.next('chat');
        }
        for (const text of [nested(17), many(65), nested(1000), `${'['.repeat(30000)}`]) {
            ann.sendText(text);
            await ann.error(...invalid);
        }
        await settle(ann, bob);
    });

    test('[BOUND-12] a known member given twice', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        for (const text of ['{"type":"chat","text":"a","text":"b"}', '{"type":"chat","type":"chat","text":"a"}',
            '{"text":"a","type":"chat","te\\u0078t":"b"}', '{"type":"chat","text":"a","replyTo":null,"replyTo":"x"}',
            '{"type":"chat","type":"leave","text":"a"}']) {
            ann.sendText(text);
            await ann.error(...invalid);
        }
        await settle(ann, bob);
    });

    test('[BOUND-13] an unpaired surrogate', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        for (const escape of ['\\ud800', '\\udfff', '\\ude00\\ud83d', '\\ud83d\\ud83d\\ude00', '\\ud83dx', '\\ud83d\\n']) {
            ann.sendText(`{"type":"chat","text":"${escape}"}`);
            await ann.error(...invalid);
            ann.sendText(`{"type":"chat","text":"x","other":{"a":["${escape}"]}}`);
            await ann.error(...invalid);
            ann.sendText(`{"type":"chat","text":"x","${escape}":1}`);
            await ann.error(...invalid);
        }
        await settle(ann, bob);
    });

    test('[BOUND-14] only the type is needed', async (world) => {
        const ann = await world.client('Ann');
        ann.sendText(`{"type":"join","roomId":"${world.room}","isHost":true}`);
        await ann.seated({ name: 'Guest' });
        ann.sendText('{"text":"hello","type":"chat"}');
        await ann.next('chat', { text: 'hello', participantId: ann.id, roomId: world.room });
        ann.sendText('{"type":"join"}');
        await ann.error(...invalid);
    });

    test('[BOUND-11] null in an optional member means absent', async (world) => {
        const ann = await world.client('Ann');
        await ann.join(world.room, { isHost: true, password: null, creatorToken: null, name: null });
        const bob = await world.client('Bob');
        await bob.join(world.room, { isHost: null });
        await bob.roster(ann);
        await ann.next('participant-joined');
        bob.send('participant-updated', { isMuted: true, isVideoOff: null });
        await ann.next('participant-updated', { isMuted: true, isVideoOff: false });
    });

    test('[CLOSE-01] a binary message', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        bob.sendBytes(Buffer.from('{"type":"chat","text":"x"}'), { binary: true });
        await bob.closed(1003);
        await ann.next('participant-left', { participantId: bob.id });
    });

    test('[CLOSE-02] [CLOSE-06] invalid UTF-8', async (world) => {
        const [ann] = await meet(world, 'Ann');
        for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80]]) {
            const bob = await world.client('Bob');
            await bob.join(world.room);
            await bob.roster(ann);
            await ann.next('participant-joined');
            bob.sendBytes(Buffer.concat([Buffer.from('{"type":"chat","text":"'), Buffer.from(bytes), Buffer.from('"}')]), { binary: false });
            await bob.closed(1007);
            await ann.next('participant-left', { participantId: bob.id });
        }
        await settle(ann);
    });

    test('[CLOSE-02] a character may be split between frames', async (world) => {
        const [ann] = await meet(world, 'Ann');
        const bytes = Buffer.from('{"type":"chat","text":"\u{1f600}"}');
        for (let i = 0; i < bytes.length; i += 1) ann.sendBytes(bytes.subarray(i, i + 1), { binary: false, fin: i === bytes.length - 1 });
        await ann.next('chat', { text: '\u{1f600}' });
    });

    test('[CLOSE-04] [CLOSE-06] a message over 256 KiB', async (world) => {
        const [ann] = await meet(world, 'Ann');
        for (const pieces of [1, 2, 50]) {
            const bob = await world.client('Bob');
            await bob.join(world.room);
            await bob.roster(ann);
            await ann.next('participant-joined');
            const text = Buffer.from(JSON.stringify({ type: 'file-chunk', chunk: 'x'.repeat(262144) }));
            const size = Math.ceil(text.length / pieces);
            for (let i = 0; i < pieces; i += 1) bob.sendBytes(text.subarray(i * size, (i + 1) * size), { binary: false, fin: i === pieces - 1 });
            await bob.closed(1009);
            await ann.next('participant-left', { participantId: bob.id });
        }
        await settle(ann);
    });

    test('[CLOSE-03] ten messages before a join, and one more', async (world) => {
        const ann = await world.client('Ann');
        for (let i = 0; i < 10; i += 1) ann.send('hello');
        for (let i = 0; i < 10; i += 1) await ann.error('UNKNOWN_MESSAGE_TYPE');
        await ann.join(world.room, { isHost: true });
        for (let i = 0; i < 50; i += 1) ann.send('hello');
        for (let i = 0; i < 50; i += 1) await ann.error('UNKNOWN_MESSAGE_TYPE');
        const bob = await world.client('Bob');
        for (let i = 0; i < 11; i += 1) bob.send('chat', { text: 'x' });
        await bob.closed(1008, null);
    });
});

/* Sends the start of a WebSocket by hand, to be as slow as a test needs. */
async function openByHand(gateway) {
    const socket = net.connect({ host: '127.0.0.1', port: gateway.port, localAddress: freshAddress() });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {});
    const answered = new Promise((resolve) => {
        let head = '';
        socket.on('data', (data) => {
            head += data.toString('latin1');
            if (head.includes('\r\n\r\n')) resolve(head);
        });
    });
    socket.write('GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
        + `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`);
    assert.match(await within(patienceMs, 'no answer to the handshake', answered), /^HTTP\/1\.1 101 /);
    return { socket, closed: within(patienceMs, 'the server kept the connection', closed) };
}

suite('deadlines', { gateway: { 'join-deadline': '600ms', 'ping-interval': '200ms', 'idle-timeout': '900ms', 'message-deadline': '500ms' } }, ({ test }) => {
    test('[CLOSE-05] no join in time', async (world) => {
        const begun = Date.now();
        const [ann] = await meet(world, 'Ann');
        const left = await world.client('Left');
        await left.join(world.room);
        left.send('leave');
        await left.until('participant-joined');
        const silent = await world.client('Silent');
        const chatty = await world.client('Chatty');
        chatty.send('chat', { text: 'x' });
        await chatty.error('NOT_JOINED');
        await silent.closed(4002);
        await chatty.closed(4002);
        assert.ok(Date.now() - begun >= 590, `after ${Date.now() - begun} ms`);
        await ann.until('participant-left');
        await settle(ann);
        await left.heardNothing(); /* joined once: it may stay */
    });

    test('[TIME-01] [TIME-02] [TIME-03] pings go on, who answers stays, who does not is gone', async (world) => {
        const begun = Date.now();
        const [ann, bob] = await meet(world, 'Ann', { name: 'Bob', autoPong: false });
        await ann.next('participant-left', { participantId: bob.id });
        assert.ok(Date.now() - begun >= 850, `after ${Date.now() - begun} ms`);
        assert.ok(ann.pings >= 3, `${ann.pings} pings`);
        assert.ok(bob.pings >= 2, `${bob.pings} pings`);
        await settle(ann);
        await bob.closed(undefined, null);
    });

    test('[TIME-04] a message that never ends', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        bob.sendBytes(Buffer.from('{"type":"chat",'), { binary: false, fin: false });
        await ann.next('participant-left', { participantId: bob.id });
        await bob.closed(undefined, null);
        await settle(ann);
    });

    test('[TIME-04] a frame that never ends', async ({ server }) => {
        const { socket, closed } = await openByHand(server.gateway);
        socket.write(Buffer.from([0x81, 0xfe, 0x10, 0x00, 1, 2, 3, 4, 5, 6])); /* 4,096 bytes announced, two sent */
        await closed;
    });
});

suite('connections against limits', { server: false }, ({ test }) => {
    test('[CLOSE-07] too many connections', async (world) => {
        const server = await world.start({ gateways: 1, gateway: { 'max-connections': 2 } });
        await server.eventually('the probe is gone', async () => (await server.gateway.counters()).connections === 0, 200);
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        const cleo = await world.client('Cleo');
        await cleo.closed(1013);
        await settle(ann, bob);
        await bob.close();
        await ann.next('participant-left');
        const dora = await world.client('Dora');
        await dora.join(world.room);
    });

    test('[TIME-05] nobody is silent while the broker is away', async (world) => {
        const server = await world.start({ gateways: 1, settings: { 'link-timeout': '500ms' },
            gateway: { 'idle-timeout': '600ms', 'ping-interval': '200ms', 'join-deadline': '600ms' } });
        const witness = await world.client('witness');
        await witness.join(world.room, { isHost: true });
        await server.broker.kill();
        await witness.closed(1012);
        const ann = await world.client('Ann');
        ann.room = world.room;
        ann.send('join', { name: 'Ann', isHost: true });
        const silent = await world.client('silent', { autoPong: false });
        server.startBroker();
        await ann.seated();
        await silent.closed(undefined, null); /* read again, its silence counts */
        await ann.heardNothing();
    });
});
