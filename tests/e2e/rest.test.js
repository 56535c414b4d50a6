/* Rooms over HTTP after they were made: looking one up, ending it, its calendar file. */
'use strict';

const { execFileSync } = require('node:child_process');
const { assert, suite, meet, queueUp, http, freshRoom, freshAddress, secret } = require('./harness');

const room = (gateway, id, options) => http.request(gateway, `/api/rooms/${id}`, options);
const invite = (gateway, id, options) => http.request(gateway, `/api/rooms/${id}/invite.ics`, options);

function end(gateway, id, token, options = {}) {
    const headers = token === undefined ? {} : { Authorization: token };
    return room(gateway, id, { method: 'DELETE', headers, ...options });
}

async function make(gateway, members) {
    const answer = await http.createRoom(gateway, members);
    assert.strictEqual(answer.status, 201, answer.text);
    return answer.json;
}

function isRefused(answer, status) {
    assert.strictEqual(answer.status, status, answer.text);
    assert.strictEqual(typeof answer.json.error, 'string');
}

suite('rooms over HTTP, once made', {}, ({ test }) => {
    test('[REST-01] what an invited person needs to know', async ({ server, room: id }) => {
        const all = { title: 'Road map', scheduledStart: 1777550400000, scheduledEnd: 1777552200000 };
        await make(server.gateway, { roomId: id, password: secret(), maxParticipants: 5, ...all });
        const expected = { roomId: id, ...all, needsPassword: true, locked: false, participants: 0, maxParticipants: 5 };
        for (const written of [id, id.toLowerCase()]) {
            const answer = await room(server.gateway, written);
            assert.strictEqual(answer.status, 200, answer.text);
            assert.match(answer.headers['content-type'], /^application\/json/);
            assert.deepStrictEqual(answer.json, expected);
        }
        const head = await room(server.gateway, id, { method: 'HEAD' });
        assert.deepStrictEqual([head.status, head.text], [200, '']);
    });

    test('[REST-01] a meeting that goes on: how many, locked, no names', async (world) => {
        const { server } = world;
        const [ann] = await queueUp(world, 'Waiting-Wanda', 'Ann-the-host', 'Bob-the-guest');
        for (const gateway of server.gateways) {
            const answer = await room(gateway, world.room);
            assert.deepStrictEqual(answer.json, { roomId: world.room, needsPassword: false, locked: true, participants: 2, maxParticipants: 8 });
            assert.doesNotMatch(answer.text, /Ann|Bob|Wanda/);
            assert.ok(!answer.text.includes(ann.id));
        }
    });

    test('[REST-02] a room that is not there', async ({ server }) => {
        for (const id of [freshRoom(), 'x', 'a-b_c', 'x'.repeat(64), 'x'.repeat(65), 'ABC%2012', '%C3%84BC123', '..%5c']) {
            isRefused(await room(server.gateway, id, { from: freshAddress() }), 404);
            isRefused(await invite(server.gateway, id, { from: freshAddress() }), 404);
        }
        for (const path of ['/api/rooms/', '/api/rooms/ABC123/', '/api/rooms/ABC123/invite', '/api/rooms/a/b/invite.ics'])
            isRefused(await http.get(server.gateway, path), 404);
    });

    test('[REST-03] methods', async ({ server, room: id }) => {
        for (const method of ['POST', 'PUT', 'PATCH']) {
            const answer = await room(server.gateway, id, { method, headers: { 'Content-Length': 0 } });
            isRefused(answer, 405);
            assert.strictEqual(answer.headers.allow, 'GET, HEAD, DELETE, OPTIONS');
        }
        const answer = await invite(server.gateway, id, { method: 'DELETE' });
        isRefused(answer, 405);
        assert.strictEqual(answer.headers.allow, 'GET, HEAD, OPTIONS');
        const options = await room(server.gateway, id, { method: 'OPTIONS' });
        assert.deepStrictEqual([options.status, options.text], [204, '']);
        assert.strictEqual(options.headers['access-control-allow-methods'], 'GET, POST, OPTIONS');
    });

    test('[REST-04] who may end a room', async ({ server, room: id }) => {
        const { creatorToken } = await make(server.gateway, { roomId: id });
        for (const token of [undefined, '', 'Bearer', 'Bearer ', 'Bearer x', creatorToken, `Basic ${creatorToken}`, `Bearer ${creatorToken}x`]) {
            const answer = await end(server.gateway, id, token);
            isRefused(answer, 401);
            assert.strictEqual(answer.headers['www-authenticate'], 'Bearer');
        }
        const wrong = '00000000-0000-4000-8000-000000000000';
        isRefused(await end(server.gateway, id, `Bearer ${wrong}`), 403);
        isRefused(await end(server.gateway, freshRoom(), `Bearer ${creatorToken}`), 404);
        assert.strictEqual((await room(server.gateway, id)).status, 200);
        const done = await end(server.gateway, id.toLowerCase(), `bearer ${creatorToken.toUpperCase()}`);
        assert.deepStrictEqual([done.status, done.text], [204, '']);
        isRefused(await room(server.gateway, id), 404);
        isRefused(await end(server.gateway, id, `Bearer ${creatorToken}`), 404);
        await make(server.gateway, { roomId: id });
    });

    test('[REST-04] a room that a join made has no creator', async (world) => {
        await meet(world, 'Ann');
        isRefused(await end(world.server.gateway, world.room, 'Bearer 00000000-0000-4000-8000-000000000000'), 403);
    });

    test('[REST-05] the meeting ends for all', async (world) => {
        const { server } = world;
        const { creatorToken } = await make(server.gateway, { roomId: world.room });
        const seated = await queueUp(world, 'Wanda', 'Ann', 'Bob');
        const waiting = seated.pop();
        assert.strictEqual((await end(server.pickGateway(), world.room, `Bearer ${creatorToken}`)).status, 204);
        for (const person of seated) {
            await person.next('moderator-action', { action: 'kick', targetId: person.id });
            await person.closed(4005);
        }
        await waiting.next('reject-user', { targetId: waiting.id, reason: 'The meeting has ended' });
        await waiting.closed(4005);
        isRefused(await room(server.gateway, world.room), 404);
        const late = await world.client('late');
        late.send('join', { roomId: world.room, name: 'late' });
        await late.error('ROOM_NOT_FOUND');
    });
});

/* What Debian's python3-icalendar reads in it. */
function parse(text) {
    const script = `
import json, sys
from icalendar import Calendar
calendar = Calendar.from_ical(sys.stdin.buffer.read())
events = calendar.walk('VEVENT')
assert len(events) == 1, len(events)
def at(name):
    return events[0].decoded(name).isoformat() if name in events[0] else None
print(json.dumps({'method': calendar['METHOD'], 'version': calendar['VERSION'], 'prodid': calendar['PRODID'],
    'uid': events[0]['UID'], 'summary': events[0]['SUMMARY'], 'url': events[0].get('URL'), 'errors': events[0].errors,
    'stamp': at('DTSTAMP'), 'start': at('DTSTART'), 'end': at('DTEND')}))`;
    return JSON.parse(execFileSync('/usr/bin/python3', ['-c', script], { input: text, encoding: 'utf8' }));
}

/* SUMMARY by RFC 5545 sections 3.1 and 3.3.11. */
function summary(text) {
    const [, value] = /\r\nSUMMARY:(.*)\r\n/.exec(text.replace(/\r\n /g, ''));
    assert.match(value, /^([^\\;,]|\\[\\;,nN])*$/);
    return value.replace(/\\(.)/g, (_, c) => (c === 'n' || c === 'N' ? '\n' : c));
}

function isFolded(text) {
    assert.ok(text.endsWith('\r\n'));
    for (const line of text.slice(0, -2).split('\r\n')) {
        assert.ok(!/[\r\n\u0000-\u0008]/.test(line), JSON.stringify(line));
        assert.ok(Buffer.byteLength(line) <= 75, line);
    }
}

suite('calendar files', {}, ({ test }) => {
    test('[REST-06] of a meeting with title and schedule', async ({ server, room: id }) => {
        await make(server.gateway, { roomId: id, title: 'Road map', scheduledStart: 1777550400000, scheduledEnd: 1777552200000 });
        const answer = await invite(server.gateway, id.toLowerCase(), { headers: { Host: 'meet.example.org' } });
        assert.strictEqual(answer.status, 200);
        assert.match(answer.headers['content-type'], /^text\/calendar/);
        assert.strictEqual(answer.headers['content-disposition'], `attachment; filename="${id}.ics"`);
        isFolded(answer.text);
        const event = parse(answer.text);
        assert.ok(Math.abs(Date.parse(event.stamp) - Date.now()) < 60000, event.stamp);
        assert.deepStrictEqual(event, {
            ...event, method: 'PUBLISH', version: '2.0', uid: `${id}@meet.example.org`, summary: 'Road map', errors: [],
            url: `http://meet.example.org/?room=${id}`, start: '2026-04-30T12:00:00+00:00', end: '2026-04-30T12:30:00+00:00',
        });
    });

    test('[REST-06] without a title, a schedule or an end', async ({ server }) => {
        const bare = freshRoom();
        await make(server.gateway, { roomId: bare });
        const nothing = parse((await invite(server.gateway, bare)).text);
        assert.deepStrictEqual([nothing.summary, nothing.start, nothing.end], ['MikroMeet meeting', null, null]);
        const begun = freshRoom();
        await make(server.gateway, { roomId: begun, scheduledStart: 1777550400000 });
        const open = parse((await invite(server.gateway, begun)).text);
        assert.deepStrictEqual([open.start, open.end], ['2026-04-30T12:00:00+00:00', null]);
        const far = freshRoom();
        await make(server.gateway, { roomId: far, scheduledStart: 9007199254740991 });
        assert.strictEqual(parse((await invite(server.gateway, far)).text).start, null);
    });

    test('[REST-07] whatever a title says, it is one line of text', async ({ server }) => {
        const titles = ['a, b; c: d\\e "f"', 'x\\n;y\\,', 'é'.repeat(80), '\u{1f600}'.repeat(80), `${'x'.repeat(66)}\u{1f600}\u{1f600}`,
            ',;\\'.repeat(26), 'END:VEVENT\r\nBEGIN:VALARM', 'two\nlines'];
        for (const title of titles) {
            const id = freshRoom();
            await make(server.gateway, { roomId: id, title });
            const { text } = await invite(server.gateway, id);
            isFolded(text);
            assert.strictEqual(summary(text), title.replace(/\r/g, ''));
            /* That parser unescapes one kind after the other, so a backslash before an n becomes a line. */
            if (!title.includes('\\')) assert.strictEqual(parse(text).summary, title.replace(/\r/g, ''));
        }
    });

    test('[REST-07] a Host that cannot stand in a file is left out', async ({ server, room: id }) => {
        await make(server.gateway, { roomId: id });
        for (const host of ['x/../y', 'a b', 'a?b', 'x"y', 'x'.repeat(300)]) {
            const event = parse((await invite(server.gateway, id, { headers: { Host: host } })).text);
            assert.deepStrictEqual([event.url, event.uid], [null, `${id}@mikromeet`]);
        }
    });
});

suite('rooms over HTTP under attack', { server: false }, ({ test }) => {
    test('[REST-08] guessing ids is slowed down', async (world) => {
        const server = await world.start({ settings: { 'rate-limit-window': '1h' }, broker: { 'rate-limit-guesses': 5 } });
        const from = freshAddress();
        const { creatorToken } = await make(server.gateway, { roomId: world.room });
        for (let i = 0; i < 20; i += 1) assert.strictEqual((await room(server.gateway, world.room, { from })).status, 200);
        for (let i = 0; i < 5; i += 1) isRefused(await room(server.gateway, freshRoom(), { from }), 404);
        for (const asked of [room(server.gateway, freshRoom(), { from }), invite(server.gateway, world.room, { from }),
            end(server.gateway, freshRoom(), `Bearer ${creatorToken}`, { from })]) {
            const answer = await asked;
            isRefused(answer, 429);
            assert.ok(Number(answer.headers['retry-after']) >= 1, answer.headers['retry-after']);
        }
        assert.strictEqual((await room(server.gateway, world.room, { from: freshAddress() })).status, 200);
    });

    test('[REST-09] with the broker away', async (world) => {
        const server = await world.start({ gateways: 1, gateway: { 'create-timeout': '300ms' } });
        const { creatorToken } = await make(server.gateway, { roomId: world.room });
        await server.broker.stop();
        for (const asked of [room(server.gateway, world.room), invite(server.gateway, world.room),
            end(server.gateway, world.room, `Bearer ${creatorToken}`)]) {
            const answer = await asked;
            isRefused(answer, 503);
            assert.ok(Number(answer.headers['retry-after']) >= 1);
        }
    });
});
