/* Recording: what the room is told of it. */
'use strict';

const { assert, suite, meet, settle } = require('./harness');

suite('recording', {}, ({ test }) => {
    test('[REC-01] [REC-02] [REC-03] start and stop go to everybody, and to who comes in between', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        ann.send('recording-started', { startedBy: bob.id });
        for (const person of [ann, bob])
            await person.next('recording-started', { startedBy: ann.id, participantId: ann.id, roomId: world.room });
        const cleo = await world.client('Cleo');
        await cleo.join(world.room);
        await cleo.roster(ann, bob);
        await cleo.next('recording-started', { startedBy: ann.id });
        for (const person of [ann, bob]) await person.next('participant-joined');
        ann.send('recording-stopped', { stoppedBy: bob.id });
        for (const person of [ann, bob, cleo])
            await person.next('recording-stopped', { stoppedBy: ann.id, participantId: ann.id, roomId: world.room });
        const dora = await world.client('Dora');
        await dora.join(world.room);
        await dora.roster(ann, bob, cleo);
        await dora.heardNothing();
    });

    for (const how of ['leaves', 'vanishes', 'is kicked', 'joins elsewhere']) {
        test(`[REC-04] the recording stops when the recorder ${how}`, async (world) => {
            const [ann, bob, cleo] = await meet(world, 'Ann', 'Bob', 'Cleo');
            ann.send('moderator-action', { targetId: bob.id, action: 'make-moderator' });
            for (const person of [ann, bob, cleo]) await person.next('participant-updated');
            await bob.next('moderator-action');
            bob.send('recording-started');
            for (const person of [ann, bob, cleo]) await person.next('recording-started', { startedBy: bob.id });
            if (how === 'leaves') bob.send('leave');
            if (how === 'vanishes') bob.vanish();
            if (how === 'is kicked') ann.send('moderator-action', { targetId: bob.id, action: 'kick' });
            if (how === 'joins elsewhere') bob.send('join', { roomId: `${world.room}-2`, isHost: true });
            for (const person of [ann, cleo]) {
                const heard = [await person.next(), await person.next()];
                const stopped = heard.find((message) => message.type === 'recording-stopped');
                assert.ok(stopped && heard.some((message) => message.type === 'participant-left'), JSON.stringify(heard));
                assert.strictEqual(stopped.stoppedBy, bob.id);
            }
            await settle(ann, cleo);
            const dora = await world.client('Dora');
            await dora.join(world.room);
            await dora.roster(ann, cleo);
            await dora.heardNothing();
        });
    }

    test('[REC-04] another one\'s leaving does not stop it', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        ann.send('recording-started');
        for (const person of [ann, bob]) await person.next('recording-started');
        bob.send('leave');
        await ann.next('participant-left');
        await settle(ann);
        await bob.join(world.room);
        await bob.roster(ann);
        await bob.next('recording-started', { startedBy: ann.id });
    });
});
