/* Bytes that no browser sends.  Pins what the library answers by itself, too (the README lists it). */
'use strict';

const net = require('node:net');
const { assert, suite, meet, settle, http, freshAddress, within, patienceMs } = require('./harness');

const statusOf = (text) => Number((/^HTTP\/1\.[01] (\d{3})/.exec(text) || [])[1]);

/* The one answer to these bytes; the connection is closed behind it. */
async function only(gateway, bytes) {
    const text = await http.raw(gateway, bytes);
    assert.ok((text.match(/HTTP\/1\.[01] \d{3}/g) || []).length <= 1, `more than one answer: ${text}`);
    return { status: statusOf(text), text };
}

const post = (head, body) => `POST /api/rooms HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n${body}`;

suite('raw HTTP', {}, ({ test }) => {
    const refused = [
        ['Transfer-Encoding', post('Transfer-Encoding: chunked', '2\r\n{}\r\n0\r\n\r\n')],
        ['Transfer-Encoding beside Content-Length', post('Transfer-Encoding: chunked\r\nContent-Length: 2', '{}')],
        ['Transfer-Encoding identity', post('Transfer-Encoding: identity\r\nContent-Length: 2', '{}')],
        ['two lengths', post('Content-Length: 2\r\nContent-Length: 40', '{}')],
        ['two equal lengths', post('Content-Length: 2\r\nContent-Length: 2', '{}')],
        ['a list of lengths', post('Content-Length: 2, 2', '{}')],
        ['a negative length', post('Content-Length: -1', '{}')],
        ['a signed length', post('Content-Length: +2', '{}')],
        ['a length of hex', post('Content-Length: 0x2', '{}')],
        ['a length of words', post('Content-Length: two', '{}')],
        ['a length beyond 64 bits', post('Content-Length: 99999999999999999999999', '{}')],
        ['no host', 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ];
    for (const [what, bytes] of refused) {
        test(`[HTTP-10] ${what} is refused`, async ({ server }) => {
            const { status, text } = await only(server.gateway, bytes);
            assert.ok(status >= 400 && status <= 505, text);
            assert.match(text, /"error":/);
            assert.match(text, /x-frame-options: DENY/i);
        });
    }

    test('[ROOMS-02] a POST without any length has an empty body', async ({ server }) => {
        const { status, text } = await only(server.gateway, post('Connection: close', ''));
        assert.strictEqual(status, 201, text);
    });

    /* RFC 9112, section 6.3: then there is no body; whatever follows is not taken for a next request. */
    test('[HTTP-10] a POST without a length has an empty body, and is the last request', async ({ server }) => {
        const { status } = await only(server.gateway, post('X-Nothing: x', 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'));
        assert.strictEqual(status, 201);
    });

    test('[HTTP-10] a body announced too long is refused before it comes', async ({ server }) => {
        const { status } = await only(server.gateway, post('Content-Length: 16385', ''));
        assert.strictEqual(status, 413);
    });

    const byLibrary = [
        ['PURGE', 'PURGE /health HTTP/1.1\r\nHost: localhost\r\n\r\n'],
        ['TRACE', 'TRACE /health HTTP/1.1\r\nHost: localhost\r\n\r\n'],
        ['no method', 'hello\r\n\r\n'],
        ['a bad escape', 'GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n'],
        ['an absolute target', 'GET http://localhost/health HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ];
    for (const [what, bytes] of byLibrary) {
        test(`[HTTP-09] ${what}: 403 by the library, and closed`, async ({ server }) => {
            const { status, text } = await only(server.gateway, bytes);
            assert.strictEqual(status, 403, text);
        });
    }

    const closed = [
        ['CONNECT', 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n'],
        ['a head of 100 KiB', `GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(100000)}\r\n\r\n`],
        ['TLS', Buffer.from('16030100a5010000a10303', 'hex')],
        ['zeros', Buffer.alloc(2000)],
        ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ];
    for (const [what, bytes] of closed) {
        test(`[HTTP-09] ${what} is closed`, async ({ server }) => {
            const socket = http.raw(server.gateway, bytes, { deadlineMs: 15000 });
            const text = await socket;
            assert.ok(!/^HTTP\/1\.1 [123]/.test(text), text);
        });
    }

    const upgrades = [
        ['another upgrade', 'Upgrade: foobarbaz\r\nConnection: Upgrade'],
        ['h2c', 'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'],
        ['another version', 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 12\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
        ['no key', 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13'],
    ];
    for (const [what, head] of upgrades) {
        test(`[HTTP-08] ${what} does not open a WebSocket`, async ({ server }) => {
            const text = await http.raw(server.gateway, `GET /ws HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n`, { deadlineMs: 15000 });
            assert.notStrictEqual(statusOf(text), 101, text);
            assert.ok(!/^HTTP\/1\.1 [23]/.test(text), text);
        });
    }

    test('[HTTP-08] an upgrade behind a request on one connection', async ({ server }) => {
        for (const first of ['/x', '/health']) {
            const text = await http.raw(server.gateway, `GET ${first} HTTP/1.1\r\nHost: localhost\r\n\r\n`
                + 'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: foobarbaz\r\nConnection: Upgrade\r\n\r\n', { deadlineMs: 15000 });
            assert.ok(!text.includes(' 101 '), text);
        }
        assert.strictEqual((await http.get(server.gateway, '/health')).status, 200);
    });

    test('[HTTP-12] a request byte by byte', async ({ server }) => {
        const socket = net.connect({ host: '127.0.0.1', port: server.gateway.port, localAddress: freshAddress(), noDelay: true });
        const text = new Promise((resolve) => {
            let all = '';
            socket.on('data', (data) => { all += data; if (all.includes('creatorToken')) resolve(all); });
            socket.on('close', () => resolve(all));
        });
        for (const byte of post('Content-Length: 14\r\nConnection: close', '{"colour":"x"}')) {
            socket.write(byte);
            await new Promise(setImmediate);
        }
        assert.strictEqual(statusOf(await within(patienceMs, 'no answer', text)), 201);
        socket.destroy();
    });

    test('[HTTP-09] it lives on, and the meeting with it', async (world) => {
        const people = await meet(world, 'Ann', 'Bob');
        for (const [, bytes] of [...byLibrary, ...refused]) await http.raw(world.server.gateway, bytes, { deadlineMs: 15000 });
        await settle(...people);
        assert.strictEqual((await http.get(world.server.gateway, '/health')).status, 200);
    });
});

suite('slow HTTP', { gateway: { 'request-deadline': '500ms' } }, ({ test }) => {
    const slow = [
        ['nothing', ''],
        ['half a head', 'GET /health HTTP/1.1\r\nHost: loc'],
        ['a head without its end', 'GET /health HTTP/1.1\r\nHost: localhost\r\n'],
        ['no body', post('Content-Length: 10', '')],
        ['half a body', post('Content-Length: 10', '{"a"')],
        ['half a handshake', 'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n'],
    ];
    for (const [what, bytes] of slow) {
        test(`[HTTP-11] ${what} is closed in time`, async ({ server }) => {
            const begun = Date.now();
            const text = await http.raw(server.gateway, bytes);
            assert.ok(Date.now() - begun >= 400, `after ${Date.now() - begun} ms: ${text}`);
            assert.ok(!/^HTTP\/1\.1 [123]/.test(text), text);
        });
    }

    test('[HTTP-11] a byte now and then does not help', async ({ server }) => {
        const socket = net.connect({ host: '127.0.0.1', port: server.gateway.port, localAddress: freshAddress() });
        socket.on('error', () => {});
        const closed = new Promise((resolve) => socket.on('close', resolve));
        socket.resume();
        socket.write('POST /api/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n');
        const drip = setInterval(() => socket.write('x'), 50);
        await within(patienceMs, 'the server kept the connection', closed).finally(() => clearInterval(drip));
    });
});
