/* Who may enter, in which order it is decided, and what everybody hears of it. */
'use strict';

const { assert, suite, meet, queueUp, lock, knock, settle, http, secret, freshRoom, freshAddress, uuid } = require('./harness');

const notFound = 'Meeting not found. Check the code and try again.';

async function preCreate(world, room = {}) {
    const answer = await http.createRoom(world.server.gateway, { roomId: world.room, ...room });
    assert.strictEqual(answer.status, 201, answer.text);
    return answer.json.creatorToken;
}

function knockWith(client, room, members = {}) {
    client.room = room;
    client.send('join', { participantId: '', name: client.label, ...members });
}

suite('join', {}, ({ test }) => {
    test('[JOIN-01] [JOIN-14] no such room', async (world) => {
        const ann = await world.client('Ann');
        for (const members of [{}, { isHost: false }, { isHost: null }, { password: 'x', creatorToken: 'y' }]) {
            knockWith(ann, world.room, members);
            await ann.error('ROOM_NOT_FOUND', notFound);
        }
        assert.strictEqual((await ann.join(world.room, { isHost: true })).isModerator, true);
        await ann.heardNothing();
    });

    test('[ROOM-01] [JOIN-07] an ad hoc room has eight seats', async (world) => {
        await meet(world, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H');
        const ninth = await world.client('I');
        knockWith(ninth, world.room, { isHost: true });
        await ninth.error('ROOM_FULL', 'Room is full');
        assert.strictEqual(await ninth.isJoined(), false);
    });

    test('[ROOM-01] [JOIN-02] [JOIN-14] an ad hoc room has the password of its maker', async (world) => {
        const password = secret('password');
        const [ann] = await meet(world, { name: 'Ann', join: { password } });
        const bob = await world.client('Bob');
        for (const wrong of [undefined, null, '', 'wrong', ` ${password}`, `${password} `, password.toLowerCase()]) {
            if (wrong === password) continue;
            const from = await world.client('Eve'); /* each from an address of its own */
            knockWith(from, world.room, { password: wrong });
            await from.error('INVALID_PASSWORD', 'Invalid room password');
        }
        knockWith(bob, world.room, { password: 'wrong' });
        await bob.error('INVALID_PASSWORD', 'Invalid room password');
        await bob.join(world.room, { password });
        await bob.roster(ann);
        await ann.next('participant-joined', { participantId: bob.id });
    });

    test('[ROOM-02] an ad hoc room ends with its last participant', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        ann.send('leave');
        await bob.until('moderator-action');
        bob.send('leave');
        await bob.heardNothing();
        const cleo = await world.client('Cleo');
        knockWith(cleo, world.room);
        await cleo.error('ROOM_NOT_FOUND', notFound);
    });

    test('[ROOM-05] ids of six letters or digits in any case are one room', async (world) => {
        const [ann] = await meet(world, 'Ann');
        const bob = await world.client('Bob');
        assert.strictEqual((await bob.join(world.room.toLowerCase())).roomId, world.room);
        await bob.roster(ann);
        await ann.next('participant-joined', { participantId: bob.id, roomId: world.room });
    });

    test('[ROOM-05] other ids are compared as they are', async (world) => {
        const ann = await world.client('Ann');
        const room = `Stand-Up_${world.room}`;
        assert.strictEqual((await ann.join(room, { isHost: true })).roomId, room);
        const bob = await world.client('Bob');
        knockWith(bob, room.toLowerCase());
        await bob.error('ROOM_NOT_FOUND', notFound);
        assert.strictEqual((await bob.join(room)).roomId, room);
    });

    test('[ROOM-06] which ids a join may name', async (world) => {
        const ann = await world.client('Ann');
        for (const roomId of ['a', '_', '-', 'x'.repeat(64), 'ABCDEFG', 'abc12', '0-_Zz']) {
            const room = roomId.length === 64 ? roomId : `${roomId}${world.room}`.slice(0, 64);
            assert.strictEqual((await ann.join(room, { isHost: true })).roomId, room);
        }
        for (const roomId of ['', 'x'.repeat(65), 'A B', 'ABC12é', 'a/b', 'a.b', ' ABC123', 'ABC123\n', 'ABC\u000012', 5, true, [], {}, null]) {
            ann.sendText(JSON.stringify({ type: 'join', roomId, name: 'Ann', isHost: true }));
            await ann.error('INVALID_MESSAGE', 'Invalid message format');
        }
        ann.sendText('{"type":"join","name":"Ann","isHost":true}');
        await ann.error('INVALID_MESSAGE', 'Invalid message format');
    });

    test('[ROOM-07] [ROOM-08] [JOIN-12] ids are made by the server, a new one for each join', async (world) => {
        const mine = '11111111-1111-4111-8111-111111111111';
        const ann = await world.client('Ann');
        const seen = new Set();
        for (let i = 0; i < 3; i += 1) {
            const own = await ann.join(world.room, { isHost: true, participantId: mine });
            assert.match(own.participantId, uuid);
            seen.add(own.participantId);
        }
        assert.strictEqual(seen.size, 3);
        assert.ok(!seen.has(mine));
    });

    test('[ROOM-08] what a client writes into participantId and roomId has no authority', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        bob.send('chat', { text: 'it was Ann', participantId: ann.id, roomId: 'OTHER1' });
        for (const person of [ann, bob]) await person.next('chat', { participantId: bob.id, roomId: world.room });
        bob.send('room-locked', { participantId: ann.id });
        await bob.error('UNAUTHORIZED');
        bob.send('leave', { participantId: ann.id, roomId: 'OTHER1' });
        await ann.next('participant-left', { participantId: bob.id, roomId: world.room });
    });

    test('[ROOM-09] names are cleaned', async (world) => {
        const [host] = await meet(world, 'Host');
        const ann = await world.client('Ann');
        const names = [
            ['  Ann  ', 'Ann'], ['\tAnn\r\n', 'Ann'], ['A\u0000n\u0007n\u007f', 'Ann'], ['\u202eAnn\u202c', 'Ann'],
            ['\u2066A\u2067n\u2068n\u2069', 'Ann'], ['\u202aA\u202bn\u202dn', 'Ann'], ['Änne O’Neill <b>"&', 'Änne O’Neill <b>"&'],
            ['x'.repeat(64), 'x'.repeat(64)], ['x'.repeat(65), 'x'.repeat(64)], ['é'.repeat(200), 'é'.repeat(64)],
            ['\u{1f600}'.repeat(70), '\u{1f600}'.repeat(64)], ['x'.repeat(5000), 'x'.repeat(64)],
            [`${' '.repeat(100)}Ann`, 'Ann'], ['\u0085A\u009fnn', 'Ann'],
        ];
        for (const [given, shown] of names) {
            const own = await ann.join(world.room, { name: given });
            assert.strictEqual(own.name, shown, JSON.stringify(given));
            await ann.roster(host);
        }
    });

    test('[ROOM-10] Guest', async (world) => {
        const ann = await world.client('Ann');
        for (const name of [undefined, null, '', '   ', '\u0007\u202e', '\n']) {
            const own = await ann.join(world.room, { isHost: true, name });
            assert.strictEqual(own.name, 'Guest', JSON.stringify(name));
        }
    });

    test('[JOIN-08] the first is the moderator, later ones are not', async (world) => {
        await preCreate(world);
        const ann = await world.client('Ann');
        assert.strictEqual((await ann.join(world.room)).isModerator, true);
        const bob = await world.client('Bob');
        assert.strictEqual((await bob.join(world.room)).isModerator, false);
        assert.strictEqual((await bob.roster(ann))[0].isModerator, true);
        assert.strictEqual((await ann.next('participant-joined')).isModerator, false);
    });

    test('[JOIN-09] isHost on an existing room gives nothing', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', { name: 'Bob', join: { isHost: true, password: 'not the room\'s' } });
        bob.send('room-locked');
        await bob.error('UNAUTHORIZED');
        await settle(ann, bob);
        const cleo = await world.client('Cleo');
        assert.strictEqual((await cleo.join(world.room)).isModerator, false);
    });

    test('[JOIN-06] [JOIN-15] a creator token makes a moderator, a wrong one does nothing', async (world) => {
        const token = await preCreate(world);
        const [ann] = await meet(world, { name: 'Ann', join: { isHost: false } });
        for (const [creatorToken, isModerator] of [[token, true], ['550e8400-e29b-41d4-a716-446655440000', false], ['', false],
            ['nonsense', false], [null, false], [`${token}x`, false]]) {
            const bob = await world.client('Bob');
            assert.strictEqual((await bob.join(world.room, { creatorToken })).isModerator, isModerator, String(creatorToken));
            await bob.roster(ann);
            await ann.next('participant-joined', { participantId: bob.id, isModerator });
            bob.send('leave');
            await ann.next('participant-left');
        }
    });

    test('[JOIN-15] the token of another room is none', async (world) => {
        const elsewhere = (await http.createRoom(world.server.gateway, {})).json.creatorToken;
        await preCreate(world);
        const [ann] = await meet(world, 'Ann');
        const bob = await world.client('Bob');
        assert.strictEqual((await bob.join(world.room, { creatorToken: elsewhere })).isModerator, false);
        await ann.next('participant-joined');
    });

    test('[JOIN-03] a creator token does not replace the password', async (world) => {
        const creatorToken = await preCreate(world, { password: 'right' });
        const ann = await world.client('Ann');
        knockWith(ann, world.room, { creatorToken });
        await ann.error('INVALID_PASSWORD', 'Invalid room password');
        assert.strictEqual((await ann.join(world.room, { creatorToken, password: 'right' })).isModerator, true);
    });

    test('[JOIN-04] [JOIN-06] a lock sends to the waiting room, a creator token past it', async (world) => {
        const token = await preCreate(world);
        const [ann] = await queueUp(world, 'Bob', 'Ann');
        const cleo = await world.client('Cleo');
        assert.strictEqual((await cleo.join(world.room, { creatorToken: token })).isModerator, true);
        await cleo.roster(ann);
        await ann.next('participant-joined', { participantId: cleo.id });
        const eve = await world.client('Eve');
        knockWith(eve, world.room, { creatorToken: '550e8400-e29b-41d4-a716-446655440000' });
        await eve.next('waiting-room', { name: 'Eve' });
    });

    test('[JOIN-05] a locked room that is full', async (world) => {
        await preCreate(world, { maxParticipants: 2 });
        const seated = await meet(world, 'Ann', 'Bob');
        await lock(seated);
        const cleo = await world.client('Cleo');
        knockWith(cleo, world.room);
        await cleo.error('ROOM_FULL', 'Room is full');
        await settle(...seated);
    });

    test('[JOIN-07] a full room, creator token or not', async (world) => {
        const creatorToken = await preCreate(world, { maxParticipants: 2 });
        const seated = await meet(world, 'Ann', 'Bob');
        const cleo = await world.client('Cleo');
        for (const members of [{}, { creatorToken }]) {
            knockWith(cleo, world.room, members);
            await cleo.error('ROOM_FULL', 'Room is full');
        }
        seated[1].send('leave');
        await seated[0].next('participant-left');
        await cleo.join(world.room);
    });

    test('[JOIN-10] the password comes before lock and seats', async (world) => {
        await preCreate(world, { password: 'right', maxParticipants: 2 });
        const seated = await meet(world, { name: 'Ann', join: { password: 'right' } }, { name: 'Bob', join: { password: 'right' } });
        const cleo = await world.client('Cleo');
        knockWith(cleo, world.room, { password: 'wrong' });
        await cleo.error('INVALID_PASSWORD');
        await lock(seated);
        knockWith(cleo, world.room, { password: 'wrong' });
        await cleo.error('INVALID_PASSWORD');
        knockWith(cleo, world.room, { password: 'right' });
        await cleo.error('ROOM_FULL');
    });

    test('[JOIN-12] a second join leaves the first room', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        const before = bob.id;
        const other = freshRoom();
        await bob.join(other, { isHost: true });
        await ann.next('participant-left', { participantId: before });
        await bob.join(world.room);
        await bob.roster(ann);
        await ann.next('participant-joined', { participantId: bob.id });
        await bob.join(world.room);
        await bob.roster(ann);
        await ann.next('participant-left');
        await ann.next('participant-joined', { participantId: bob.id });
        await settle(ann, bob);
    });

    test('[JOIN-12] whatever its outcome', async (world) => {
        const [ann, bob, cleo] = await meet(world, 'Ann', 'Bob', 'Cleo');
        knockWith(bob, freshRoom());
        await bob.error('ROOM_NOT_FOUND');
        await ann.next('participant-left', { participantId: bob.id });
        await cleo.next('participant-left', { participantId: bob.id });
        assert.strictEqual(await bob.isJoined(), false);
        cleo.send('leave');
        await ann.next('participant-left', { participantId: cleo.id });
        knockWith(ann, world.room);
        await ann.error('ROOM_NOT_FOUND'); /* it was the last one, so the room ended */
    });

    test('[ERR-08] [JOIN-12] save a join that is no valid message, which does nothing', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        for (const wrong of ['{"type":"join"}', '{"type":"join","roomId":"no room"}', `{"type":"join","roomId":"${world.room}","isHost":1}`]) {
            bob.sendText(wrong);
            await bob.error('INVALID_MESSAGE', 'Invalid message format');
        }
        await settle(bob, ann);
    });

    test('[JOIN-12] in a full room the own seat is free again', async (world) => {
        await preCreate(world, { maxParticipants: 2 });
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        const before = ann.id;
        assert.strictEqual((await ann.join(world.room)).isModerator, false);
        await ann.next('participant-joined', { participantId: bob.id, isModerator: true });
        await bob.next('participant-left', { participantId: before });
        await bob.next('participant-updated', { participantId: bob.id, isModerator: true });
        await bob.next('moderator-action', { action: 'make-moderator' });
        await bob.next('participant-joined', { participantId: ann.id });
    });

    test('[JOIN-12] a waiting connection that joins waits no longer', async (world) => {
        const [ann, bob] = await queueUp(world, 'Bob', 'Ann');
        const before = bob.id;
        await bob.join(freshRoom(), { isHost: true });
        ann.send('room-unlocked');
        await ann.next('room-unlocked');
        await settle(ann);
        assert.notStrictEqual(bob.id, before);
        await bob.heardNothing();
    });

    test('[JOIN-13] what follows a join waits for its outcome', async (world) => {
        const [ann] = await meet(world, { name: 'Ann', join: { password: 'right' } });
        const bob = await world.client('Bob');
        knockWith(bob, world.room, { password: 'right' });
        bob.send('chat', { text: 'first' });
        bob.send('raise-hand');
        bob.send('offer', { targetId: ann.id, sdp: 'v=0' });
        bob.send('chat', { text: 'second' });
        await bob.seated({ name: 'Bob' });
        await bob.roster(ann);
        await ann.next('participant-joined', { participantId: bob.id });
        await ann.next('chat', { text: 'first', participantId: bob.id });
        await ann.next('raise-hand', { participantId: bob.id });
        await ann.next('offer', { participantId: bob.id });
        await ann.next('chat', { text: 'second' });
        await bob.next('chat', { text: 'first' });
        await bob.next('chat', { text: 'second' });
    });

    test('[JOIN-13] behind a refused join too', async (world) => {
        await meet(world, { name: 'Ann', join: { password: 'right' } });
        const bob = await world.client('Bob');
        knockWith(bob, world.room, { password: 'wrong' });
        bob.send('chat', { text: 'unheard' });
        bob.send('leave');
        knockWith(bob, world.room, { password: 'right' });
        bob.send('chat', { text: 'heard' });
        await bob.error('INVALID_PASSWORD');
        await bob.error('NOT_JOINED', 'Not joined to a room');
        await bob.seated();
        await bob.next('participant-joined', { name: 'Ann' });
        await bob.next('chat', { text: 'heard' });
    });

    test('[ORDER-01] [ORDER-02] [ORDER-07] [ORDER-08] what a plain join brings', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        bob.send('participant-updated', { isMuted: true, isVideoOff: true });
        await ann.next('participant-updated');
        const cleo = await world.client('Cleo');
        const own = await cleo.join(world.room);
        assert.deepStrictEqual(Object.keys(own).sort(),
            ['isModerator', 'isMuted', 'isVideoOff', 'name', 'participantId', 'roomId', 'timestamp', 'type']);
        assert.ok(Math.abs(own.timestamp - Date.now()) < 60000);
        await cleo.next('participant-joined', { participantId: ann.id, name: 'Ann', isModerator: true, isMuted: false, isVideoOff: false });
        await cleo.next('participant-joined', { participantId: bob.id, name: 'Bob', isModerator: false, isMuted: true, isVideoOff: true });
        for (const other of [ann, bob])
            await other.next('participant-joined', { participantId: cleo.id, name: 'Cleo', isModerator: false, isMuted: false, isVideoOff: false });
        await settle(ann, bob, cleo);
    });

    test('[ORDER-03] [ORDER-04] [ORDER-05] what is not default comes behind, to a moderator also who waits', async (world) => {
        const creatorToken = await preCreate(world);
        const [ann, bob, cleo] = await meet(world, 'Ann', 'Bob', 'Cleo');
        for (const person of [bob, cleo]) {
            person.send('raise-hand');
            for (const other of [ann, bob, cleo]) if (other !== person) await other.next('raise-hand');
        }
        ann.send('recording-started');
        for (const person of [ann, bob, cleo]) await person.next('recording-started');
        await lock([ann, bob, cleo]);
        const dora = await knock(world, 'Dora', ann);
        const emil = await knock(world, 'Emil', ann);
        const fritz = await world.client('Fritz');
        await fritz.join(world.room, { creatorToken });
        await fritz.roster(ann, bob, cleo);
        const hands = [await fritz.next('raise-hand'), await fritz.next('raise-hand')].map((message) => message.participantId);
        assert.deepStrictEqual(hands.sort(), [bob.id, cleo.id].sort());
        await fritz.next('room-locked', { lockedBy: ann.id });
        await fritz.next('recording-started', { startedBy: ann.id });
        await fritz.next('waiting-room', { participantId: dora.id, name: 'Dora' });
        await fritz.next('waiting-room', { participantId: emil.id, name: 'Emil' });
        await fritz.heardNothing();
    });

    test('[ORDER-06] [WAIT-02] who is admitted gets the same under its waiting id', async (world) => {
        const [ann, bob, cleo] = await queueUp(world, 'Cleo', 'Ann', 'Bob');
        const waitingId = cleo.id;
        bob.send('raise-hand');
        await ann.next('raise-hand');
        ann.send('recording-started');
        for (const person of [ann, bob]) await person.next('recording-started');
        ann.send('admit-user', { targetId: waitingId });
        for (const other of [ann, bob]) await other.next('participant-joined', { participantId: waitingId, name: 'Cleo', isModerator: false });
        await cleo.seated({ participantId: waitingId });
        await cleo.roster(ann, bob);
        await cleo.next('raise-hand', { participantId: bob.id });
        await cleo.next('room-locked', { lockedBy: ann.id });
        await cleo.next('recording-started', { startedBy: ann.id });
        await settle(ann, bob, cleo);
    });

    test('[ROOM-12] rooms hear nothing of each other', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        const elsewhere = { ...world, room: freshRoom() };
        const [cleo, dora] = await meet(elsewhere, 'Cleo', 'Dora');
        ann.send('chat', { text: 'here' });
        ann.send('raise-hand');
        ann.send('room-locked');
        await bob.until('room-locked');
        await ann.until('room-locked');
        await settle(cleo, dora);
        await settle(ann, bob);
    });
});

suite('joins against limits', { server: false }, ({ test }) => {
    test('[JOIN-05] a waiting list that is full', async (world) => {
        await world.start({ broker: { 'waiting-list': 2 } });
        const seated = await meet(world, 'Ann');
        await lock(seated);
        const bob = await knock(world, 'Bob', seated[0]);
        await knock(world, 'Cleo', seated[0]);
        const dora = await world.client('Dora');
        knockWith(dora, world.room);
        await dora.error('ROOM_FULL', 'Room is full');
        bob.send('leave');
        await bob.heardNothing();
        knockWith(dora, world.room);
        await dora.next('waiting-room', { name: 'Dora' });
    });

    test('[JOIN-11] wrong passwords of one address are answered late', async (world) => {
        await world.start({ broker: { 'password-failures': 2 } });
        await meet(world, { name: 'Ann', join: { password: 'right' } });
        const from = freshAddress();
        const eve = await world.client('Eve', { from });
        for (let i = 0; i < 2; i += 1) {
            knockWith(eve, world.room, { password: 'wrong' });
            await eve.error('INVALID_PASSWORD');
        }
        const begun = Date.now();
        knockWith(eve, world.room, { password: 'wrong' });
        const other = await world.client('Other');
        knockWith(other, world.room, { password: 'wrong' });
        await other.error('INVALID_PASSWORD');
        await other.join(world.room, { password: 'right' });
        assert.strictEqual(eve.queue.length, 0, 'the third wrong password was answered at once');
        await eve.error('INVALID_PASSWORD');
        assert.ok(Date.now() - begun >= 900, `after ${Date.now() - begun} ms`);
    });
});

suite('ad hoc rooms with other defaults', { broker: { 'default-participants': 2 } }, ({ test }) => {
    test('[ROOM-01] have as many seats as the setting says', async (world) => {
        await meet(world, 'Ann', 'Bob');
        const cleo = await world.client('Cleo');
        knockWith(cleo, world.room);
        await cleo.error('ROOM_FULL', 'Room is full');
    });
});
