/* Refusals: which, in which order of checks, and that nothing else happens. */
'use strict';

const { assert, suite, meet, queueUp, settle, freshRoom } = require('./harness');

const stranger = '550e8400-e29b-41d4-a716-446655440000';
const invalid = ['INVALID_MESSAGE', 'Invalid message format'];
const unknown = ['UNKNOWN_MESSAGE_TYPE', 'Unknown message type'];
const notJoined = ['NOT_JOINED', 'Not joined to a room'];
const noTarget = ['TARGET_NOT_FOUND', 'Target participant not found'];

const targeted = {
    offer: { sdp: 'v=0' },
    answer: { sdp: 'v=0' },
    'ice-candidate': { candidate: null },
    'file-offer': { transferId: 't', fileName: 'f', fileSize: 1, fileType: '' },
    'file-answer': { transferId: 't', accepted: false },
    'file-chunk': { transferId: 't', chunk: '', index: 0, total: 1 },
    'quality-change': { quality: 'high' },
    'moderator-action': { action: 'kick' },
    'admit-user': {},
    'reject-user': { reason: 'no' },
};

suite('errors', {}, ({ test }) => {
    test('[ERR-01] [ERR-02] [ERR-08] what is no JSON object', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        for (const text of ['', ' ', 'hello', '[]', '[{"type":"chat","text":"x"}]', '"chat"', '5', 'null', 'true', '{', '{}', '{"text":"x"}', '{"type":5}',
            '{"type":null}', '{"type":["chat"]}', '{"type":"chat","text":"x"', '{"type":"chat","text":"x",}', "{'type':'chat'}",
            '{"type":"chat","text":"x"} x', '{"type":"chat","text":"a\nb"}', '{"type":"chat","text":01}', '{"type":"chat" "text":"x"}',
            '\ufeff{"type":"chat","text":"x"}', '{"type":"chat","text":"\\x41"}', '{"type":"chat","text":"x","n":NaN}', '// x', '{"type":"chat","text":"x"/**/}']) {
            bob.sendText(text);
            const error = await bob.error(...invalid);
            assert.strictEqual(typeof error.reason, 'string', text);
            assert.ok(Math.abs(error.timestamp - Date.now()) < 60000);
        }
        await settle(ann, bob);
    });

    test('[ERR-03] unknown types, and those that only the server sends', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        for (const type of ['', 'hello', 'Chat', 'CHAT', 'chat ', 'participant-joined', 'participant-left', 'waiting-room', 'error',
            'bind', 'close', 'gone', 'refused', 'create-room', 'flow', 'x'.repeat(1000), '__proto__', 'cha\u0000t']) {
            bob.send(type, { text: 'x', name: 'x' });
            await bob.error(...unknown);
        }
        await settle(ann, bob);
    });

    test('[ERR-04] not in a room', async (world) => {
        const everything = { ...targeted, chat: { text: 'x' }, 'participant-updated': {}, 'raise-hand': {}, 'lower-hand': {}, reaction: { reaction: 'x' },
            'recording-started': {}, 'recording-stopped': {}, 'room-locked': {}, 'room-unlocked': {} };
        const left = await world.client('Ann');
        await left.join(world.room, { isHost: true });
        left.send('leave');
        for (const [type, members] of Object.entries(everything)) {
            const never = await world.client('Bob');
            for (const client of [never, left]) {
                client.send(type, { targetId: stranger, ...members });
                await client.error(...notJoined);
            }
            never.vanish();
        }
    });

    for (const [type, members] of Object.entries(targeted)) {
        test(`[ERR-06] [ERR-11] ${type} to nobody`, async (world) => {
            const [cleo] = await meet({ ...world, room: freshRoom() }, 'Cleo');
            const [ann, bob] = await meet(world, 'Ann', 'Bob');
            for (const targetId of [stranger, 'nobody', '', cleo.id, `${bob.id}x`, bob.id.slice(1), '00000000-0000-0000-0000-000000000000', 'x'.repeat(1000)]) {
                ann.send(type, { targetId, ...members });
                await ann.error(...noTarget);
            }
            for (const targetId of [undefined, null, 5, true, [bob.id], { id: bob.id }]) {
                ann.send(type, { targetId, ...members });
                await ann.error(...invalid);
            }
            await settle(ann, bob);
            await cleo.heardNothing();
        });

        test(`[ERR-09] ${type} to somebody who just left`, async (world) => {
            const [ann, bob] = await meet(world, 'Ann', 'Bob');
            bob.send('leave');
            await ann.next('participant-left');
            for (let i = 0; i < 3; i += 1) ann.send(type, { targetId: bob.id, ...members });
            await settle(ann);
            await bob.heardNothing();
        });
    }

    test('[ERR-07] JSON, type, joined, members, role, target', async (world) => {
        const nobody = await world.client('Nobody');
        nobody.sendText('{"type":');
        await nobody.error(...invalid);
        nobody.send('hello', {});
        await nobody.error(...unknown);
        nobody.send('chat', { text: 5 });
        await nobody.error(...notJoined);
        nobody.send('moderator-action', { action: 'nonsense' });
        await nobody.error(...notJoined);
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        bob.send('moderator-action', { targetId: stranger, action: 'nonsense' });
        await bob.error(...invalid);
        bob.send('moderator-action', { action: 'kick' });
        await bob.error(...invalid);
        bob.send('moderator-action', { targetId: stranger, action: 'kick' });
        await bob.error('UNAUTHORIZED');
        bob.send('reject-user', { targetId: 'nobody', reason: 'x'.repeat(201) });
        await bob.error(...invalid);
        ann.send('moderator-action', { targetId: stranger, action: 'kick' });
        await ann.error(...noTarget);
        await settle(ann, bob);
    });

    test('[ERR-09] to somebody kicked, admitted or rejected', async (world) => {
        const [ann, bob, cleo] = await queueUp(world, 'Cleo', 'Ann', 'Bob');
        ann.send('moderator-action', { targetId: bob.id, action: 'kick' });
        await ann.next('participant-left');
        ann.send('moderator-action', { targetId: bob.id, action: 'kick' });
        ann.send('offer', { targetId: bob.id, sdp: 'v=0' });
        ann.send('admit-user', { targetId: cleo.id });
        await ann.next('participant-joined');
        await cleo.until('room-locked');
        ann.send('admit-user', { targetId: cleo.id });
        ann.send('reject-user', { targetId: cleo.id });
        await settle(ann, cleo);
        const dora = await world.client('Dora');
        dora.send('join', { roomId: world.room, name: 'Dora' });
        const { participantId } = await dora.next('waiting-room');
        await ann.next('waiting-room');
        ann.send('reject-user', { targetId: participantId });
        for (const type of ['admit-user', 'reject-user']) ann.send(type, { targetId: participantId });
        ann.send('offer', { targetId: participantId, sdp: 'v=0' });
        await settle(ann, cleo);
    });

    test('[ERR-09] also when the room ended and was made anew', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        const gone = [ann.id, bob.id];
        bob.send('leave');
        await ann.next('participant-left');
        ann.send('leave');
        await ann.heardNothing();
        const [cleo] = await meet(world, 'Cleo');
        for (const targetId of gone) cleo.send('offer', { targetId, sdp: 'v=0' });
        await settle(cleo);
    });

    test('[ERR-08] a refused update changes nothing', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        bob.send('participant-updated', { isMuted: true, isVideoOff: 'yes' });
        await bob.error(...invalid);
        bob.send('participant-updated', {});
        await ann.next('participant-updated', { isMuted: false, isVideoOff: false });
        await settle(ann, bob);
    });
});

suite('people gone', { server: false }, ({ test }) => {
    test('[ERR-10] are forgotten in time', async (world) => {
        const server = await world.start({ broker: { 'gone-memory': '500ms' } });
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        bob.send('leave');
        await ann.next('participant-left');
        const begun = Date.now();
        await server.eventually('somebody gone counts as never seen', async () => {
            ann.send('offer', { targetId: bob.id, sdp: 'v=0' });
            ann.sendText('{"type":"chat"}');
            if ((await ann.next('error')).code === 'INVALID_MESSAGE') return false;
            await ann.error('INVALID_MESSAGE');
            return true;
        });
        assert.ok(Date.now() - begun >= 450, `after ${Date.now() - begun} ms`);
    });

    test('[ERR-10] the oldest first when there are too many', async (world) => {
        await world.start({ broker: { 'gone-per-room': 2 } });
        const [ann, ...others] = await meet(world, 'Ann', 'Bob', 'Cleo', 'Dora');
        for (const other of others) {
            const { id } = other;
            other.send('leave');
            await ann.next('participant-left', { participantId: id });
        }
        const [bob, cleo, dora] = others;
        ann.send('offer', { targetId: cleo.id, sdp: 'v=0' });
        ann.send('offer', { targetId: dora.id, sdp: 'v=0' });
        await settle(ann);
        ann.send('offer', { targetId: bob.id, sdp: 'v=0' });
        await ann.error(...noTarget);
    });
});
