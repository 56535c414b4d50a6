/* Locked rooms and the people at the door. */
'use strict';

const { assert, suite, meet, queueUp, lock, knock, settle, http } = require('./harness');

async function preCreate(world, room) {
    const answer = await http.createRoom(world.server.gateway, { roomId: world.room, ...room });
    assert.strictEqual(answer.status, 201, answer.text);
    return answer.json.creatorToken;
}

async function promote(moderator, target, ...people) {
    moderator.send('moderator-action', { targetId: target.id, action: 'make-moderator' });
    for (const person of people) await person.next('participant-updated', { participantId: target.id, isModerator: true });
    await target.next('moderator-action', { action: 'make-moderator' });
}

suite('waiting room', {}, ({ test }) => {
    test('[LOCK-01] [LOCK-02] lock and unlock go to everybody', async (world) => {
        const people = await meet(world, 'Ann', 'Bob', 'Cleo');
        const [ann, bob] = people;
        ann.send('room-locked', { lockedBy: bob.id });
        for (const person of people) await person.next('room-locked', { lockedBy: ann.id, participantId: ann.id, roomId: world.room });
        ann.send('room-unlocked', { unlockedBy: bob.id });
        for (const person of people) await person.next('room-unlocked', { unlockedBy: ann.id, participantId: ann.id, roomId: world.room });
        await settle(...people);
        const dora = await world.client('Dora');
        await dora.join(world.room);
        await dora.roster(...people);
        await dora.heardNothing();
    });

    test('[WAIT-01] only the person and the moderators hear of it', async (world) => {
        const people = await meet(world, 'Ann', 'Bob', 'Cleo');
        const [ann, bob, cleo] = people;
        await promote(ann, bob, ...people);
        await lock(people);
        const dora = await knock(world, 'Dora', ann, bob);
        await settle(...people);
        const emil = await knock(world, 'Emil', ann, bob);
        assert.notStrictEqual(dora.id, emil.id);
        await dora.heardNothing();
        await cleo.heardNothing();
    });

    test('[WAIT-02] admitted in any order', async (world) => {
        const [ann] = await queueUp(world, 'Bob', 'Ann');
        const cleo = await knock(world, 'Cleo', ann);
        ann.send('admit-user', { targetId: cleo.id });
        await ann.next('participant-joined', { participantId: cleo.id });
        const before = cleo.id;
        await cleo.seated();
        assert.strictEqual(cleo.id, before);
        await cleo.roster(ann);
        await cleo.next('room-locked');
        await settle(ann, cleo);
    });

    test('[WAIT-02] who was admitted may talk and is no moderator', async (world) => {
        const [ann, bob] = await queueUp(world, 'Bob', 'Ann');
        ann.send('admit-user', { targetId: bob.id });
        await ann.next('participant-joined', { isModerator: false });
        await bob.until('room-locked');
        bob.send('chat', { text: 'thanks' });
        for (const person of [ann, bob]) await person.next('chat', { participantId: bob.id });
        bob.send('room-unlocked');
        await bob.error('UNAUTHORIZED');
    });

    test('[WAIT-03] no seat free: the moderator is told again, the person goes on waiting', async (world) => {
        await preCreate(world, { maxParticipants: 3 });
        const seated = await meet(world, 'Ann', 'Bob');
        const [ann, bob] = seated;
        await lock(seated);
        const cleo = await knock(world, 'Cleo', ann);
        const dora = await knock(world, 'Dora', ann);
        ann.send('admit-user', { targetId: cleo.id });
        for (const person of seated) await person.next('participant-joined', { participantId: cleo.id });
        await cleo.until('room-locked');
        ann.send('admit-user', { targetId: dora.id });
        await ann.next('waiting-room', { participantId: dora.id, name: 'Dora' });
        await settle(ann, bob, cleo);
        assert.strictEqual(await dora.isJoined(), false);
        bob.send('leave');
        for (const person of [ann, cleo]) await person.next('participant-left');
        ann.send('admit-user', { targetId: dora.id });
        await dora.seated({ name: 'Dora' });
    });

    test('[WAIT-04] [BOUND-07] rejected with a reason, or without', async (world) => {
        const [ann] = await meet(world, 'Ann');
        await lock([ann]);
        for (const reason of ['Not today', '', 'x'.repeat(200), undefined, null]) {
            const bob = await knock(world, 'Bob', ann);
            ann.send('reject-user', { targetId: bob.id, reason });
            const message = await bob.next('reject-user', { targetId: bob.id, roomId: world.room });
            if (reason) assert.strictEqual(message.reason, reason);
            else assert.ok(!message.reason);
            await bob.closed(4004);
        }
        await settle(ann);
    });

    test('[WAIT-05] a person waiting may join or leave, nothing else', async (world) => {
        const [ann, bob] = await queueUp(world, 'Bob', 'Ann');
        const others = {
            chat: { text: 'x' }, offer: { targetId: ann.id, sdp: 'v=0' }, 'raise-hand': {}, 'participant-updated': { isMuted: true },
            reaction: { reaction: 'thumb' }, 'room-unlocked': {}, 'admit-user': { targetId: bob.id },
            'moderator-action': { targetId: ann.id, action: 'kick' }, 'recording-started': {},
        };
        for (const [type, members] of Object.entries(others)) {
            bob.send(type, members);
            await bob.error('NOT_JOINED', 'Not joined to a room');
        }
        await settle(ann);
        const before = bob.id;
        bob.send('join', { name: 'Bob' });
        bob.id = (await bob.next('waiting-room', { name: 'Bob' })).participantId;
        assert.notStrictEqual(bob.id, before);
        await ann.next('waiting-room', { participantId: bob.id });
    });

    test('[WAIT-06] it hears nothing of the room and is nobody\'s target', async (world) => {
        const [ann, bob, cleo] = await queueUp(world, 'Cleo', 'Ann', 'Bob');
        bob.send('chat', { text: 'private' });
        bob.send('raise-hand');
        bob.send('reaction', { reaction: 'clap' });
        await bob.next('chat');
        for (const type of ['chat', 'raise-hand', 'reaction']) await ann.next(type);
        ann.send('recording-started');
        for (const person of [ann, bob]) await person.next('recording-started');
        for (const type of ['offer', 'answer']) ann.send(type, { targetId: cleo.id, sdp: 'v=0' });
        ann.send('moderator-action', { targetId: cleo.id, action: 'mute' });
        await settle(ann, bob);
        await cleo.heardNothing();
    });

    test('[LEAVE-04] somebody waiting leaves', async (world) => {
        const [ann, bob, cleo] = await queueUp(world, 'Cleo', 'Ann', 'Bob');
        cleo.send('leave');
        await cleo.heardNothing();
        const dora = await knock(world, 'Dora', ann);
        dora.vanish();
        const emil = await knock(world, 'Emil', ann);
        await settle(ann, bob);
        ann.send('room-unlocked');
        for (const person of [ann, bob]) await person.next('room-unlocked');
        await emil.seated();
        for (const person of [ann, bob]) await person.next('participant-joined', { participantId: emil.id });
        await settle(ann, bob);
        await cleo.heardNothing();
    });

    test('[LOCK-03] unlocking admits in order', async (world) => {
        const [ann, bob] = await queueUp(world, 'Bob', 'Ann');
        const cleo = await knock(world, 'Cleo', ann);
        ann.send('room-unlocked');
        await ann.next('room-unlocked');
        await ann.next('participant-joined', { participantId: bob.id, name: 'Bob', isModerator: false });
        await ann.next('participant-joined', { participantId: cleo.id, name: 'Cleo' });
        await bob.seated({ participantId: bob.id });
        await bob.roster(ann);
        await bob.next('participant-joined', { participantId: cleo.id });
        await cleo.seated({ participantId: cleo.id });
        await cleo.roster(ann, bob);
        await settle(ann, bob, cleo);
    });

    test('[LOCK-03] [LOCK-04] as far as seats go', async (world) => {
        await preCreate(world, { maxParticipants: 2 });
        const [ann, bob] = await queueUp(world, 'Bob', 'Ann');
        const cleo = await knock(world, 'Cleo', ann);
        ann.send('room-unlocked');
        await bob.seated();
        await cleo.error('ROOM_FULL', 'Room is full');
        await ann.next('room-unlocked');
        await ann.next('participant-joined', { participantId: bob.id });
        await bob.roster(ann);
        bob.send('leave');
        await ann.next('participant-left');
        ann.send('admit-user', { targetId: cleo.id }); /* refused just now: no error */
        await settle(ann);
        await cleo.heardNothing();
        const before = cleo.id;
        await cleo.join(world.room);
        assert.notStrictEqual(cleo.id, before);
    });

    test('[WAIT-07] [MOD-02] a new moderator learns who waits', async (world) => {
        const [ann, bob, cleo] = await queueUp(world, 'Cleo', 'Ann', 'Bob');
        const dora = await knock(world, 'Dora', ann);
        await promote(ann, bob, ann, bob);
        await bob.next('waiting-room', { participantId: cleo.id, name: 'Cleo' });
        await bob.next('waiting-room', { participantId: dora.id, name: 'Dora' });
        bob.send('admit-user', { targetId: dora.id });
        for (const person of [ann, bob]) await person.next('participant-joined', { participantId: dora.id });
    });

    for (const kind of ['ad hoc', 'pre-created']) {
        test(`[WAIT-08] [ROOM-03] the last participant of an ${kind} room leaves while people wait`, async (world) => {
            if (kind === 'pre-created') await preCreate(world);
            const [ann, bob] = await queueUp(world, 'Bob', 'Ann');
            const cleo = await knock(world, 'Cleo', ann);
            ann.send('leave');
            for (const person of [bob, cleo]) {
                await person.next('reject-user', { targetId: person.id, reason: 'The meeting has ended', roomId: world.room });
                await person.closed(4005);
            }
            const dora = await world.client('Dora');
            if (kind === 'pre-created') {
                assert.strictEqual((await dora.join(world.room)).isModerator, true);
            } else {
                dora.send('join', { roomId: world.room, name: 'Dora' });
                await dora.error('ROOM_NOT_FOUND');
            }
            await ann.heardNothing();
        });
    }
});
