/* HTTP as a browser's page and a careful client use it.  Not here: POST /api/rooms (rooms.test.js), bytes that no
 * client would send (raw.test.js). */
'use strict';

const { assert, suite, meet, knock, lock, http, Client, secret, variables, run } = require('./harness');

const securityHeaders = {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'x-xss-protection': '1; mode=block',
    'referrer-policy': 'strict-origin-when-cross-origin',
};
const corsHeaders = {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': 'Content-Type',
};

function hasHeaders(answer, wanted, what) {
    for (const [name, value] of Object.entries(wanted)) assert.strictEqual(answer.headers[name], value, `${name} of ${what}`);
}

/* One request for every status there is. */
const requests = [
    [200, 'GET', '/'], [200, 'GET', '/health'], [200, 'GET', '/config'], [200, 'GET', '/config.json'],
    [200, 'HEAD', '/health'], [204, 'OPTIONS', '/api/rooms'], [201, 'POST', '/api/rooms', '{}'],
    [400, 'POST', '/api/rooms', '[]'], [404, 'GET', '/nothing'], [405, 'DELETE', '/health'],
    [413, 'POST', '/api/rooms', ' '.repeat(16385)],
];

suite('http', {}, ({ test }) => {
    test('[HTTP-01] [HTTP-02] every answer carries the security and CORS headers', async ({ server }) => {
        for (const [status, method, path, body] of requests) {
            const headers = body === undefined ? {} : { 'Content-Length': body.length };
            const answer = await http.request(server.gateway, path, { method, body, headers });
            assert.strictEqual(answer.status, status, `${method} ${path}: ${answer.text}`);
            hasHeaders(answer, { ...securityHeaders, ...corsHeaders }, `${method} ${path}`);
        }
    });

    test('[HTTP-01] the 101 carries the security headers', async (world) => {
        const client = await world.client('client');
        hasHeaders(client.upgrade, securityHeaders, 'the 101');
    });

    test('[HTTP-03] OPTIONS on any path is 204 without a body', async ({ server }) => {
        for (const path of ['/', '/health', '/config', '/config.json', '/api/rooms', '/ws', '/nothing', '/a/b/c?d=e']) {
            const answer = await http.request(server.gateway, path, { method: 'OPTIONS' });
            assert.strictEqual(answer.status, 204, path);
            assert.strictEqual(answer.text, '', path);
            hasHeaders(answer, corsHeaders, path);
        }
    });

    test('[HTTP-04] HEAD works wherever GET does', async ({ server }) => {
        for (const path of ['/', '/health', '/config', '/config.json', '/nothing']) {
            const got = await http.get(server.gateway, path);
            const head = await http.request(server.gateway, path, { method: 'HEAD' });
            assert.strictEqual(head.status, got.status, path);
            assert.strictEqual(head.text, '', path);
            assert.strictEqual(head.headers['content-type'], got.headers['content-type'], path);
        }
    });

    test('[HTTP-05] [HTTP-07] another method is 405 with Allow', async ({ server }) => {
        const wrong = [['/', ['POST', 'PUT', 'PATCH', 'DELETE'], 'GET'], ['/health', ['POST', 'PUT', 'PATCH', 'DELETE'], 'GET'],
            ['/config', ['POST', 'DELETE'], 'GET'], ['/config.json', ['PUT'], 'GET'], ['/api/rooms', ['GET', 'HEAD', 'PUT', 'DELETE'], 'POST']];
        for (const [path, methods, allowed] of wrong) {
            for (const method of methods) {
                const answer = await http.request(server.gateway, path, { method, headers: { 'Content-Length': 0 } });
                assert.strictEqual(answer.status, 405, `${method} ${path}`);
                const allow = answer.headers.allow.split(/,\s*/);
                assert.ok(allow.includes(allowed) && allow.includes('OPTIONS'), `${method} ${path}: Allow ${allow}`);
                assert.ok(!allow.includes(method));
                if (method !== 'HEAD') assert.strictEqual(typeof answer.json.error, 'string');
            }
        }
    });

    test('[HTTP-06] [HTTP-07] an unknown path is 404', async ({ server }) => {
        for (const path of ['/nothing', '/healthy', '/health/', '/api', '/Health', '/%2e%2e/etc/passwd', `/${'x'.repeat(500)}`]) {
            const answer = await http.get(server.gateway, path);
            assert.strictEqual(answer.status, 404, path);
            assert.deepStrictEqual(answer.json, { error: 'Not found' }, path);
            assert.match(answer.headers['content-type'], /^application\/json/);
        }
    });

    test('[HTTP-08] a WebSocket opens at /ws only', async ({ server }) => {
        for (const path of ['/', '/health', '/wss', '/ws/x', '/api/rooms']) {
            const refused = await Client.open(server.gateway.url, { path }).then(() => null, (error) => error);
            assert.ok(refused, `${path} opened`);
            if (refused.status) assert.ok(refused.status >= 400 && refused.status < 500, `${path}: ${refused.status}`);
        }
        const plain = await http.get(server.gateway, '/ws');
        assert.ok(plain.status >= 400 && plain.status < 500, `GET /ws: ${plain.status}`);
        assert.strictEqual(typeof plain.json.error, 'string');
        assert.strictEqual((await http.get(server.gateway, '/health')).status, 200);
    });

    test('[HTTP-12] a query does not change the path', async (world) => {
        assert.strictEqual((await http.get(world.server.gateway, '/health?x=1&y=%20')).status, 200);
        assert.strictEqual((await http.get(world.server.gateway, '/nothing?/health')).status, 404);
        const client = await world.client('client', { path: '/ws?room=X' });
        await client.join(world.room, { isHost: true });
    });

    test('[INDEX-01] the index', async ({ server }) => {
        for (const headers of [{}, { Accept: '*/*' }, { Accept: 'application/json' }]) {
            const answer = await http.get(server.gateway, '/', headers);
            assert.strictEqual(answer.status, 200);
            assert.match(answer.headers['content-type'], /^application\/json/);
            assert.match(answer.json.version, /^\d+\.\d+\.\d+/);
            assert.deepStrictEqual(answer.json, {
                name: 'MikroMeet API',
                version: answer.json.version,
                endpoints: { health: '/health', config: '/config', websocket: '/ws' },
            });
        }
    });

    test('[INDEX-02] a page for browsers', async ({ server }) => {
        const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
        const answer = await http.get(server.gateway, '/', { Accept: accept });
        assert.strictEqual(answer.status, 200);
        assert.match(answer.headers['content-type'], /^text\/html/);
        assert.match(answer.text, /^<!doctype html>/i);
        const head = await http.request(server.gateway, '/', { method: 'HEAD', headers: { Accept: accept } });
        assert.strictEqual(head.headers['content-length'], answer.headers['content-length']);
    });

    test('[HEALTH-01] [HEALTH-05] the members of /health and their order', async ({ server }) => {
        const first = await http.get(server.gateway, '/health');
        assert.match(first.headers['content-type'], /^application\/json/);
        assert.deepStrictEqual(Object.keys(first.json),
            ['status', 'totalRooms', 'totalParticipants', 'peakParticipants', 'uptime', 'version']);
        assert.strictEqual(first.json.status, 'ok');
        assert.strictEqual(first.json.version, (await http.get(server.gateway, '/')).json.version);
        await server.eventually('uptime grows',
            async () => (await http.get(server.gateway, '/health')).json.uptime > first.json.uptime);
    });

    test('[CONFIG-06] [COMPAT-04] /config.json, then /config, for a page of another origin', async ({ server }) => {
        const file = await http.get(server.gateway, '/config.json', { Origin: 'https://meet.example.org' });
        assert.deepStrictEqual(file.json, { apiUrl: 'auto' });
        assert.strictEqual(file.headers['access-control-allow-origin'], '*');
        const config = await http.get(server.gateway, '/config', { Origin: 'https://meet.example.org' });
        assert.strictEqual(config.headers['access-control-allow-origin'], '*');
        assert.ok(Array.isArray(config.json.iceServers));
    });

    test('[CONFIG-01] STUN by default', async ({ server }) => {
        const answer = await http.get(server.gateway, '/config');
        assert.match(answer.headers['content-type'], /^application\/json/);
        assert.deepStrictEqual(answer.json, { iceServers: [{ urls: 'stun:stun.cloudflare.com:3478' }] });
    });
});

/* Figures need a server that nobody else changes. */
suite('health', { server: false }, ({ test }) => {
    const figures = async (server) => (await http.get(server.gateway, '/health')).json;

    async function showsWithin(server, ms, wanted) {
        const begun = Date.now();
        await server.eventually(`/health shows ${JSON.stringify(wanted)}`, async () => {
            const shown = await figures(server);
            return Object.entries(wanted).every(([name, value]) => shown[name] === value);
        });
        assert.ok(Date.now() - begun <= ms * Number(process.env.MM_PATIENCE || 1), `after ${Date.now() - begun} ms`);
    }

    test('[HEALTH-02] [HEALTH-03] [HEALTH-04] [HEALTH-06] counts rooms and people', async (world) => {
        const server = await world.start({});
        await showsWithin(server, 1200, { totalRooms: 0, totalParticipants: 0 });
        await http.createRoom(server.gateway, { roomId: 'EMPTY1' });
        await showsWithin(server, 1200, { totalRooms: 1, totalParticipants: 0 });
        const seated = await meet(world, 'Ann', 'Bob');
        await showsWithin(server, 1200, { totalRooms: 2, totalParticipants: 2, peakParticipants: 2 });
        await lock(seated);
        await knock(world, 'Cleo', seated[0]);
        await seated[1].close();
        await seated[0].next('participant-left');
        await showsWithin(server, 1200, { totalRooms: 2, totalParticipants: 1, peakParticipants: 2 });
    });

    test('[HEALTH-07] the last known figures while the broker is away', async (world) => {
        const server = await world.start({ settings: { 'link-timeout': '700ms' } });
        await http.createRoom(server.gateway, { roomId: 'EMPTY1' });
        await showsWithin(server, 1200, { totalRooms: 1 });
        const client = await world.client('witness');
        await server.broker.kill();
        await client.closed(1012);
        const after = await http.get(server.gateway, '/health');
        assert.strictEqual(after.status, 200);
        assert.strictEqual(after.json.totalRooms, 1);
        assert.strictEqual(after.json.status, 'ok');
    });
});

suite('config', { server: false }, ({ test }) => {
    const iceServers = async (world, gateway) => {
        const server = await world.start({ gateway });
        return (await http.get(server.gateway, '/config')).json.iceServers;
    };

    test('[CONFIG-02] [CONFIG-03] [CONFIG-04] TURN servers, an entry for each URL', async (world) => {
        const urls = ['turn:turn.example.org:3478', 'turns:turn.example.org', 'turn:[2001:db8::1]:3478?transport=tcp', 'turn:192.0.2.1?transport=udp'];
        const credential = secret('credential');
        const servers = await iceServers(world, { 'turn-url': urls.join(','), 'turn-username': 'mikromeet', 'turn-credential': credential });
        assert.deepStrictEqual(servers, [
            { urls: 'stun:stun.cloudflare.com:3478' },
            ...urls.map((url) => ({ urls: url, username: 'mikromeet', credential })),
        ]);
    });

    test('[CONFIG-03] several STUN servers', async (world) => {
        const servers = await iceServers(world, { 'stun-url': 'stun:stun.example.org,stun:[2001:db8::2]:3479' });
        assert.deepStrictEqual(servers, [{ urls: 'stun:stun.example.org' }, { urls: 'stun:[2001:db8::2]:3479' }]);
    });

    test('[CONFIG-05] a URL that does not parse refuses start-up', async (world) => {
        const folder = world.folder();
        for (const url of ['turn:', 'http://turn.example.org', 'turn:turn.example.org:70000', 'turn:turn.example.org:port',
            'turn:[2001:db8::1', 'turn:turn example.org', 'turn:a.example.org,,turn:b.example.org']) {
            const env = { HOME: folder, XDG_RUNTIME_DIR: folder,
                ...variables({ data: `${folder}/data`, port: 0, address: '127.0.0.1', 'turn-url': url, 'turn-username': 'u', 'turn-credential': 'c' }) };
            const end = await run('mikromeet-gateway', [], env);
            assert.notStrictEqual(end.status, 0, url);
            assert.match(end.err, /turn-url|TURN_URL/i, url);
        }
    });
});
