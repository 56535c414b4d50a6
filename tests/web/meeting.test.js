/* The main job: two browsers find each other through a running MikroMeet and nothing else, then talk directly.
 * Runs in a network of its own (own-network.sh), where there is loopback only and no STUN server answers. */
'use strict';

const nodeTest = require('node:test');
const assert = require('node:assert');
const { Server } = require('../e2e/server');
const { launch, servePage } = require('./browser');

const framesWanted = 60;
const deadlineMs = 30000 * Number(process.env.MM_PATIENCE || 1);

nodeTest.describe('two browsers', () => {
    let browser;
    let site;
    nodeTest.before(async () => {
        browser = await launch();
        site = await servePage();
    });
    nodeTest.after(async () => {
        if (browser) await browser.close();
        if (site) await site.close();
    });

    for (const gateways of [1, 2]) {
        nodeTest.it(`[WEB-01] [WEB-02] [WEB-03] connect over ${gateways} gateway${gateways > 1 ? 's' : ''}, talk and see each other`,
            { timeout: 4 * deadlineMs }, () => meetThrough(browser, site, gateways));
    }
});

async function meetThrough(browser, site, gateways) {
    const server = await Server.start({ gateways });
    try {
        const ann = await enter(browser, site, server.gateways[0], { name: 'Ann', host: '1' });
        await has(ann, 'a seat', (meeting) => meeting.id !== null);
        const bob = await enter(browser, site, server.gateways[gateways - 1], { name: 'Bob', host: '0' });
        for (const [page, other] of [[ann, 'Bob'], [bob, 'Ann']]) {
            await has(page, 'a connection', (meeting) => meeting.connection === 'connected');
            await has(page, 'an open channel', (meeting) => meeting.channel === 'open');
            await has(page, `a text of ${other}`, (meeting, name) => meeting.texts.includes(`hello from ${name}`), other);
            await has(page, 'moving pictures', (meeting, wanted) => meeting.frames >= wanted && meeting.pictures >= wanted / 2,
                framesWanted);
        }
        checkRelays(await report(ann), await report(bob));
        await Promise.all([ann.context().close(), bob.context().close()]);
        await server.stop();
    } finally {
        await server.abandon();
    }
}

/* Opens the test page in a context of its own, as another person's browser would be. */
async function enter(browser, site, gateway, person) {
    const page = await (await browser.newContext()).newPage();
    page.on('pageerror', (error) => assert.fail(error));
    const query = new URLSearchParams({ api: `http://127.0.0.1:${gateway.port}`, room: 'WEBTST', ...person });
    await page.goto(`${site.origin}/?${query}`);
    return page;
}

const report = (page) => page.evaluate(() => window.meeting);

/* Waits until `holds` of window.meeting; what the page knows stands in the error. */
async function has(page, what, holds, argument) {
    const question = `((${holds})(window.meeting, ${JSON.stringify(argument)})) || window.meeting.errors.length > 0`;
    try {
        await page.waitForFunction(question, undefined, { timeout: deadlineMs, polling: 100 });
    } catch (error) {
        throw new Error(`waited for ${what}: ${error.message}\n${JSON.stringify(await report(page), null, 2)}`);
    }
    assert.deepStrictEqual((await report(page)).errors, []);
}

/* Both got what they connected with from the server. */
function checkRelays(ann, bob) {
    assert.strictEqual(ann.offers, 1);
    assert.strictEqual(bob.answers, 1);
    assert.ok(ann.candidates > 0 && bob.candidates > 0, 'no candidate was relayed');
    for (const side of [ann, bob]) {
        assert.ok(side.iceServers.some(({ urls }) => urls.startsWith('stun:')), 'no STUN server was named');
        assert.strictEqual(side.closed, undefined);
    }
}
