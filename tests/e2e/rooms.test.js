/* POST /api/rooms, and how long rooms live. */
'use strict';

const { assert, suite, meet, http, secret, freshRoom, freshAddress, uuid } = require('./harness');

const limitReached = 'Cannot create room. Limit reached or room ID already exists.';

async function refused(gateway, room) {
    const answer = await http.createRoom(gateway, room);
    assert.strictEqual(answer.status, 400, `${JSON.stringify(room)}: ${answer.text}`);
    assert.strictEqual(answer.json.error, 'Invalid request body');
}

async function created(gateway, room, options) {
    const answer = await http.createRoom(gateway, room, options);
    assert.strictEqual(answer.status, 201, `${JSON.stringify(room)}: ${answer.text}`);
    return answer.json;
}

suite('rooms over HTTP', { broker: { 'max-latent-rooms': 100000, 'max-latent-rooms-per-address': 100000 } }, ({ test }) => {
    test('[ROOMS-01] all members of the reference', async ({ server, room }) => {
        const answer = await http.createRoom(server.gateway, {
            roomId: room, password: 'secret', maxParticipants: 8, title: 'Roadmap sync',
            scheduledStart: 1777550400000, scheduledEnd: 1777552200000,
        });
        assert.strictEqual(answer.status, 201);
        assert.match(answer.headers['content-type'], /^application\/json/);
        assert.match(answer.json.creatorToken, uuid);
        assert.deepStrictEqual(answer.json, {
            roomId: room, creatorToken: answer.json.creatorToken, title: 'Roadmap sync',
            scheduledStart: 1777550400000, scheduledEnd: 1777552200000,
        });
    });

    test('[ROOMS-01] [ROOMS-02] nothing given, null or unknown', async ({ server }) => {
        const bodies = [{}, { roomId: null, password: null, maxParticipants: null, title: null, scheduledStart: null, scheduledEnd: null },
            { colour: 'green', nested: { deep: [1, 2, 3] } }];
        for (const body of bodies)
            assert.deepStrictEqual(Object.keys(await created(server.gateway, body)), ['roomId', 'creatorToken']);
        const empty = await http.request(server.gateway, '/api/rooms', { method: 'POST', headers: { 'Content-Length': 0 } });
        assert.strictEqual(empty.status, 201, empty.text);
        assert.deepStrictEqual(Object.keys(empty.json), ['roomId', 'creatorToken']);
    });

    test('[ROOMS-03] no JSON object', async ({ server }) => {
        for (const body of ['[]', '"x"', '5', 'null', 'true', '{', '{"a":1}{', "{'a':1}", 'roomId=ABC123', '\u0000', '{"roomId":"ABC12\ud800"}']) {
            const answer = await http.request(server.gateway, '/api/rooms', {
                method: 'POST', body, headers: { 'Content-Length': Buffer.byteLength(body) },
            });
            assert.strictEqual(answer.status, 400, body);
            assert.strictEqual(answer.json.error, 'Invalid request body', body);
        }
    });

    test('[ROOMS-04] the room id', async ({ server }) => {
        const id = freshRoom();
        assert.strictEqual((await created(server.gateway, { roomId: `  ${id.toLowerCase()}\n` })).roomId, id);
        for (const roomId of ['', 'ABC12', 'ABC1234', 'ABC 12', 'ABC-12', 'ÄBC123', 5, true, ['ABC123'], {}])
            await refused(server.gateway, { roomId });
    });

    test('[ROOMS-05] chosen ids have no look-alikes', async ({ server }) => {
        let letters = '';
        const ids = new Set();
        for (let i = 0; i < 60; i += 1) {
            const { roomId } = await created(server.gateway);
            assert.match(roomId, /^[A-Z0-9]{6}$/);
            ids.add(roomId);
            letters += roomId;
        }
        assert.strictEqual(ids.size, 60);
        assert.ok(!(letters.includes('0') && letters.includes('O')), '0 and O');
        assert.ok(!(letters.includes('1') && letters.includes('I')), '1 and I');
    });

    test('[ROOMS-06] the title', async ({ server }) => {
        assert.strictEqual((await created(server.gateway, { title: '  Über \u{1f600}  ' })).title, 'Über \u{1f600}');
        assert.strictEqual((await created(server.gateway, { title: 'é'.repeat(80) })).title, 'é'.repeat(80));
        assert.strictEqual((await created(server.gateway, { title: ` ${'x'.repeat(80)} ` })).title, 'x'.repeat(80));
        for (const title of ['', '   ', 'x'.repeat(81), 5, {}, false]) await refused(server.gateway, { title });
    });

    test('[ROOMS-07] [ROOMS-15] [JOIN-02] the password', async (world) => {
        const password = ` ${secret('password')} `;
        const answer = await http.createRoom(world.server.gateway, { roomId: world.room, password });
        assert.strictEqual(answer.status, 201);
        assert.ok(!answer.text.includes(password.trim()));
        const ann = await world.client('Ann');
        ann.send('join', { roomId: world.room, name: 'Ann', password: password.trim() });
        await ann.error('INVALID_PASSWORD', 'Invalid room password');
        await ann.join(world.room, { password });
        for (const wrong of ['x'.repeat(51), 5, true, []]) await refused(world.server.gateway, { password: wrong });
        await created(world.server.gateway, { password: 'é'.repeat(50) });
    });

    test('[ROOMS-07] [JOIN-16] an empty password is none', async (world) => {
        await created(world.server.gateway, { roomId: world.room, password: '' });
        const ann = await world.client('Ann');
        await ann.join(world.room, { password: 'whatever' });
    });

    test('[ROOMS-08] [JOIN-07] maxParticipants', async (world) => {
        for (const maxParticipants of [2, 50, '2', '50']) await created(world.server.gateway, { maxParticipants });
        for (const maxParticipants of [1, 51, 0, -2, 2.5, '1', '51', '', 'many', '8x', true, [8], {}, 1e10])
            await refused(world.server.gateway, { maxParticipants });
        await created(world.server.gateway, { roomId: world.room, maxParticipants: '2' });
        await meet(world, 'Ann', 'Bob');
        const cleo = await world.client('Cleo');
        cleo.send('join', { roomId: world.room, name: 'Cleo' });
        await cleo.error('ROOM_FULL', 'Room is full');
    });

    test('[ROOMS-08] eight seats by default', async (world) => {
        await created(world.server.gateway, { roomId: world.room });
        await meet(world, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H');
        const ninth = await world.client('I');
        ninth.send('join', { roomId: world.room, name: 'I' });
        await ninth.error('ROOM_FULL', 'Room is full');
    });

    test('[ROOMS-09] the schedule', async ({ server }) => {
        const start = Date.parse('2031-05-01T10:00:00Z');
        const good = [[start, start + 1], [start, undefined], [undefined, start], ['2031-05-01T10:00:00Z', '2031-05-01T11:00:00Z'],
            ['2031-05-01T12:00:00+02:00', start + 60000], ['2031-05-01T10:00:00.500Z', undefined], [1, 2]];
        for (const [scheduledStart, scheduledEnd] of good) {
            const answer = await created(server.gateway, { scheduledStart, scheduledEnd });
            const inMs = (value) => (typeof value === 'string' ? Date.parse(value) : value);
            assert.strictEqual(answer.scheduledStart, inMs(scheduledStart));
            assert.strictEqual(answer.scheduledEnd, inMs(scheduledEnd));
        }
        const bad = [[start, start], [start, start - 1], [0, undefined], [-1, undefined], ['tomorrow', undefined], ['', undefined],
            ['2031-13-01T10:00:00Z', undefined], ['2031-02-30T10:00:00Z', undefined], [true, undefined], [undefined, {}],
            ['2031-05-01T11:00:00Z', '2031-05-01T10:00:00Z']];
        for (const [scheduledStart, scheduledEnd] of bad) await refused(server.gateway, { scheduledStart, scheduledEnd });
    });

    test('[ROOMS-10] a body of 16 KiB and one more', async ({ server }) => {
        const room = (bytes) => ({ note: 'x'.repeat(bytes - '{"note":""}'.length) });
        await created(server.gateway, room(16384));
        const answer = await http.createRoom(server.gateway, room(16385));
        assert.strictEqual(answer.status, 413);
        assert.strictEqual(typeof answer.json.error, 'string');
    });

    test('[ROOMS-11] an id that exists', async (world) => {
        await created(world.server.gateway, { roomId: world.room });
        const again = await http.createRoom(world.server.gateway, { roomId: world.room.toLowerCase() });
        assert.strictEqual(again.status, 429);
        assert.deepStrictEqual(again.json, { error: limitReached });
        const other = freshRoom();
        const ann = await world.client('Ann');
        await ann.join(other, { isHost: true });
        assert.strictEqual((await http.createRoom(world.server.gateway, { roomId: other })).status, 429);
    });

    test('[ROOM-03] a pre-created room stays when empty and is unlocked', async (world) => {
        await created(world.server.gateway, { roomId: world.room });
        const [ann] = await meet(world, 'Ann');
        ann.send('room-locked');
        await ann.next('room-locked');
        ann.send('leave');
        await ann.heardNothing();
        const bob = await world.client('Bob');
        assert.strictEqual((await bob.join(world.room)).isModerator, true);
        await bob.heardNothing();
    });
});

suite('limits of rooms', { server: false }, ({ test }) => {
    test('[ROOMS-12] rooms that nobody has joined yet are limited', async (world) => {
        const server = await world.start({ broker: { 'max-latent-rooms': 2 } });
        await created(server.gateway, { roomId: world.room });
        await created(server.gateway);
        const over = await http.createRoom(server.gateway, {});
        assert.strictEqual(over.status, 429);
        assert.deepStrictEqual(over.json, { error: limitReached });
        const ann = await world.client('Ann');
        await ann.join(world.room);
        await created(server.gateway);
        ann.send('leave');
        await ann.heardNothing();
        assert.strictEqual((await http.createRoom(server.gateway, {})).status, 429);
    });

    test('[ROOMS-13] of one address too', async (world) => {
        const server = await world.start({ broker: { 'max-latent-rooms-per-address': 2 } });
        const from = freshAddress();
        await created(server.gateway, {}, { from });
        await created(server.gateway, {}, { from });
        assert.strictEqual((await http.createRoom(server.gateway, {}, { from })).status, 429);
        await created(server.gateway, {}, { from: freshAddress() });
    });

    test('[ROOMS-16] rooms of any kind are limited', async (world) => {
        const server = await world.start({ broker: { 'max-rooms': 2 } });
        await created(server.gateway);
        const [ann] = await meet(world, 'Ann');
        const over = await http.createRoom(server.gateway, {});
        assert.strictEqual(over.status, 429);
        assert.deepStrictEqual(over.json, { error: limitReached });
        const bob = await world.client('Bob');
        bob.send('join', { roomId: freshRoom(), name: 'Bob', isHost: true });
        await bob.closed(1013);
        const cleo = await world.client('Cleo');
        await cleo.join(world.room, { isHost: true });
        await cleo.roster(ann);
        ann.send('leave');
        cleo.send('leave');
        await server.eventually('a room is free', async () => (await http.createRoom(server.gateway, {})).status === 201);
    });

    test('[ROOMS-14] 503 while the broker is away', async (world) => {
        const server = await world.start({ gateway: { 'create-timeout': '300ms' } });
        await server.broker.kill();
        const begun = Date.now();
        const answer = await http.createRoom(server.gateway, {});
        assert.strictEqual(answer.status, 503, answer.text);
        assert.match(answer.headers['retry-after'], /^\d+$/);
        assert.strictEqual(typeof answer.json.error, 'string');
        assert.ok(Date.now() - begun >= 290);
    });

    test('[ROOMS-14] a POST that waits is answered when the broker comes', async (world) => {
        const server = await world.start({ settings: { 'link-timeout': '700ms', 'create-timeout': '9s' } });
        const witness = await world.client('witness');
        await server.broker.kill();
        await witness.closed(1012);
        const waiting = http.createRoom(server.gateway, { roomId: world.room });
        server.startBroker();
        assert.strictEqual((await waiting).status, 201);
    });

    const exists = async (server, roomId) => (await http.createRoom(server.gateway, { roomId })).status === 429;

    test('[ROOM-04] [ROOM-11] an empty pre-created room ends in time, an attended or scheduled one later', async (world) => {
        const server = await world.start({ broker: { 'latent-room-max-age': '1s' } });
        const attended = freshRoom();
        const scheduled = freshRoom();
        await created(server.gateway, { roomId: attended });
        const ann = await world.client('Ann');
        await ann.join(attended);
        const begun = Date.now();
        await created(server.gateway, { roomId: scheduled, scheduledEnd: begun + 1500 });
        await created(server.gateway, { roomId: world.room });
        await server.eventually('the empty room ends', async () => !await exists(server, world.room));
        assert.ok(Date.now() - begun >= 990, `ended after ${Date.now() - begun} ms`);
        assert.ok(await exists(server, attended));
        assert.ok(Date.now() > begun + 2400 || await exists(server, scheduled));
        await server.eventually('the scheduled room ends', async () => !await exists(server, scheduled));
        assert.ok(Date.now() - begun >= 2490, `ended after ${Date.now() - begun} ms`);
        await ann.heardNothing();
    });
});
