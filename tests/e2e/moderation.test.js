/* Leaving, what moderators may do, and who becomes one. */
'use strict';

const { assert, suite, meet, queueUp, knock, settle } = require('./harness');

const moderatorOnly = [
    ['recording-started', {}, 'start recording'],
    ['recording-stopped', {}, 'stop recording'],
    ['moderator-action', { action: 'mute' }, 'perform this action'],
    ['moderator-action', { action: 'unmute' }, 'perform this action'],
    ['moderator-action', { action: 'kick' }, 'perform this action'],
    ['moderator-action', { action: 'make-moderator' }, 'perform this action'],
    ['room-locked', {}, 'lock the room'],
    ['room-unlocked', {}, 'unlock the room'],
    ['admit-user', {}, 'admit users'],
    ['reject-user', {}, 'reject users'],
];

suite('moderation', {}, ({ test }) => {
    for (const [type, members, text] of moderatorOnly) {
        test(`[MOD-09] [ERR-05] only moderators can ${text} (${members.action || type})`, async (world) => {
            const [ann, bob, cleo] = await queueUp(world, 'Cleo', 'Ann', 'Bob');
            const targetId = type === 'moderator-action' ? ann.id : cleo.id;
            bob.send(type, { targetId, ...members });
            await bob.error('UNAUTHORIZED', `Only moderators can ${text}`);
            await settle(ann, bob);
            await cleo.heardNothing();
        });
    }

    test('[LEAVE-01] a leave is told, the connection stays and joins again', async (world) => {
        const [ann, bob, cleo] = await meet(world, 'Ann', 'Bob', 'Cleo');
        const before = bob.id;
        bob.send('leave');
        for (const other of [ann, cleo]) await other.next('participant-left', { participantId: before, roomId: world.room });
        assert.strictEqual(await bob.isJoined(), false);
        await bob.join(world.room);
        await bob.roster(ann, cleo);
        for (const other of [ann, cleo]) await other.next('participant-joined', { participantId: bob.id });
        assert.notStrictEqual(bob.id, before);
        await settle(ann, bob, cleo);
    });

    test('[LEAVE-02] a leave without a join is ignored', async (world) => {
        const ann = await world.client('Ann');
        ann.send('leave');
        await ann.heardNothing();
        await ann.join(world.room, { isHost: true });
        ann.send('leave');
        ann.send('leave');
        ann.send('leave');
        assert.strictEqual(await ann.isJoined(), false);
    });

    test('[LEAVE-03] a closed or broken connection has left', async (world) => {
        const [ann, bob, cleo, dora] = await meet(world, 'Ann', 'Bob', 'Cleo', 'Dora');
        await bob.close();
        for (const other of [ann, cleo, dora]) await other.next('participant-left', { participantId: bob.id });
        cleo.vanish();
        for (const other of [ann, dora]) await other.next('participant-left', { participantId: cleo.id });
        await dora.close(1001, 'going');
        await ann.next('participant-left', { participantId: dora.id });
        await settle(ann);
    });

    test('[MOD-01] mute and unmute', async (world) => {
        const people = await meet(world, 'Ann', 'Bob', 'Cleo');
        const [ann, bob] = people;
        for (const [action, isMuted] of [['mute', true], ['unmute', false], ['mute', true]]) {
            ann.send('moderator-action', { targetId: bob.id, action });
            for (const person of people)
                await person.next('participant-updated', { participantId: bob.id, isMuted, isVideoOff: false, isModerator: false, roomId: world.room });
            await bob.next('moderator-action', { participantId: ann.id, targetId: bob.id, action, roomId: world.room });
        }
        await settle(...people);
        const dora = await world.client('Dora');
        await dora.join(world.room);
        assert.deepStrictEqual((await dora.roster(...people)).map((message) => message.isMuted), [false, true, false]);
    });

    test('[MOD-02] [MOD-08] make-moderator', async (world) => {
        const people = await meet(world, 'Ann', 'Bob', 'Cleo');
        const [ann, bob, cleo] = people;
        ann.send('moderator-action', { targetId: bob.id, action: 'make-moderator' });
        for (const person of people) await person.next('participant-updated', { participantId: bob.id, isModerator: true });
        await bob.next('moderator-action', { participantId: ann.id, targetId: bob.id, action: 'make-moderator' });
        bob.send('moderator-action', { targetId: ann.id, action: 'mute' });
        for (const person of people) await person.next('participant-updated', { participantId: ann.id, isMuted: true, isModerator: true });
        await ann.next('moderator-action', { participantId: bob.id, action: 'mute' });
        bob.send('room-locked');
        for (const person of people) await person.next('room-locked', { lockedBy: bob.id });
        await cleo.heardNothing();
    });

    test('[MOD-03] [MOD-05] kick', async (world) => {
        const people = await meet(world, 'Ann', 'Bob', 'Cleo');
        const [ann, bob, cleo] = people;
        ann.send('moderator-action', { targetId: bob.id, action: 'kick' });
        await bob.next('moderator-action', { participantId: ann.id, targetId: bob.id, action: 'kick', roomId: world.room });
        await bob.closed(4003);
        for (const other of [ann, cleo]) await other.next('participant-left', { participantId: bob.id });
        await settle(ann, cleo);
        const again = await world.client('Bob');
        await again.join(world.room);
        assert.notStrictEqual(again.id, bob.id);
    });

    test('[MOD-04] what somebody kicked still sends is dropped', async (world) => {
        const people = await meet(world, 'Ann', 'Bob', 'Cleo');
        const [ann, bob, cleo] = people;
        for (let i = 0; i < 400; i += 1) {
            if (i === 200) ann.send('moderator-action', { targetId: bob.id, action: 'kick' });
            bob.send(i % 2 ? 'chat' : 'raise-hand', { text: `${i}` });
            if (i % 20 === 0) await new Promise(setImmediate);
        }
        const seen = await bob.until('moderator-action');
        assert.ok(seen.every((message) => ['chat', 'moderator-action'].includes(message.type)), 'somebody kicked got an error');
        await bob.closed(4003);
        for (const other of [ann, cleo]) {
            const heard = await other.until('participant-left');
            assert.ok(heard.slice(0, -1).every((message) => message.participantId === bob.id));
        }
        await settle(ann, cleo);
    });

    test('[MOD-08] moderators remove moderators', async (world) => {
        const people = await meet(world, 'Ann', 'Bob', 'Cleo');
        const [ann, bob, cleo] = people;
        ann.send('moderator-action', { targetId: bob.id, action: 'make-moderator' });
        for (const person of people) await person.next('participant-updated');
        await bob.next('moderator-action');
        bob.send('moderator-action', { targetId: ann.id, action: 'kick' });
        await ann.next('moderator-action', { action: 'kick' });
        await ann.closed(4003);
        for (const other of [bob, cleo]) await other.next('participant-left', { participantId: ann.id });
        await settle(bob, cleo);
    });

    for (const how of ['leaves', 'vanishes', 'joins elsewhere']) {
        test(`[MOD-06] the last moderator ${how}: the longest present is promoted`, async (world) => {
            const [ann, bob, cleo, dora] = await queueUp(world, 'Dora', 'Ann', 'Bob', 'Cleo');
            const emil = await knock(world, 'Emil', ann);
            if (how === 'leaves') ann.send('leave');
            if (how === 'vanishes') ann.vanish();
            if (how === 'joins elsewhere') ann.send('join', { roomId: `${world.room}-2`, isHost: true });
            for (const person of [bob, cleo]) {
                await person.next('participant-left', { participantId: ann.id });
                await person.next('participant-updated', { participantId: bob.id, isModerator: true });
            }
            await bob.next('moderator-action', { participantId: bob.id, targetId: bob.id, action: 'make-moderator', roomId: world.room });
            await bob.next('waiting-room', { participantId: dora.id, name: 'Dora' });
            await bob.next('waiting-room', { participantId: emil.id, name: 'Emil' });
            await settle(bob, cleo);
            bob.send('admit-user', { targetId: emil.id });
            for (const person of [bob, cleo]) await person.next('participant-joined', { participantId: emil.id });
        });
    }

    test('[MOD-06] present longest is who joined first of those there', async (world) => {
        const [ann, bob, cleo] = await meet(world, 'Ann', 'Bob', 'Cleo');
        await bob.join(world.room); /* is now the last one */
        await bob.roster(ann, cleo);
        for (const person of [ann, cleo]) {
            await person.next('participant-left');
            await person.next('participant-joined', { participantId: bob.id });
        }
        ann.send('leave');
        for (const person of [cleo, bob]) {
            await person.next('participant-left', { participantId: ann.id });
            await person.next('participant-updated', { participantId: cleo.id, isModerator: true });
        }
        await cleo.next('moderator-action', { targetId: cleo.id });
        await settle(cleo, bob);
    });

    test('[MOD-07] while a moderator stays nobody is promoted', async (world) => {
        const people = await meet(world, 'Ann', 'Bob', 'Cleo');
        const [ann, bob, cleo] = people;
        ann.send('moderator-action', { targetId: cleo.id, action: 'make-moderator' });
        for (const person of people) await person.next('participant-updated');
        await cleo.next('moderator-action');
        ann.send('leave');
        for (const person of [bob, cleo]) await person.next('participant-left', { participantId: ann.id });
        await settle(bob, cleo);
    });

    test('[BOUND-12] an action that does not exist', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        for (const action of ['', 'KICK', 'ban', 'ki', 'kick|mute', 5, null, undefined]) {
            ann.send('moderator-action', { targetId: bob.id, action });
            await ann.error('INVALID_MESSAGE', 'Invalid message format');
        }
        await settle(ann, bob);
    });
});
