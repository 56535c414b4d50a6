/* What somebody sends who means harm, and no browser: requests behind requests, requests in disguise, frames that are none.
 * What libwebsockets answers by itself is pinned here, too (the README lists it).
 * Not here: single malformed requests (raw.test.js), libwebsockets' other faults (traps.test.js). */
'use strict';

const net = require('node:net');
const { assert, suite, meet, settle, http, freshAddress, within, patienceMs } = require('./harness');
const { startTls, rawTls } = require('./tls');

const get = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n';
const config = 'GET /config HTTP/1.1\r\nHost: localhost\r\n\r\n';
const announced = (method, path, length, body) => `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n${body}`;
const post = announced('POST', '/api/rooms', 2, '{}');

const answers = (text) => (text.match(/HTTP\/1\.[01] [2-5]\d\d/g) || []).length;

/* The code when `bytes` are a close frame; undefined else. */
function closeCode(bytes) {
    return bytes.length >= 4 && bytes[0] === 0x88 && bytes[1] === bytes.length - 2 ? bytes.readUInt16BE(2) : undefined;
}

/* A frame of up to 16 MiB as a client sends it, its mask zero. */
function frame(opcode, payload = '', { fin = 0x80, announcedLength } = {}) {
    const body = Buffer.from(payload);
    const length = announcedLength || (body.length < 126 ? Buffer.from([0x80 | body.length])
        : body.length < 65536 ? Buffer.from([0xfe, body.length >> 8, body.length & 0xff])
            : Buffer.from([0xff, 0, 0, 0, 0, 0, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff]));
    return Buffer.concat([Buffer.from([fin | opcode]), length, Buffer.alloc(4), body]);
}

const handshake = 'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
    + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/* A WebSocket of raw bytes.  Sends `first` with the handshake and `then` after the 101; resolves with what came after the 101 when
 * the server has closed. */
async function rawSocket(gateway, { first = '', then } = {}) {
    const socket = net.connect({ host: '127.0.0.1', port: gateway.port, localAddress: freshAddress() });
    let bytes = Buffer.alloc(0);
    let isOpen = false;
    const closed = new Promise((resolve) => {
        socket.on('error', () => {});
        socket.on('close', () => resolve(bytes));
        socket.on('data', (data) => {
            bytes = Buffer.concat([bytes, data]);
            const end = bytes.indexOf('\r\n\r\n');
            if (isOpen && closeCode(bytes) !== undefined) socket.end();
            if (isOpen || end < 0) return;
            isOpen = bytes.subarray(0, 12).toString() === 'HTTP/1.1 101';
            bytes = bytes.subarray(isOpen ? end + 4 : 0);
            if (isOpen && then) socket.write(then);
        });
    });
    socket.write(Buffer.concat([Buffer.from(handshake), Buffer.from(first)]));
    return within(patienceMs, 'the server did not close the connection', closed).finally(() => socket.destroy());
}

suite('a request behind another', {}, ({ test }) => {
    const seconds = [
        ['a POST whose body has begun', announced('POST', '/api/rooms', 1000, '{')],
        ['a POST whose body has not begun', announced('POST', '/api/rooms', 40, '')],
        ['a POST with its body', post],
        ['a GET with a body', announced('GET', '/health', 40, 'abc')],
        ['a HEAD with a body', announced('HEAD', '/health', 40, 'abc')],
        ['OPTIONS with a body', announced('OPTIONS', '/health', 40, 'abc')],
        ['a POST to nowhere', announced('POST', '/nothing', 1000, '{')],
        ['a POST too large', announced('POST', '/api/rooms', 100000, '{')],
        ['a POST in chunks', 'POST /api/rooms HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5'],
        ['a POST that waits for a word', 'POST /api/rooms HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n'],
        ['another GET', config],
        ['half a head', 'GET /config HTTP/1.1\r\nHost: loc'],
        ['a handshake and half a frame', Buffer.concat([Buffer.from(handshake), frame(1, '{}').subarray(0, 3)]).toString('latin1')],
    ];
    const attack = async (gateway, raw) => {
        for (const [what, second] of seconds) {
            for (const first of [get, post]) {
                const text = await raw(gateway, Buffer.from(first + second, 'latin1'));
                assert.strictEqual(answers(text), 1, `${what}: ${text}`);
                assert.match(text, first === get ? /"uptime"/ : /"creatorToken"/, what);
                assert.match(text, /\r\nConnection: close\r\n/i, what);
            }
        }
    };

    test('[HTTP-13] is never answered, and does not stop the process', async ({ server }) => {
        await attack(server.gateway, http.raw);
        assert.strictEqual((await http.get(server.gateway, '/health')).status, 200);
    });

    test('[HTTP-13] the same over TLS', async (world) => {
        const gateway = await startTls(world, world.server);
        await attack(gateway, rawTls);
        assert.match(await rawTls(gateway, get), /^HTTP\/1\.1 200 /);
    });

    test('[HTTP-13] answers that are no errors say that they end the connection', async ({ server }) => {
        for (const bytes of [get, post, announced('OPTIONS', '/', 0, ''), announced('HEAD', '/', 0, '')])
            assert.match(await http.raw(server.gateway, bytes), /^HTTP\/1\.1 2\d\d [^]*\r\nConnection: close\r\n/);
    });
});

suite('a request in disguise', {}, ({ test }) => {
    const hide = (lines) => `GET /health HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n\r\n`;
    const disguises = [
        ['a length with a space before its colon', hide(`Content-Length : ${config.length}`)],
        ['an encoding with a space before its colon', hide('Transfer-Encoding : chunked')],
        ['an encoding with a tab before its colon', hide('Transfer-Encoding\t: chunked')],
        ['a folded line', hide(`X-Nothing: x\r\n Content-Length: ${config.length}`)],
        ['a bare carriage return', hide(`X-Nothing: x\rContent-Length: ${config.length}`)],
        ['bare line feeds', `GET /health HTTP/1.1\nHost: localhost\nContent-Length: ${config.length}\n\n`],
        ['a bare line feed inside', hide(`X-Nothing: x\nContent-Length: ${config.length}`)],
        ['an empty encoding', hide('Transfer-Encoding:')],
        ['an empty length beside one', hide(`Content-Length:\r\nContent-Length: ${config.length}`)],
    ];
    for (const [what, outer] of disguises) {
        test(`[HTTP-14] behind ${what} is never answered`, async ({ server }) => {
            const text = await http.raw(server.gateway, outer + config);
            assert.ok(answers(text) <= 1, text);
            assert.doesNotMatch(text, /iceServers/);
        });
    }

    for (const method of ['GET', 'HEAD']) {
        test(`[HTTP-10] ${method} with a body is refused`, async ({ server }) => {
            assert.match(await http.raw(server.gateway, announced(method, '/health', config.length, config)), /^HTTP\/1\.1 400 /);
        });
    }

    test('[HTTP-12] white space behind a length is none of it', async ({ server }) => {
        const text = await http.raw(server.gateway, 'POST /api/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2 \t\r\n\r\n{}');
        assert.match(text, /^HTTP\/1\.1 201 /);
    });
});

/* No request of the broker's, and no link, ends while it is frozen. */
suite('who ends his sending side', { settings: { 'link-timeout': '60s' } }, ({ test }) => {
    test('[HTTP-15] still gets the answer, however late', async ({ server }) => {
        const { gateway, broker } = server;
        const before = gateway.openDescriptors();
        const ask = () => net.connect({ host: '127.0.0.1', port: gateway.port, localAddress: freshAddress(), allowHalfOpen: true });
        const patient = ask();
        let text = '';
        const ended = new Promise((resolve) => { patient.on('close', resolve); patient.on('end', () => patient.destroy()); });
        patient.on('data', (data) => { text += data; });
        broker.signal('SIGSTOP');
        try {
            patient.end(post);
            await server.eventually('it is there', () => gateway.openDescriptors() === before + 1);
            /* Whoever resets behind it is looked for once a second, as it is: when he has been found, it has been looked at. */
            const gone = ask();
            gone.on('error', () => {});
            gone.write(post);
            await server.eventually('he is there', () => gateway.openDescriptors() === before + 2);
            gone.resetAndDestroy();
            await server.eventually('he is found gone', () => gateway.openDescriptors() <= before + 1);
        } finally {
            broker.signal('SIGCONT');
        }
        await within(patienceMs, 'no end', ended);
        assert.match(text, /^HTTP\/1\.1 201 /);
    });
});

suite('frames', {}, ({ test }) => {
    test('[WS-01] what comes behind a close frame is dropped', async (world) => {
        const [ann, bob, eve] = await meet(world, 'Ann', 'Bob', 'Eve');
        const chat = JSON.stringify({ type: 'chat', roomId: eve.room, participantId: eve.id, timestamp: 1, text: 'from beyond' });
        const { _socket: socket } = eve.socket;
        socket.write(Buffer.concat([frame(8, Buffer.from([0x03, 0xe8])), frame(1, chat), frame(1, chat)]));
        for (const other of [ann, bob]) await other.next('participant-left', { participantId: eve.id });
        await settle(ann, bob);
    });

    for (const length of [2, 200, 4000, 100000]) {
        test(`[WS-03] ${length} bytes together with the handshake: 1002`, async ({ server }) => {
            const rest = await rawSocket(server.gateway, { first: frame(1, `{"type":"${'x'.repeat(length)}"}`) });
            assert.strictEqual(closeCode(rest), 1002, rest.toString('latin1'));
        });
    }

    test('[WS-03] frames right behind the 101 are taken', async ({ server }) => {
        for (let i = 0; i < 50; i += 1) {
            const rest = await rawSocket(server.gateway, { then: Buffer.concat([frame(1, '{}'), frame(8, Buffer.from([0x03, 0xe8]))]) });
            assert.match(rest.toString('latin1'), /INVALID_MESSAGE/);
        }
    });

    /* libwebsockets finds these; it closes with 1002, or without a close frame. */
    const forbidden = [
        ['an opcode that nobody knows', frame(3, 'x')],
        ['a continuation of nothing', frame(0, 'x')],
        ['a control frame of 126 bytes', frame(9, 'x'.repeat(126))],
        ['a control frame in parts', frame(9, 'x', { fin: 0 })],
        ['a length beyond 63 bits', frame(1, 'x', { announcedLength: Buffer.from('ffffffffffffffffff', 'hex') })],
        ['a reserved bit', frame(0x41, '{}')],
    ];
    for (const [what, bytes] of forbidden) {
        test(`[WS-02] ${what}: closed by the library`, async ({ server }) => {
            const rest = await rawSocket(server.gateway, { then: bytes });
            assert.ok(rest.length === 0 || closeCode(rest) === 1002, rest.toString('latin1'));
            assert.strictEqual((await http.get(server.gateway, '/health')).status, 200);
        });
    }
});
