/* What participants say of themselves: microphone, camera, hand. */
'use strict';

const { assert, suite, meet, settle } = require('./harness');

const members = ['isModerator', 'isMuted', 'isVideoOff', 'isHandRaised'];

suite('state', {}, ({ test }) => {
    test('[STATE-01] [STATE-02] an update goes to the others, what is not given stays', async (world) => {
        const [ann, bob, cleo] = await meet(world, 'Ann', 'Bob', 'Cleo');
        const steps = [
            [{ isMuted: true }, [false, true, false, false]],
            [{ isVideoOff: true }, [false, true, true, false]],
            [{ isMuted: null, isVideoOff: false }, [false, true, false, false]],
            [{ isHandRaised: true, isMuted: false }, [false, false, false, true]],
            [{}, [false, false, false, true]],
            [{ isHandRaised: false }, [false, false, false, false]],
        ];
        for (const [given, shown] of steps) {
            bob.send('participant-updated', given);
            for (const other of [ann, cleo]) {
                const update = await other.next('participant-updated', { participantId: bob.id, roomId: world.room });
                assert.deepStrictEqual(members.map((member) => update[member]), shown, JSON.stringify(given));
            }
        }
        await settle(ann, bob, cleo);
    });

    test('[STATE-03] nobody promotes itself', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        bob.send('participant-updated', { isModerator: true, isMuted: true });
        await ann.next('participant-updated', { participantId: bob.id, isModerator: false, isMuted: true });
        bob.send('room-locked');
        await bob.error('UNAUTHORIZED');
        ann.send('participant-updated', { isModerator: false, isMuted: true });
        await bob.next('participant-updated', { participantId: ann.id, isModerator: true });
    });

    test('[STATE-04] hands go up and down', async (world) => {
        const [ann, bob, cleo] = await meet(world, 'Ann', 'Bob', 'Cleo');
        bob.send('raise-hand');
        for (const other of [ann, cleo]) await other.next('raise-hand', { participantId: bob.id, roomId: world.room });
        bob.send('participant-updated', { isMuted: true });
        for (const other of [ann, cleo]) await other.next('participant-updated', { isHandRaised: true, isMuted: true });
        bob.send('lower-hand');
        for (const other of [ann, cleo]) await other.next('lower-hand', { participantId: bob.id, roomId: world.room });
        bob.send('participant-updated', {});
        for (const other of [ann, cleo]) await other.next('participant-updated', { isHandRaised: false, isMuted: true });
        await settle(ann, bob, cleo);
    });

    test('[STATE-04] [ORDER-03] a hand raised by an update is told to newcomers as well', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        bob.send('participant-updated', { isHandRaised: true });
        await ann.next('participant-updated');
        const cleo = await world.client('Cleo');
        await cleo.join(world.room);
        await cleo.roster(ann, bob);
        await cleo.next('raise-hand', { participantId: bob.id });
        await cleo.heardNothing();
    });

    test('[STATE-05] a new join begins anew', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        bob.send('participant-updated', { isMuted: true, isVideoOff: true, isHandRaised: true });
        await ann.next('participant-updated');
        await bob.join(world.room);
        await bob.roster(ann);
        await ann.next('participant-left');
        await ann.next('participant-joined', { participantId: bob.id, isMuted: false, isVideoOff: false });
        bob.send('participant-updated', {});
        await ann.next('participant-updated', { isMuted: false, isVideoOff: false, isHandRaised: false });
    });

    test('[BOUND-12] a state that is no boolean', async (world) => {
        const [ann, bob] = await meet(world, 'Ann', 'Bob');
        for (const wrong of [1, 'true', [], {}]) {
            bob.send('participant-updated', { isMuted: wrong });
            await bob.error('INVALID_MESSAGE', 'Invalid message format');
        }
        await settle(ann, bob);
    });
});
