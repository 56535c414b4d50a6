/* TURN credentials that the gateway mints from a secret it shares with the TURN servers. */
'use strict';

const { createHmac } = require('node:crypto');
const { assert, suite, http, run, secret } = require('./harness');

const shared = secret('turn');

suite('minted TURN credentials', {
    gateways: 1,
    gateway: { 'turn-url': 'turn:turn.example.org:3478,turns:turn.example.org', 'turn-secret': shared, 'turn-credential-lifetime': '2h' },
}, ({ test }) => {
    test('[CONFIG-07] the credential belongs to its user name, and each asker has its own', async ({ server }) => {
        const names = new Set();
        for (let i = 0; i < 20; i += 1) {
            const before = Math.floor(Date.now() / 1000);
            const answer = await http.get(server.gateway, '/config');
            assert.strictEqual(answer.headers['cache-control'], 'no-store');
            const [stun, turn, turns] = answer.json.iceServers;
            assert.deepStrictEqual(stun, { urls: 'stun:stun.cloudflare.com:3478' });
            assert.deepStrictEqual(turns, { ...turn, urls: 'turns:turn.example.org' });
            assert.deepStrictEqual(Object.keys(turn), ['urls', 'username', 'credential']);
            const [, expiry] = /^(\d+):[0-9a-f]{16}$/.exec(turn.username);
            assert.ok(expiry >= before + 7200 && expiry <= Math.ceil(Date.now() / 1000) + 7200, turn.username);
            assert.strictEqual(turn.credential, createHmac('sha1', shared).update(turn.username).digest('base64'));
            assert.ok(!answer.text.includes(shared), 'the secret itself was told');
            names.add(turn.username);
        }
        assert.strictEqual(names.size, 20);
    });

    test('[CONFIG-08] a secret and a static credential', async ({ server }) => {
        const ways = [{ 'turn-username': 'u', 'turn-credential': secret() }, { 'turn-username': 'u' }, { 'turn-credential': secret() }];
        for (const own of ways) {
            const end = await run('mikromeet-gateway', [], server.environment({ port: 0, address: '127.0.0.1', name: 'other', 'turn-url': 'turn:x.example', 'turn-secret': shared, ...own }));
            assert.strictEqual(end.status, 78, end.err);
            assert.match(end.err, /turn-secret/);
            assert.ok(!end.err.includes('SECRET-'), 'a secret was printed');
        }
    });
});
