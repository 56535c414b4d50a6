/* RFC 6455 as the gateway keeps it, case by case, after the public case tables of the Autobahn test suite (groups 1 to 7 and 9,
 * in words and code of our own; 12 and 13 are compression, which is off).
 *
 * The application is a meeting: Ann speaks raw bytes and gets her own chats back; Bob, a well-behaved client, hears what the
 * gateway took for a message of hers.  So "an echo" is a chat that comes to both.
 * Each case says what the RFC wants.  Where libwebsockets 4.1.6 does something else and we cannot see it, `deviations`
 * names the case and what happens instead, and that is what is tested; the README lists them, too.
 * Not here: the handshake (raw.test.js, http.test.js), limits of a message's members (bounds.test.js). */
'use strict';

const { assert, suite } = require('./harness');
const { RawPeer, frame, closing, opcodes } = require('./frames');

const { more, text, binary, close, ping, pong } = opcodes;
const part = (opcode, payload, options) => frame(opcode, payload, { fin: false, ...options });
const quiet = { 'rate-limit-messages': 0, 'rate-limit-chunks': 0, 'rate-limit-connections': 0 };

/* A chat as bytes; `said` may be bytes which are no text. */
function chat(said = 'hello') {
    return Buffer.concat([Buffer.from('{"type":"chat","text":"'), Buffer.from(said), Buffer.from('"}')]);
}

/* A chat of exactly `length` bytes. */
function chatOf(length) {
    const head = '{"type":"chat","text":"hello","pad":"';
    return Buffer.from(`${head}${'*'.repeat(length - head.length - 2)}"}`);
}

/* `bytes` in fragments of `size`, with `between` after each but the last: a list. */
function inParts(bytes, size, between) {
    const all = [];
    for (let at = 0; at < bytes.length; at += size) {
        const isLast = at + size >= bytes.length;
        all.push(frame(at === 0 ? text : more, bytes.subarray(at, at + size), { fin: isLast }));
        if (!isLast && between) all.push(between);
    }
    return all;
}

const hello = frame(text, chat());
const violation = { close: 1002 };
const notUtf8 = { close: 1007 };
const echo = (...texts) => ({ chats: texts.length > 0 ? texts : ['hello'] });

/* A case: [what, bytes (or a list of frames), wanted, {chop, isPaced}].  `wanted`: chats, pongs, errors (all that are to come, in this order) and, if
 * the server is to end the connection, close: its code, or a list of codes. */
const framing = [
    ['a text of no bytes is a message, if none of ours', frame(text), { errors: ['INVALID_MESSAGE'] }],
    ...[26, 125, 126, 127, 128, 65535, 65536].map((length) => [`a text of ${length} bytes`,
        frame(text, length < 60 ? chat('xx') : chatOf(length)), echo(length < 60 ? 'xx' : 'hello')]),
    ['a text of 65536 bytes in writes of 997', frame(text, chatOf(65536)), echo(), { chop: 997 }],
    ['a text octet by octet', frame(text, chatOf(126)), echo(), { chop: 1 }],
    ['ten texts in one write', Array.from({ length: 10 }, (_, i) => frame(text, chat(`${i}`))), echo(...'0123456789')],
    ...[0, 125, 126, 127, 128, 65535, 65536].map((length) => [`a binary of ${length} bytes, which we do not take`,
        frame(binary, Buffer.alloc(length, 0xfe)), { close: 1003 }]),
    ['a binary in fragments, which we do not take', [part(binary, 'a'), frame(more, 'b')], { close: 1003 }],
    ['a frame without a mask', frame(text, chat(), { isMasked: false }), violation],
    ['a ping without a mask', frame(ping, 'x', { isMasked: false }), violation],
];

const full = Buffer.from(Array.from({ length: 125 }, (_, i) => i));
const tenPings = Array.from({ length: 10 }, (_, i) => frame(ping, `payload-${i}`));
const tenPongs = Array.from({ length: 10 }, (_, i) => `payload-${i}`);
const pings = [
    ['ten pings, each behind the pong of the one before', tenPings, { pongs: tenPongs }, { isPaced: true }],
    ['a ping without payload', frame(ping), { pongs: [''] }],
    ['a ping with text', frame(ping, 'Hello, world!'), { pongs: ['Hello, world!'] }],
    ['a ping with bytes', frame(ping, Buffer.from('00fffefdfcfb00ff', 'hex')), { pongs: [Buffer.from('00fffefdfcfb00ff', 'hex').toString('latin1')] }],
    ['a ping of 125 bytes', frame(ping, full), { pongs: [full.toString('latin1')] }],
    ['a ping of 126 bytes', frame(ping, Buffer.alloc(126, 0x2a)), violation],
    ['a ping of 125 bytes, octet by octet', frame(ping, full), { pongs: [full.toString('latin1')] }, { chop: 1 }],
    ['a pong that nobody asked for', frame(pong), {}],
    ['a pong that nobody asked for, with payload', frame(pong, 'unasked'), {}],
    ['a pong of 125 bytes', frame(pong, full), {}],
    ['a pong of 126 bytes', frame(pong, Buffer.alloc(126, 0x2a)), violation],
    ['a pong that nobody asked for, then a ping', [frame(pong, 'unasked'), frame(ping, 'asked')], { pongs: ['asked'] }],
    ['a ping behind a text', [hello, frame(ping, 'x')], { ...echo(), pongs: ['x'] }],
];

const reserved = [
    ...[1, 2, 3, 4, 5, 6, 7].flatMap((bits) => [
        [`bits ${bits} in a text`, frame(text, chat('bad'), { reserved: bits }), violation],
        [`bits ${bits} in a text behind a good one, before a ping`,
            [hello, frame(text, chat('bad'), { reserved: bits }), frame(ping)], { ...echo(), ...violation }],
        [`bits ${bits} in a ping`, frame(ping, 'x', { reserved: bits }), violation],
        [`bits ${bits} in a close`, frame(close, closing(1000), { reserved: bits }), violation],
    ]),
    ['bits 4 in a text, octet by octet', [hello, frame(text, chat('bad'), { reserved: 4 }), frame(ping)], { ...echo(), ...violation }, { chop: 1 }],
    ['bits 5 in a binary', frame(binary, Buffer.from([0, 255]), { reserved: 5 }), violation],
    ['bits 1 in a continuation', [part(text, chat('bad').subarray(0, 5)), frame(more, chat('bad').subarray(5), { reserved: 1 })], violation],
];

const unknown = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
    [`opcode ${opcode} without payload`, frame(opcode), violation],
    [`opcode ${opcode} with payload`, frame(opcode, 'reserved'), violation],
    [`opcode ${opcode} behind a text, before a ping`, [hello, frame(opcode, 'reserved'), frame(ping)], { ...echo(), ...violation }],
    [`opcode ${opcode} behind a text, octet by octet`, [hello, frame(opcode, 'reserved')], { ...echo(), ...violation }, { chop: 1 }],
    [`opcode ${opcode} inside a message`, [part(text, '{"type"'), frame(opcode)], violation],
]);

const [begin, end] = [chat().subarray(0, 11), chat().subarray(11)];
const split = [part(text, begin), frame(more, end)];
const stray = (fin) => [
    [`a continuation of nothing${fin ? '' : ' that goes on'}`, frame(more, 'stray', { fin }), violation],
    [`a continuation of nothing${fin ? '' : ' that goes on'}, then a text`, [frame(more, 'stray', { fin }), hello], violation],
    [`a continuation of nothing${fin ? '' : ' that goes on'} behind a whole message`, [...split, frame(more, 'stray', { fin }), hello], { ...echo(), ...violation }],
    [`a continuation of nothing${fin ? '' : ' that goes on'}, octet by octet`, [frame(more, 'stray', { fin }), hello], violation, { chop: 1 }],
];
const fragments = [
    ['a ping in two', [part(ping, 'a'), frame(more, 'b')], violation],
    ['a pong in two', [part(pong, 'a'), frame(more, 'b')], violation],
    ['a close in two', [part(close, closing(1000)), frame(more, 'b')], violation],
    ['a text in two', split, echo()],
    ['a text in two, octet by octet', split, echo(), { chop: 1 }],
    ['a text in fragments of one byte', inParts(chat(), 1), echo()],
    ['a text in two, a ping between', [split[0], frame(ping, 'x'), split[1]], { ...echo(), pongs: ['x'] }],
    ['a text in two, a ping between, octet by octet', [split[0], frame(ping, 'x'), split[1]], { ...echo(), pongs: ['x'] }, { chop: 1 }],
    ['a text in two, a pong between', [split[0], frame(pong, 'x'), split[1]], echo()],
    ['a text in five, with two pings', [part(text, chat().subarray(0, 3)), part(more, chat().subarray(3, 6)), frame(ping, 'one'),
        part(more, chat().subarray(6, 12)), part(more, chat().subarray(12, 14)), frame(ping, 'two'), frame(more, chat().subarray(14))],
    { ...echo(), pongs: ['one', 'two'] }, { isPaced: true }],
    ['a ping behind each byte of a text', inParts(chat(), 1, frame(ping, 'p')), { ...echo(), pongs: Array.from(chat().subarray(1), () => 'p') }, { isPaced: true }],
    ['two texts in two, one behind the other', [...split, ...split], echo('hello', 'hello')],
    ...stray(true), ...stray(false),
    ['a text inside a text', [split[0], hello, split[1]], violation],
    ['a text that goes on inside a text', [split[0], split[0], split[1]], violation],
    ['a text inside a text, octet by octet', [split[0], hello], violation, { chop: 1 }],
    ['a binary inside a text', [split[0], frame(binary, 'x')], violation],
    ['empty fragments only', [part(text), part(more), frame(more)], { errors: ['INVALID_MESSAGE'] }],
    ['a text between empty fragments', [part(text), part(more, chat()), frame(more)], echo()],
    ['a text, then empty fragments', [part(text, chat()), part(more), part(more), frame(more)], echo()],
];

const points = [0x20, 0x7e, 0x7f, 0x80, 0x7ff, 0x800, 0xfff, 0x1000, 0xcfff, 0xd000, 0xd7ff, 0xe000, 0xfdd0, 0xfffd, 0xfffe, 0xffff, 0x10000, 0x1fffe, 0x3ffff,
    0x40000, 0xfffff, 0x100000, 0x10fffe, 0x10ffff];
const strings = [['Greek', 'κόσμε'], ['German', 'Hello-µ@ßöäüàá-UTF-8!!'], ['combining characters', 'a\u0308\u0301'], ['people', '👩‍👩‍👧 🇪🇺'],
    ...points.map((point) => [`U+${point.toString(16).toUpperCase().padStart(4, '0')}`, `x${String.fromCodePoint(point)}y`])];
const bad = {
    'a continuation byte': '80', 'the last continuation byte': 'bf', 'two continuation bytes': '80bf', 'six continuation bytes': '80bf80bf80bf',
    'a lone head of two': 'c2', 'a lone head of three': 'e0', 'a lone head of four': 'f0', 'a head of five': 'f8', 'a head of six': 'fc',
    'a head of two and a space': 'c220', 'heads of two': 'c3c3c3', 'a head of three and a byte': 'e080', 'three without its last': 'e282',
    'four without its last': 'f09f98', 'four without its last two': 'f09f', 'fe': 'fe', 'ff': 'ff', 'fefeffff': 'fefeffff',
    'c0 af, overlong': 'c0af', 'e0 80 af, overlong': 'e080af', 'f0 80 80 af, overlong': 'f08080af', 'f8 80 80 80 af, overlong': 'f8808080af',
    'fc 80 80 80 80 af, overlong': 'fc80808080af', 'U+007F overlong': 'c1bf', 'U+07FF overlong': 'e09fbf', 'U+FFFF overlong': 'f08fbfbf',
    'NUL overlong in two': 'c080', 'NUL overlong in three': 'e08080', 'NUL overlong in four': 'f0808080',
    'U+D800': 'eda080', 'U+DB7F': 'edadbf', 'U+DC00': 'edb080', 'U+DFFF': 'edbfbf', 'a pair of surrogates': 'eda080edb080', 'another pair': 'edafbfedbfbf',
    'U+110000': 'f4908080', 'U+13FFFF': 'f4bfbfbf', 'U+140000': 'f5808080', 'five bytes': 'f888808080', 'six bytes': 'fc8480808080',
    'good around bad': 'cebae1bdb9cf83cebcceb5eda080656469746564',
};
const utf8 = [
    ...strings.flatMap(([what, string]) => [
        [`${what}, whole`, frame(text, chat(string)), echo(string)],
        [`${what}, in fragments of one byte`, inParts(chat(string), 1), echo(string)],
    ]),
    /* The 24th byte is the first half of a letter. */
    ['a character split over fragments, a ping between', inParts(chat('κόσμε👩'), 24, frame(ping, '\xc3')),
        { ...echo('κόσμε👩'), pongs: ['\xc3\x83'] }],
    ['octet by octet', frame(text, chat('κόσμε👩')), echo('κόσμε👩'), { chop: 1 }],
    ...Object.entries(bad).flatMap(([what, hex]) => [
        [`bad: ${what}, whole`, frame(text, chat(Buffer.from(hex, 'hex'))), notUtf8],
        [`bad: ${what}, alone`, frame(text, Buffer.from(hex, 'hex')), notUtf8],
        [`bad: ${what}, in fragments of one byte`, inParts(chat(Buffer.from(hex, 'hex')), 1), notUtf8],
    ]),
    ['bad: a character cut off by the end of a message', [part(text, chat().subarray(0, 5)), frame(more, Buffer.from('e282', 'hex'))], notUtf8],
    ['bad: a character cut off by an empty last fragment', [part(text, Buffer.from('22e282', 'hex')), frame(more)], notUtf8],
    ['bad: a character that a ping interrupts and nothing completes', [part(text, Buffer.from('22e2', 'hex')), frame(ping, Buffer.from('82ac', 'hex')), frame(more, '"')],
        { ...notUtf8, pongs: ['\x82\xac'] }],
    ['bad, behind a good text', [hello, frame(text, Buffer.from('ff', 'hex'))], { ...echo(), ...notUtf8 }],
];

const good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const forbidden = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];
const polite = { close: 1000, isAnswer: true };
const goodbye = frame(close, closing(1000));
const closes = [
    ['a close behind a text', [hello, goodbye], { ...echo(), ...polite }],
    ['two closes', [goodbye, goodbye], polite],
    ['a ping behind a close', [goodbye, frame(ping, 'late')], polite],
    ['a text behind a close', [goodbye, hello], polite],
    ['a bad frame behind a close', [goodbye, frame(3, 'late')], polite],
    ['a close inside a message', [split[0], goodbye, split[1]], polite],
    ['a close behind 64 KiB', [frame(text, chatOf(65536)), goodbye, frame(ping)], { ...echo(), ...polite }],
    ['a close without payload', frame(close), { close: ['empty', 1000], isAnswer: true }],
    ['a close of one byte', frame(close, 'a'), violation],
    ['a close octet by octet', frame(close, closing(1000, 'bye')), polite, { chop: 1 }],
    ['a close with a reason', frame(close, closing(1000, 'bye')), polite],
    ['a close with a reason of 123 bytes', frame(close, closing(1000, 'x'.repeat(123))), polite],
    ['a close with a reason of 124 bytes', frame(close, closing(1000, 'x'.repeat(124))), violation],
    ['a close with a reason that is no UTF-8', frame(close, closing(1000, Buffer.from('cebae1bdb9cf83eda080', 'hex'))), { close: [1007, 1002] }],
    ['a close with a reason cut off inside a character', frame(close, closing(1000, Buffer.from('e282', 'hex'))), { close: [1007, 1002] }],
    ...good.map((code) => [`code ${code}`, frame(close, closing(code)), { close: code, isAnswer: true }]),
    ...forbidden.map((code) => [`code ${code}, which nobody may send`, frame(close, closing(code)), violation]),
];

/* What happens instead, with libwebsockets 4.1.6. */
const noFrame = { what: 'closed without a close frame', wanted: { close: 'none' } };
const unknownCode = { what: 'newer than the library, which takes it for a violation', wanted: violation };
const deviations = {
    'a frame without a mask': { what: 'taken', wanted: echo() },
    'a ping without a mask': { what: 'answered', wanted: { pongs: ['x'] } },
    'a ping of 126 bytes': noFrame,
    'a pong of 126 bytes': noFrame,
    'a bad frame behind a close': noFrame,
    'a close of one byte': { what: 'answered as one without payload', wanted: { close: 'empty', isAnswer: true } },
    'a close with a reason of 124 bytes': noFrame,
    'a close with a reason that is no UTF-8': { what: 'answered as a good one', wanted: polite },
    'a close with a reason cut off inside a character': { what: 'answered as a good one', wanted: polite },
    'code 1012': unknownCode,
    'code 1013': unknownCode,
    'code 1014': unknownCode,
    'code 5000, which nobody may send': { what: 'answered in kind', wanted: { close: 5000, isAnswer: true } },
    'code 65535, which nobody may send': { what: 'answered in kind', wanted: { close: 65535, isAnswer: true } },
};

const asLists = ({ chats = [], pongs = [], errors = [] }) => ({ chats, pongs, errors });

/* What Ann got, up to the chat that ends an open case. */
function received(ann) {
    return {
        chats: ann.messages('chat').map((message) => message.text),
        pongs: ann.payloads(pong).map((payload) => payload.toString('latin1')),
        errors: ann.messages('error').map((message) => message.code),
    };
}

/* A room with Bob, who made it, and Ann. */
async function annAndBob(world) {
    const bob = await world.client('Bob');
    await bob.join(world.room, { isHost: true });
    const ann = await RawPeer.open(bob.gateway);
    await ann.write(frame(text, JSON.stringify({ type: 'join', roomId: world.room, name: 'Ann' })));
    await bob.next('participant-joined', { name: 'Ann' });
    await ann.arrival('the roster', () => ann.messages('participant-joined').length === 2);
    return { ann, bob };
}

/* Still open: a last ping, sent when no pong is under way, and a last chat are answered, and before them all that was wanted
 * and no more. */
async function staysOpen(ann, wanted) {
    await ann.arrival('the pongs', () => ann.payloads(pong).length >= asLists(wanted).pongs.length);
    await ann.write(Buffer.concat([frame(ping, 'last'), frame(text, chat('last'))]));
    await ann.arrival('the end of the case', () => ann.messages('chat').some((message) => message.text === 'last')
        && ann.payloads(pong).some((payload) => payload.toString() === 'last'));
    const { chats, pongs, errors } = asLists(wanted);
    assert.deepStrictEqual(received(ann), { chats: [...chats, 'last'], pongs: [...pongs, 'last'], errors });
    assert.ok(!ann.hasEnded && ann.payloads(close).length === 0, ann.describe());
}

/* Frame by frame, the next when a ping has its pong: see `ten pings in one write`. */
async function writePaced(ann, frames) {
    let asked = 0;
    for (const one of frames) {
        await ann.write(one);
        asked += (one[0] & 0x0f) === ping ? 1 : 0;
        await ann.arrival('a pong', () => ann.payloads(pong).length >= asked);
    }
}

async function tryCase(world, title, bytes, wanted, { chop, isPaced } = {}) {
    const { ann, bob } = await annAndBob(world);
    try {
        await (isPaced ? writePaced(ann, bytes) : ann.write(Buffer.concat([bytes].flat()), chop));
        if (wanted.close === undefined) {
            await staysOpen(ann, wanted);
        } else {
            const code = await ann.closed(wanted.isAnswer);
            assert.ok([wanted.close].flat().includes(code), `closed with ${code}, not ${wanted.close}: ${ann.describe()}`);
            /* Chats on their way back may be lost with the connection, no others may come. */
            const { chats, pongs, errors } = received(ann);
            assert.deepStrictEqual(chats, asLists(wanted).chats.slice(0, chats.length));
            assert.deepStrictEqual(pongs, asLists(wanted).pongs.slice(0, pongs.length));
            assert.deepStrictEqual(errors, asLists(wanted).errors);
        }
        for (const said of asLists(wanted).chats) await bob.next('chat', { text: said });
        if (wanted.close === undefined) await bob.next('chat', { text: 'last' });
        else await bob.next('participant-left');
    } finally {
        ann.destroy();
    }
}

/* `define` gets each case as (title, body). */
function eachCase(cases, define) {
    for (const [title, bytes, wanted, how] of cases) {
        const deviation = deviations[title];
        const label = deviation ? `${title} (libwebsockets: ${deviation.what})` : title;
        define(label, (world) => tryCase(world, title, bytes, deviation ? deviation.wanted : wanted, how));
    }
}

suite('conformance 1: framing', { settings: quiet }, ({ test }) => {
    eachCase(framing, (what, body) => { test(`[CONF-01] ${what}`, body); });
});

suite('conformance 2: pings and pongs', { settings: quiet }, ({ test }) => {
    eachCase(pings, (what, body) => { test(`[CONF-02] ${what}`, body); });

    /* RFC 6455, section 5.5.3: of several pings the last alone may be answered.  libwebsockets drops pings while a pong waits to be
     * written, so it is the first that is answered surely. */
    test('[CONF-02] ten pings in one write (libwebsockets: only the first is answered surely)', async (world) => {
        const { ann } = await annAndBob(world);
        await ann.write(Buffer.concat(tenPings));
        await ann.arrival('the first pong', () => ann.payloads(pong).length > 0);
        await ann.write(hello);
        await ann.arrival('an echo', () => ann.messages('chat').length > 0);
        const { pongs } = received(ann);
        assert.deepStrictEqual(pongs, tenPongs.filter((payload) => pongs.includes(payload)));
        assert.strictEqual(pongs[0], 'payload-0');
        await staysOpen(ann, { ...echo(), pongs });
        ann.destroy();
    });
});

suite('conformance 3: reserved bits', { settings: quiet }, ({ test }) => {
    eachCase(reserved, (what, body) => { test(`[CONF-03] ${what}`, body); });
});

suite('conformance 4: opcodes', { settings: quiet }, ({ test }) => {
    eachCase(unknown, (what, body) => { test(`[CONF-04] ${what}`, body); });
});

suite('conformance 5: fragments', { settings: quiet }, ({ test }) => {
    eachCase(fragments, (what, body) => { test(`[CONF-05] ${what}`, body); });
});

suite('conformance 6: UTF-8', { settings: quiet }, ({ test }) => {
    eachCase(utf8, (what, body) => { test(`[CONF-06] ${what}`, body); });

    /* RFC 6455 leaves open when; we look at whole messages. */
    test('[CONF-06] bad bytes in a first fragment are found when the message is whole', async (world) => {
        const { ann, bob } = await annAndBob(world);
        await ann.write(Buffer.concat([part(text, Buffer.from('22ff', 'hex')), frame(ping, 'between')]));
        await ann.arrival('the pong', () => ann.payloads(pong).length > 0);
        assert.deepStrictEqual(received(ann).pongs, ['between']);
        await ann.write(frame(more, '"'));
        assert.strictEqual(await ann.closed(), 1007);
        await bob.next('participant-left');
        ann.destroy();
    });
});

suite('conformance 7: closing', { settings: quiet }, ({ test }) => {
    eachCase(closes, (what, body) => { test(`[CONF-07] ${what}`, body); });

    /* Section 7.1.1 wants the server to end the connection at once, as it does behind an answer.  Behind a close frame of its own
     * libwebsockets reads no further, and waits 5 s for our end. */
    test('[CONF-07] who keeps the connection open behind a 1002 is cut off (libwebsockets: not at once)', async (world) => {
        const { ann, bob } = await annAndBob(world);
        await ann.write(frame(3, 'reserved'));
        await ann.arrival('a close', () => ann.payloads(close).length > 0);
        assert.strictEqual(ann.closeCode(), 1002);
        await ann.arrival('the end of the connection', () => false);
        await bob.next('participant-left');
        ann.destroy();
    });

    /* Section 7.1.7: a TCP end without a close frame is an abnormal closure, with nothing to answer. */
    test('[CONF-07] who ends without a close frame has left', async (world) => {
        const { ann, bob } = await annAndBob(world);
        ann.socket.end();
        await bob.next('participant-left');
        await ann.arrival('the end of the connection', () => false);
        assert.strictEqual(ann.closeCode(), 'none');
        ann.destroy();
    });
});

/* A file-chunk for `target` of exactly `length` bytes, and its chunk. */
function chunkOf(target, length) {
    const members = { type: 'file-chunk', targetId: target, transferId: 't', index: 0, total: 1, chunk: '' };
    const chunk = 'Aa0+'.repeat(length / 4 + 1).slice(0, length - JSON.stringify(members).length);
    return [Buffer.from(JSON.stringify({ ...members, chunk })), chunk];
}

suite('conformance 9: limits', { settings: quiet }, ({ test }) => {
    const limit = 256 * 1024;
    const ways = [[65537], [128 * 1024], [limit], ...[64, 256, 1024, 4096, 16384, 65536].map((size) => [limit, size]),
        ...[64, 128, 256, 512, 1024, 2048].map((chop) => [limit, limit, chop])];

    for (const [length, size = length, chop = undefined] of ways) {
        test(`[CONF-09] ${length} bytes in fragments of ${size}, in writes of ${chop || 'any size'}`, async (world) => {
            const { ann, bob } = await annAndBob(world);
            const [bytes, chunk] = chunkOf(bob.id, length);
            assert.strictEqual(bytes.length, length);
            await ann.write(Buffer.concat(inParts(bytes, size)), chop);
            const got = await bob.next('file-chunk');
            assert.ok(got.chunk === chunk, 'it came otherwise than it was sent');
            await staysOpen(ann, {});
            ann.destroy();
        });
    }

    for (const [how, make] of [
        ['in one frame', () => frame(text, Buffer.alloc(limit + 1, 0x20))],
        ['in fragments of 1024', () => Buffer.concat(inParts(Buffer.alloc(limit + 1, 0x20), 1024))],
        ['announced only', () => Buffer.concat([Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 4, 0, 1]), Buffer.alloc(5)])],
        ['announced as 2^62', () => Buffer.concat([Buffer.from([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0]), Buffer.alloc(5)])],
    ]) {
        test(`[CONF-09] ${limit + 1} bytes and more ${how}: 1009`, async (world) => {
            const { ann, bob } = await annAndBob(world);
            await ann.write(make());
            assert.strictEqual(await ann.closed(), 1009);
            await bob.next('participant-left');
            ann.destroy();
        });
    }

    for (const size of [60, 125, 126, 1024]) {
        test(`[CONF-09] a thousand texts of ${size} bytes, each once and in order`, async (world) => {
            const { ann, bob } = await annAndBob(world);
            const pad = (i) => `${i}-${'*'.repeat(size - 30 - `${i}`.length)}`;
            const all = Array.from({ length: 1000 }, (_, i) => frame(text, chat(pad(i))));
            await ann.write(Buffer.concat(all));
            for (let i = 0; i < 1000; i += 1) await bob.next('chat', { text: pad(i) });
            await ann.arrival('a thousand echoes', () => ann.payloads(text).length >= 1002);
            assert.deepStrictEqual(received(ann).chats, Array.from({ length: 1000 }, (_, i) => pad(i)));
            ann.destroy();
        });
    }
});
