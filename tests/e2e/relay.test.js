/* Messages for one participant: who gets them, and that they arrive as they were sent. */
'use strict';

const { createHash, randomBytes } = require('node:crypto');
const { assert, suite, meet, settle, secret, rawText } = require('./harness');

/* One of each kind, as the reference has it. */
const relays = {
    offer: { sdp: 'v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\n' },
    answer: { sdp: 'v=0\r\n' },
    'ice-candidate': { candidate: { candidate: 'candidate:1 1 UDP 2122 192.0.2.1 54400 typ host', sdpMid: '0', sdpMLineIndex: 0 } },
    'file-offer': { transferId: 'transfer-1', fileName: 'notes.pdf', fileSize: 245760, fileType: 'application/pdf' },
    'file-answer': { transferId: 'transfer-1', accepted: true },
    'file-chunk': { transferId: 'transfer-1', chunk: 'aGVsbG8=', index: 0, total: 12 },
    'quality-change': { quality: 'low' },
};

/* `sent` goes from one to the other; what arrives is that, save what the server sets. */
async function passes(from, to, type, members) {
    from.send(type, { targetId: to.id, timestamp: 1234567890, ...members });
    const got = await to.next(type);
    assert.deepStrictEqual({ ...got }, {
        type, roomId: from.room, participantId: from.id, targetId: to.id, timestamp: 1234567890, ...members,
    });
    return got;
}

suite('relay', {}, ({ test }) => {
    for (const [type, members] of Object.entries(relays)) {
        test(`[RELAY-01] [RELAY-02] [RELAY-03] ${type} goes to its target alone, as it was sent`, async (world) => {
            const [ann, bob, cleo] = await meet(world, 'Ann', 'Bob', 'Cleo');
            await passes(ann, bob, type, members);
            await passes(bob, ann, type, members);
            await passes(cleo, bob, type, members);
            await settle(ann, bob, cleo);
        });

        test(`[RELAY-02] [RELAY-03] [RELAY-04] ${type} with a wrong sender, no timestamp and unknown members`, async (world) => {
            const [ann, bob] = await meet(world, 'Ann', 'Bob');
            const unknown = { colour: 'green', list: [1, 'two', null, { three: 3 }], none: null, 'key with "quotes"': '\u0001', '': 0 };
            const before = Date.now();
            ann.sendText(JSON.stringify({ type, roomId: 'OTHER1', participantId: bob.id, targetId: bob.id, ...members, ...unknown }));
            const got = await bob.next(type, { ...members, ...unknown, participantId: ann.id, roomId: world.room, targetId: bob.id });
            assert.ok(got.timestamp >= before - 5000 && got.timestamp <= Date.now() + 5000, String(got.timestamp));
        });
    }

    test('[RELAY-05] candidate passes as sent', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        const candidates = [null, {}, { candidate: '', sdpMid: '0', sdpMLineIndex: 0 },
            { candidate: 'candidate:1', sdpMid: null, sdpMLineIndex: null, usernameFragment: null },
            { candidate: 'candidate:1', sdpMid: '', sdpMLineIndex: 0, usernameFragment: 'abcd' }, 'candidate:1', '', 0, false, [null, {}]];
        for (const candidate of candidates) await passes(ann, bob, 'ice-candidate', { candidate });
    });

    test('[RELAY-06] many messages of one sender arrive in order', async (world) => {
        const [ann, bob, cleo] = await meet(world, 'Ann', 'Bob', 'Cleo');
        const count = 300;
        for (let i = 0; i < count; i += 1) {
            if (i % 3 === 0) ann.send('chat', { text: 'chat', number: i });
            else ann.send(i % 3 === 1 ? 'offer' : 'ice-candidate', { targetId: bob.id, sdp: 'v=0', candidate: null, number: i });
        }
        for (let i = 0; i < count; i += 1) await bob.next(undefined, { number: i });
        for (let i = 0; i < count; i += 3) await cleo.next('chat', { number: i });
        for (let i = 0; i < count; i += 3) await ann.next('chat', { number: i });
        await settle(ann, bob, cleo);
    });

    test('[RELAY-06] a large offer does not let a small one pass', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        for (let i = 0; i < 20; i += 1) ann.send('offer', { targetId: bob.id, sdp: i % 2 ? 'v=0' : 'x'.repeat(100000), number: i });
        for (let i = 0; i < 20; i += 1) await bob.next('offer', { number: i });
    });

    test('[RELAY-07] fileType and chunk may be empty', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        await passes(ann, bob, 'file-offer', { ...relays['file-offer'], fileType: '', fileSize: 0 });
        await passes(ann, bob, 'file-chunk', { ...relays['file-chunk'], chunk: '' });
    });

    test('[RELAY-08] quality is one of three', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        for (const quality of ['high', 'medium', 'low']) await passes(ann, bob, 'quality-change', { quality });
        for (const quality of ['', 'LOW', 'best', 'lo', 'lower', 1, null]) {
            ann.send('quality-change', { targetId: bob.id, quality });
            await ann.error('INVALID_MESSAGE', 'Invalid message format');
        }
        await settle(ann, bob);
    });

    test('[RELAY-09] the target reads its own id in targetId', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        ann.send('offer', { targetId: bob.id, sdp: secret('sdp') });
        await bob.next('offer', { targetId: bob.id });
    });

    test('[RELAY-10] a file passes unharmed while others talk', async (world) => {
        const [ann, bob, cleo] = await meet(world, 'Ann', 'Bob', 'Cleo');
        const file = randomBytes(3 * 1024 * 1024);
        const size = 16384;
        const total = file.length / size;
        for (let i = 0; i < total; i += 1) {
            const chunk = file.subarray(i * size, (i + 1) * size).toString('base64');
            ann.send('file-chunk', { targetId: bob.id, transferId: 't', chunk, index: i, total });
            if (i % 4 === 0) cleo.send('chat', { text: `chat ${i}` });
        }
        const parts = [];
        const heard = [];
        while (parts.length < total || heard.length < total / 4) {
            const message = await bob.next();
            if (message.type === 'chat') heard.push(message.text);
            else parts.push(message);
        }
        parts.forEach((part, i) => assert.deepStrictEqual([part.type, part.index, part.participantId], ['file-chunk', i, ann.id]));
        heard.forEach((text, i) => assert.strictEqual(text, `chat ${i * 4}`));
        const arrived = Buffer.concat(parts.map((part) => Buffer.from(part.chunk, 'base64')));
        const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
        assert.strictEqual(digest(arrived), digest(file));
    });

    test('[RELAY-10] files cross each other in every direction', async (world) => {
        const people = await meet(world, 'Ann', 'Bob', 'Cleo');
        const count = 30;
        for (let i = 0; i < count; i += 1) {
            for (const from of people) {
                for (const to of people) {
                    if (from !== to) from.send('file-chunk', { targetId: to.id, transferId: 't', chunk: 'x'.repeat(20000), index: i, total: count });
                }
            }
        }
        for (const to of people) {
            const next = {};
            for (let i = 0; i < 2 * count; i += 1) {
                const { participantId, index } = await to.next('file-chunk');
                assert.strictEqual(index, next[participantId] || 0);
                next[participantId] = index + 1;
            }
        }
        await settle(...people);
    });

    test('[BOUND-10] numbers arrive as they were sent', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        const texts = ['0', '-1', '9007199254740992', '-9007199254740992', '9007199254740991', '1.5', '0.1', '-0.25', '1e21', '1E2', '1e-7',
            '5e-324', '1.7976931348623157e308', '2.2250738585072014e-308', '123456789012345680000', '0.30000000000000004', '1e-400'];
        for (const text of texts) {
            ann.sendText(`{"type":"offer","targetId":"${bob.id}","sdp":"v=0","number":${text}}`);
            const got = await bob.next('offer');
            assert.ok(Object.is(got.number, Number(text)) || got.number === Number(text), `${text} arrived as ${got.number}`);
            const printed = /"number":([^,}]+)/.exec(got[rawText])[1];
            assert.ok(printed.length <= String(Number(text)).length + 2, `${text} was printed as ${printed}`);
        }
        for (const text of ['1e309', '-1e309', `1${'0'.repeat(400)}`, '1e999999999']) {
            ann.sendText(`{"type":"offer","targetId":"${bob.id}","sdp":"v=0","number":${text}}`);
            await ann.error('INVALID_MESSAGE');
        }
    });

    test('[BOUND-17] any text passes unharmed', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        let controls = '';
        for (let i = 0; i < 0x20; i += 1) controls += String.fromCharCode(i);
        const texts = [controls, '"\\/', '\u2028\u2029\u007f\u0080\ufeff\ufffe\uffff', '\u{1f600}\u{10ffff}', 'é'.repeat(1000), '</script>', '\\u0000',
            'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(65)];
        for (const text of texts) await passes(ann, bob, 'offer', { sdp: text, [`key ${text.slice(0, 20)}`]: text });
        ann.sendText(`{"type":"offer","targetId":"${bob.id}","sdp":"\\u0041\\ud83d\\uDE00\\/\\b\\f\\n\\r\\t\\u0000"}`);
        await bob.next('offer', { sdp: 'A\u{1f600}/\b\f\n\r\t\u0000' });
    });
});
